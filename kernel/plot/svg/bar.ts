/** Bars: beside each other, stacked, or over each other. */
import type { Trace } from "../plotly.ts";
import { place, toPixel, type Axis } from "./axis.ts";
import { drawText, element } from "./markup.ts";
import { list, record, type Drawing, type TraceKind } from "./traceKind.ts";

const MODES = ["group", "stack", "relative", "overlay"];

export const bar: TraceKind = {
  type: "bar",

  unsupported(trace) {
    if (trace["error_x"] !== undefined || trace["error_y"] !== undefined) return "error bars";
    if (record(record(trace["marker"])["pattern"])["shape"]) return "patterns";
    if (list(record(trace["marker"])["color"]).some((color) => typeof color === "number"))
      return "bars coloured by a scale";
    return undefined;
  },

  span(drawing) {
    const bars = boxes(drawing);
    const along = bars.flatMap(({ from, to }) => [from, to]);
    const across = bars.flatMap(({ start, end }) => [start, end]);
    return vertical(drawing.trace) ? { x: across, y: along, zero: "y" } : { x: along, y: across, zero: "x" };
  },

  draw(drawing) {
    const { trace, x, y, color, layout } = drawing;
    const marker = record(trace["marker"]);
    const outline = record(marker["line"]);
    const colors = list(marker["color"]);
    const font = {
      size: Number(record(trace["textfont"])["size"] ?? 11),
      fill: String(record(layout["font"])["color"] ?? "#444"),
    };
    const texts = trace["textposition"] === "none" ? [] : list(trace["text"]);
    return boxes(drawing)
      .map(({ index, start, end, from, to }) => {
        const [x0, x1, y0, y1] = vertical(trace)
          ? [toPixel(x, start), toPixel(x, end), toPixel(y, from), toPixel(y, to)]
          : [toPixel(x, from), toPixel(x, to), toPixel(y, start), toPixel(y, end)];
        const label = texts[index] === undefined ? "" : String(texts[index]);
        const at = vertical(trace)
          ? drawText(label, (x0 + x1) / 2, Math.min(y0, y1) - 3, { ...font, anchor: "middle", baseline: "bottom" })
          : drawText(label, Math.max(x0, x1) + 4, (y0 + y1) / 2, { ...font, baseline: "middle" });
        const width = Number(outline["width"] ?? 0);
        const rect = element("rect", {
          x: Math.min(x0, x1),
          y: Math.min(y0, y1),
          width: Math.abs(x1 - x0),
          height: Math.abs(y1 - y0),
          fill: String(colors[index] ?? (colors.length ? color : (marker["color"] ?? color))),
          opacity: typeof trace["opacity"] === "number" ? trace["opacity"] : undefined,
          stroke: width > 0 ? String(outline["color"] ?? color) : undefined,
          "stroke-width": width > 0 ? width : undefined,
        });
        return label === "" ? rect : rect + at;
      })
      .join("");
  },

  swatch({ trace, color }, x, y, width) {
    const fill = String(
      typeof record(trace["marker"])["color"] === "string" ? record(trace["marker"])["color"] : color,
    );
    return element("rect", { x: x + width / 2 - 6, y: y - 6, width: 12, height: 12, fill });
  },
};

/** Why bars arranged like this cannot be drawn. */
export function unsupportedBarMode(mode: unknown): string | undefined {
  return mode === undefined || MODES.includes(String(mode)) ? undefined : `barmode ${JSON.stringify(mode)}`;
}

function vertical(trace: Trace): boolean {
  return trace["orientation"] !== "h";
}

interface Box {
  index: number;
  /** Extent across: the sides of the bar. */
  start: number;
  end: number;
  /** Extent along: its foot and its top. */
  from: number;
  to: number;
}

function boxes({ trace, x, y, siblings, layout }: Drawing): Box[] {
  const [across, along] = vertical(trace) ? [x, y] : [y, x];
  const mode = String(layout["barmode"] ?? "group");
  const gap = Number(layout["bargap"] ?? 0.2);
  const all = siblings.filter((s) => vertical(s) === vertical(trace));
  const step = spacing(all.flatMap((s) => bars(s, across, along).map(({ at }) => at)));
  const beside = mode === "group" ? all.length : 1;
  const slot = (step * (1 - gap)) / beside;
  const place = mode === "group" ? all.indexOf(trace) : 0;
  const stacked = mode === "stack" || mode === "relative";
  const foot = along.type === "log" ? -30 : 0;
  const widths = list(trace["width"]);
  return bars(trace, across, along)
    .filter(({ at, length }) => Number.isFinite(at) && Number.isFinite(length))
    .map(({ index, at, length, base }) => {
      const width = Number(widths[index] ?? trace["width"] ?? slot);
      const start = beside > 1 ? at - (step * (1 - gap)) / 2 + place * slot : at - width / 2;
      const from = base ?? (stacked ? below(trace, all, at, length, across, along) : foot);
      return { index, start, end: start + width, from, to: base === undefined && !stacked ? length : from + length };
    });
}

function bars(trace: Trace, across: Axis, along: Axis) {
  const [positions, lengths] = vertical(trace) ? [trace["x"], trace["y"]] : [trace["y"], trace["x"]];
  const at = positions === undefined ? list(lengths).map((_, i) => i) : list(positions);
  const bases = list(trace["base"]);
  return list(lengths).map((length, index) => ({
    index,
    at: place(across, at[index]),
    length: place(along, length),
    base:
      bases[index] === undefined
        ? typeof trace["base"] === "number"
          ? trace["base"]
          : undefined
        : Number(bases[index]),
  }));
}

/** Top of what the traces before have stacked at `at`, on the same side of zero. */
function below(trace: Trace, all: readonly Trace[], at: number, length: number, across: Axis, along: Axis): number {
  let sum = 0;
  for (const before of all.slice(0, all.indexOf(trace))) {
    for (const other of bars(before, across, along)) {
      if (other.at === at && other.length < 0 === length < 0 && Number.isFinite(other.length)) sum += other.length;
    }
  }
  return sum;
}

/** Smallest distance between two positions; 1 for a single one. */
function spacing(positions: number[]): number {
  const sorted = [...new Set(positions.filter(Number.isFinite))].sort((a, b) => a - b);
  let least = Infinity;
  for (let i = 1; i < sorted.length; i++) least = Math.min(least, sorted[i]! - sorted[i - 1]!);
  return least === Infinity ? 1 : least;
}
