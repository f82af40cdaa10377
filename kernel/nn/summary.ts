/** A module as a table for a notebook: its layers, the shapes of their parameters, and how many numbers they are. */
import { show } from "../tensor/shape.ts";
import { escapeHtml } from "../text/escapeHtml.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** Layers that are shown; the rest is summed up. */
const MOST_LAYERS = 60;

export function moduleHtml(module: Module): string {
  const all = module.namedModules();
  const seen = new Set<Tensor>();
  const rows = all.map(([name, layer]) => {
    // A shared parameter is counted where it comes first.
    const own = Object.entries(layer).filter(
      (entry): entry is [string, Parameter] => entry[1] instanceof Parameter && !seen.has(entry[1]),
    );
    for (const [, parameter] of own) seen.add(parameter);
    const frozen = own.length > 0 && own.every(([, { requiresGrad }]) => !requiresGrad);
    return {
      depth: name === "" ? 0 : name.split(".").length,
      name: name === "" ? "" : name.split(".").at(-1)!,
      kind: `${layer.constructor.name}${layer.namedChildren().length > 0 ? "" : `(${layer.extraRepr()})`}`,
      shapes: own.map(([parameter, { shape }]) => `${parameter} ${show(shape)}`).join(", "),
      count: own.reduce((sum, [, parameter]) => sum + parameter.numel(), 0),
      frozen,
    };
  });
  const parameters = module.parameters();
  const total = parameters.reduce((sum, parameter) => sum + parameter.numel(), 0);
  const learned = parameters.reduce((sum, parameter) => sum + (parameter.requiresGrad ? parameter.numel() : 0), 0);
  const left = rows.length - MOST_LAYERS;
  const note = [`${number(total)} parameters`, ...(learned < total ? [`${number(learned)} of them learned`] : [])];
  const cell =
    "padding:.1em .8em;text-align:left;border:0;border-bottom:1px solid rgba(128,128,128,.25);background:none;color:inherit";
  const head = ["Layer", "Module", "Parameters", "Count"].map(
    (text, k) => `<th scope="col" style="${cell};font-weight:600${k === 3 ? ";text-align:right" : ""}">${text}</th>`,
  );
  const body = rows
    .slice(0, MOST_LAYERS)
    .map(
      ({ depth, name, kind, shapes, count, frozen }) =>
        `<tr><td style="${cell};padding-left:${0.8 + Math.max(0, depth - 1) * 1.2}em">${escapeHtml(name)}</td><td style="${cell}">${escapeHtml(kind)}</td>` +
        `<td style="${cell}">${escapeHtml(shapes)}${frozen ? " (frozen)" : ""}</td><td style="${cell};text-align:right">${count > 0 ? number(count) : ""}</td></tr>`,
    );
  if (left > 0) body.push(`<tr><td style="${cell}" colspan="4">… ${number(left)} more layers</td></tr>`);
  return (
    `<table style="border-collapse:collapse;border:0;line-height:1.45;font-variant-numeric:tabular-nums"><caption style="caption-side:bottom;text-align:left;padding:.4em .8em;color:inherit;opacity:.75">${note.join(", ")}</caption>` +
    `<thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`
  );
}

const number = (value: number): string => value.toLocaleString("en-US");
