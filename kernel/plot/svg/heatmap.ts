/** Cells coloured by value, with a colour bar, and text in the cells where asked. */
import { short } from "../number.ts";
import type { Trace } from "../plotly.ts";
import { place, toPixel, type Axis } from "./axis.ts";
import { colorScale, textOn } from "./colorscale.ts";
import { drawText, element } from "./markup.ts";
import { list, record, type TraceKind } from "./traceKind.ts";

/** Beyond, a picture of rectangles would be too large. */
const MOST_CELLS = 40_000;
const BAR_WIDTH = 14;
export const COLOR_BAR_SPACE = 70;

export const heatmap: TraceKind = {
  type: "heatmap",

  unsupported(trace) {
    const rows = matrix(trace);
    const cells = rows.reduce((sum, row) => sum + row.length, 0);
    if (cells > MOST_CELLS) return `${cells} cells, more than ${MOST_CELLS}`;
    if (!colorScale(trace["colorscale"], false)) return `colour scale ${JSON.stringify(trace["colorscale"])}`;
    const template = trace["texttemplate"];
    if (template !== undefined && template !== "%{z}" && template !== "%{text}")
      return `texttemplate ${JSON.stringify(template)}`;
    return undefined;
  },

  span: ({ trace, x, y }) => ({
    x: edges(trace["x"], width(trace), x),
    y: edges(trace["y"], matrix(trace).length, y),
    tight: true,
  }),

  draw({ trace, x, y, layout }) {
    const rows = matrix(trace);
    const across = edges(trace["x"], width(trace), x).map((at) => toPixel(x, at));
    const along = edges(trace["y"], rows.length, y).map((at) => toPixel(y, at));
    const [low, high] = limits(trace);
    const color = colorScale(trace["colorscale"], trace["reversescale"] === true)!;
    const shade = (z: number) => color(high > low ? Math.round(((z - low) / (high - low)) * 255) / 255 : 0.5);
    const gap = [Number(trace["xgap"] ?? 0), Number(trace["ygap"] ?? 0)] as const;
    const labelled = trace["texttemplate"] !== undefined;
    const font = Number(record(trace["textfont"])["size"] ?? 11);
    const parts: string[] = [];
    rows.forEach((row, r) => {
      const [top, bottom] = [Math.min(along[r]!, along[r + 1]!), Math.max(along[r]!, along[r + 1]!)];
      for (let c = 0; c < row.length;) {
        const fill = Number.isFinite(row[c]) ? shade(row[c]!) : undefined;
        let end = c + 1;
        // One rectangle for neighbours of the same colour.
        while (gap[0] === 0 && end < row.length && Number.isFinite(row[end]) && shade(row[end]!) === fill) end++;
        const [left, right] = [Math.min(across[c]!, across[end]!), Math.max(across[c]!, across[end]!)];
        if (fill) {
          // A little too large, so that no seam shows between cells; clipped at the panel.
          const [w, h] = [right - left + (gap[0] ? -gap[0] : 0.3), bottom - top + (gap[1] ? -gap[1] : 0.3)];
          parts.push(element("rect", { x: left + gap[0] / 2, y: top + gap[1] / 2, width: w, height: h, fill }));
        }
        c = end;
      }
      if (labelled) {
        row.forEach((z, c) => {
          if (!Number.isFinite(z)) return;
          const text = trace["texttemplate"] === "%{z}" ? short(z) : String(list(list(trace["text"])[r])[c] ?? "");
          const style = { size: font, fill: textOn(shade(z)), anchor: "middle", baseline: "middle" } as const;
          parts.push(drawText(text, (across[c]! + across[c + 1]!) / 2, (top + bottom) / 2, style));
        });
      }
    });
    if (trace["showscale"] !== false) parts.push(colorBar(trace, x, y, low, high, color, layout));
    return parts.join("");
  },
};

function matrix(trace: Trace): number[][] {
  return list(trace["z"]).map((row) => list(row).map((z) => (z === null || z === undefined ? NaN : Number(z))));
}

function width(trace: Trace): number {
  return Math.max(0, ...matrix(trace).map((row) => row.length));
}

function limits(trace: Trace): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const row of matrix(trace)) {
    for (const z of row) {
      if (!Number.isFinite(z)) continue;
      low = Math.min(low, z);
      high = Math.max(high, z);
    }
  }
  return [Number(trace["zmin"] ?? low), Number(trace["zmax"] ?? high)];
}

/** n + 1 borders of n cells: as given, or half-way between their middles. */
function edges(given: unknown, n: number, axis: Axis): number[] {
  const at =
    given === undefined ? Array.from({ length: n }, (_, i) => i) : list(given).map((value) => place(axis, value));
  if (at.length === n + 1) return [...at];
  if (n === 1) return [at[0]! - 0.5, at[0]! + 0.5];
  const middles = at.slice(1).map((value, i) => (value + at[i]!) / 2);
  return [at[0]! - (middles[0]! - at[0]!), ...middles, at[n - 1]! + (at[n - 1]! - middles.at(-1)!)];
}

function colorBar(
  trace: Trace,
  x: Axis,
  y: Axis,
  low: number,
  high: number,
  color: (t: number) => string,
  layout: Trace,
): string {
  const left = Math.max(...x.pixels) + 14;
  const [top, bottom] = [Math.min(...y.pixels), Math.max(...y.pixels)];
  const bands = 64;
  const fill = String(record(layout["font"])["color"] ?? "#444");
  const parts = Array.from({ length: bands }, (_, i) =>
    element("rect", {
      x: left,
      y: bottom - ((i + 1) / bands) * (bottom - top),
      width: BAR_WIDTH,
      height: (bottom - top) / bands + 0.3,
      fill: color((i + 0.5) / bands),
    }),
  );
  for (const t of [0, 0.5, 1]) {
    const style = { size: 11, fill, baseline: t === 0 ? "alphabetic" : t === 1 ? "top" : "middle" } as const;
    parts.push(drawText(short(low + t * (high - low)), left + BAR_WIDTH + 5, bottom - t * (bottom - top), style));
  }
  const title = record(record(trace["colorbar"])["title"])["text"] ?? record(trace["colorbar"])["title"];
  if (typeof title === "string") parts.push(drawText(title, left, top - 6, { size: 11, fill, baseline: "bottom" }));
  return parts.join("");
}
