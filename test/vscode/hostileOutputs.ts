/**
 * Outputs as a notebook of somebody else may hold them: each tries to run a script where it is shown. A script that ran
 * has left its name in `window.ran` of its frame.
 */
import { figureBundle } from "../../kernel/plot/figure.ts";
import { liveBundle } from "../../kernel/plot/live/bundle.ts";
import type { MimeBundle } from "../../kernel/protocol/messages.ts";
import { gallery } from "../kernel/plotGallery.ts";
import { liveState } from "../kernel/plotFixtures.ts";

const ran = (name: string): string => `(window.ran = window.ran || []).push('${name}')`;
/** A text that is harmless only as text. */
const hostile = (name: string): string =>
  `<img src="x" onerror="${ran(name)}"><svg onload="${ran(name)}"></svg><script>${ran(name)}</script><a href="javascript:${ran(name)}">${name}</a>`;

function hostileLive(): MimeBundle {
  const state = liveState();
  const names = Object.keys(state.curves);
  return liveBundle({
    ...state,
    id: `"><img src=x onerror="${ran("live")}">`,
    title: hostile("live"),
    optimizer: hostile("live"),
    curves: Object.fromEntries(names.map((name) => [`${name} ${hostile("live")}`, state.curves[name]!])),
    parameters: state.parameters.map((parameter) => ({ ...parameter, name: hostile("live") })),
  });
}

function hostilePlotly(): MimeBundle {
  const text = hostile("plotly");
  const { "application/vnd.plotly.v1+json": figure } = figureBundle({
    data: [
      {
        x: [1, 2, 3],
        y: [1, 2, 3],
        name: text,
        text: [text, text, text],
        hovertemplate: text,
        mode: "markers+text",
        marker: { size: 40 },
      },
      { type: "bar", x: [text], y: [1], name: text },
    ],
    layout: {
      title: { text },
      meta: { gradbook: text },
      xaxis: { title: { text } },
      annotations: [{ text, x: 1, y: 1 }],
    },
  });
  const config = {
    showLink: true,
    linkText: text,
    showSendToCloud: true,
    plotlyServerURL: `javascript:${ran("plotly")}`,
  };
  return { "application/vnd.plotly.v1+json": { ...(figure as object), config }, "text/plain": "a figure" };
}

/** By name; those of Gradbook's own types must be harmless also where the user trusts the folder. */
export const hostileOutputs: { [name: string]: MimeBundle } = {
  live: hostileLive(),
  plotly: hostilePlotly(),
  html: { "text/html": hostile("html"), "text/plain": "html" },
  svg: {
    "image/svg+xml": `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" onload="${ran("svg")}"><script>${ran("svg")}</script><rect width="20" height="20"/></svg>`,
    "text/plain": "svg",
  },
  markdown: { "text/markdown": hostile("markdown"), "text/plain": "markdown" },
};
export const OWN = ["live", "plotly"];

/** Figures as they are saved. */
export function savedFigures(): MimeBundle[] {
  const { data, layout } = gallery["compare"]!();
  return [liveBundle(liveState()), figureBundle({ data, layout })];
}
