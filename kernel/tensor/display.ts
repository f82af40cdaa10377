/** How a notebook shows a tensor: PyTorch's text; beside it what the elements are like, and their picture. */
import { escapeHtml } from "../text/escapeHtml.ts";
import { isFloating } from "./dtype.ts";
import { heatMaps, type HeatMap, type HeatMaps } from "./heatMap.ts";
import { show } from "./shape.ts";
import { statistics, type Statistics } from "./statistics.ts";
import { bytesOf } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

/** Elements that the statistics look at: a millisecond or two. */
const LOOKED_AT = 1 << 17;
/** Longer texts are folded. */
const OPEN_LINES = 14;

export function displayBundle(x: Tensor, text: string): { [mime: string]: string } {
  const size = x.numel();
  // A number, or nothing at all, says more than a picture of it.
  if (size < 2) return { "text/plain": text };
  const found = statistics(x, LOOKED_AT);
  const parts = [headLine(x), statisticsLine(x, found), picturesLine(heatMaps(x, found))];
  const open = text.split("\n").length <= OPEN_LINES ? " open" : "";
  const values = `<details${open}><summary style="cursor:pointer;opacity:.75">values</summary><pre style="margin:.3em 0;overflow-x:auto">${escapeHtml(text)}</pre></details>`;
  const html = `<div style="line-height:1.5;font-variant-numeric:tabular-nums">${parts.join("")}${values}</div>`;
  return { "text/plain": text, "text/html": html };
}

function headLine(x: Tensor): string {
  // The bundler puts a `_` before the name of a class that speaks of itself.
  const bytes = x.numel() * bytesOf[x.dtype];
  const notes = [x.dtype, memory(bytes)];
  if (x.isView) notes.push("view");
  if (x.history !== undefined && !x.history.isLeaf) notes.push(`from ${x.history.opName}`);
  else if (x.requiresGrad) notes.push("requiresGrad");
  return `<div><strong>${escapeHtml(x.constructor.name.replace(/^_+/, ""))} ${escapeHtml(show(x.shape))}</strong> · ${notes.map(escapeHtml).join(" · ")}</div>`;
}

function statisticsLine({ dtype }: Tensor, s: Statistics): string {
  const items: string[] = [];
  const loud = (count: number, what: string): void => {
    if (count > 0)
      items.push(
        `<strong style="color:var(--vscode-errorForeground,var(--jp-error-color1,#d1242f))">${amount(count, s)} ${what}</strong>`,
      );
  };
  loud(s.nan, "NaN");
  loud(s.infinite, "infinite");
  if (dtype === "bool") items.push(`true ${percent(s.mean)}`);
  else if (s.max >= s.min) {
    items.push(`min ${number(s.min)}`, `max ${number(s.max)}`, `mean ${number(s.mean)}`);
    if (!Number.isNaN(s.std)) items.push(`std ${number(s.std)}`);
    if (s.zeros > 0 || isFloating(dtype)) items.push(`zeros ${percent(s.zeros / s.sampled)}`);
  }
  if (s.sampled < s.size) items.push(`sampled: ${s.sampled.toLocaleString("en-US")} elements`);
  return `<div>${items.join(" · ")}</div>`;
}

/** Of a sample it is only known that there are some. */
const amount = (count: number, { sampled, size }: Statistics): string =>
  `${count.toLocaleString("en-US")}${sampled < size ? " or more" : ""}`;

function picturesLine({ maps, left, scale }: HeatMaps): string {
  const pictures = maps.map(
    ({ png, width, height, slice }: HeatMap) =>
      `<figure style="display:inline-block;margin:0 .6em .3em 0">` +
      `<img src="data:image/png;base64,${png}" width="${width}" height="${height}" alt="${`heat map ${slice}`.trim()}" style="display:block;image-rendering:pixelated;width:${width}px;height:${height}px">` +
      (slice === "" ? "" : `<figcaption style="font-size:.8em;opacity:.75">${slice}</figcaption>`) +
      "</figure>",
  );
  if (left > 0) pictures.push(`<span style="opacity:.75">… ${left.toLocaleString("en-US")} more</span>`);
  const bar = scale
    ? `<div style="display:flex;align-items:center;gap:.5em;font-size:.85em"><span>${number(scale.from)}</span>` +
      `<span style="width:8em;height:.7em;background:linear-gradient(to right,${scale.colours.join(",")})"></span><span>${number(scale.to)}</span></div>`
    : "";
  return `<div style="margin:.4em 0 .2em">${pictures.join("")}</div>${bar}`;
}

function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(4)));
}
const percent = (share: number): string => {
  const percentage = 100 * share;
  // Not 0 % while there are some, not 100 % while one is missing.
  if (percentage > 0 && percentage < 0.1) return "< 0.1 %";
  if (percentage > 99.9 && percentage < 100) return "> 99.9 %";
  return `${Number(percentage.toFixed(1))} %`;
};
function memory(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const [size, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : bytes < 1e9 ? [bytes / 1e6, "MB"] : [bytes / 1e9, "GB"];
  return `${size < 10 ? Number(size.toFixed(1)) : Math.round(size)} ${unit}`;
}
