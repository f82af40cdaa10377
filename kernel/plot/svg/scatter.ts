/** Lines, points and filled areas. */
import type { Trace } from "../plotly.ts";
import { place, toPixel, type Axis } from "./axis.ts";
import { drawText, element, px } from "./markup.ts";
import { list, record, type Drawing, type TraceKind } from "./traceKind.ts";

const FILLS = ["none", "tozeroy", "tonexty", "toself"];
const SHAPES = ["linear", "hv", "vh"];
const DASHES: { [name: string]: string | undefined } = {
  solid: undefined,
  dot: "1.5 3",
  dash: "6 4",
  longdash: "10 5",
  dashdot: "6 3 1.5 3",
  longdashdot: "10 4 1.5 4",
};
const SYMBOLS: { [name: string]: (r: number) => string } = {
  square: (r) => `M${px(-r)},${px(-r)}H${px(r)}V${px(r)}H${px(-r)}Z`,
  diamond: (r) => `M0,${px(-1.3 * r)}L${px(1.3 * r)},0L0,${px(1.3 * r)}L${px(-1.3 * r)},0Z`,
  "triangle-up": (r) => `M0,${px(-1.2 * r)}L${px(1.1 * r)},${px(0.8 * r)}H${px(-1.1 * r)}Z`,
  cross: (r) => `M${px(-r)},0H${px(r)}M0,${px(-r)}V${px(r)}`,
  x: (r) => `M${px(-r)},${px(-r)}L${px(r)},${px(r)}M${px(-r)},${px(r)}L${px(r)},${px(-r)}`,
};

export const scatter: TraceKind = {
  type: "scatter",

  unsupported(trace) {
    const line = record(trace["line"]);
    const marker = record(trace["marker"]);
    if (!FILLS.includes(String(trace["fill"] ?? "none"))) return `fill ${JSON.stringify(trace["fill"])}`;
    if (!SHAPES.includes(String(line["shape"] ?? "linear"))) return `line shape ${JSON.stringify(line["shape"])}`;
    if (trace["stackgroup"] !== undefined) return "stackgroup";
    if (visibleBars(trace["error_x"]) || visibleBars(trace["error_y"])) return "error bars";
    const symbol = marker["symbol"] ?? "circle";
    if (symbol !== "circle" && !(String(symbol) in SYMBOLS)) return `marker symbol ${JSON.stringify(symbol)}`;
    if (list(marker["color"]).some((color) => typeof color === "number")) return "markers coloured by a scale";
    return undefined;
  },

  span: ({ trace, x, y }) => {
    const points = coordinates(trace, x, y);
    const ys = points.map((p) => p.y);
    // A line keeps to the ends of its panel; points at the ends need room.
    return { x: points.map((p) => p.x), y: trace["fill"] === "tozeroy" && y.type === "linear" ? [...ys, 0] : ys };
  },

  draw(drawing) {
    const { trace, x, y, color } = drawing;
    const points = coordinates(trace, x, y).map((p) => ({ x: toPixel(x, p.x), y: toPixel(y, p.y) }));
    const { lines, markers, text } = modes(trace, points.length);
    const line = record(trace["line"]);
    const parts: string[] = [];

    const fill = String(trace["fill"] ?? "none");
    if (fill !== "none") {
      const fillcolor = String(trace["fillcolor"] ?? line["color"] ?? color);
      const opacity = trace["fillcolor"] === undefined ? 0.5 : undefined;
      parts.push(
        element("path", { d: area(fill, points, drawing), fill: fillcolor, "fill-opacity": opacity, stroke: "none" }),
      );
    }
    const width = Number(line["width"] ?? 2);
    if (lines && width > 0) {
      const shape = String(line["shape"] ?? "linear");
      parts.push(
        element("path", {
          d: path(thinned(points), { shape, connect: trace["connectgaps"] === true }),
          fill: "none",
          stroke: String(line["color"] ?? color),
          "stroke-width": width,
          "stroke-linejoin": "round",
          "stroke-linecap": "round",
          "stroke-dasharray": dashes(line["dash"]),
        }),
      );
    }
    if (markers) {
      const at = points.map((p, i) => (finite(p) ? marker(trace, color, i, p.x, p.y) : ""));
      parts.push(at.join(""));
    }
    if (text) {
      const labels = trace["text"];
      const font = record(trace["textfont"]);
      const [vertical, side] = String(trace["textposition"] ?? "middle center").split(" ");
      const anchor = side === "left" ? "end" : side === "right" ? "start" : "middle";
      const baseline = vertical === "top" ? "bottom" : vertical === "bottom" ? "top" : "middle";
      const [dx, dy] = [
        side === "left" ? -7 : side === "right" ? 7 : 0,
        vertical === "top" ? -6 : vertical === "bottom" ? 6 : 0,
      ];
      const style = {
        size: Number(font["size"] ?? 12),
        fill: String(font["color"] ?? color),
        anchor,
        baseline,
      } as const;
      points.forEach((p, i) => {
        const label = Array.isArray(labels) ? labels[i] : labels;
        if (finite(p) && label !== undefined && label !== "")
          parts.push(drawText(String(label), p.x + dx, p.y + dy, style));
      });
    }
    const opacity = trace["opacity"];
    return element("g", { opacity: typeof opacity === "number" ? opacity : undefined }, parts.join(""));
  },

  swatch({ trace, color }, x, y, width) {
    const { lines, markers } = modes(trace, list(trace["y"]).length);
    const line = record(trace["line"]);
    const parts: string[] = [];
    if (lines) {
      parts.push(
        element("path", {
          d: `M${px(x)},${px(y)}h${px(width)}`,
          stroke: String(line["color"] ?? color),
          "stroke-width": Math.max(1.5, Number(line["width"] ?? 2)),
          "stroke-dasharray": dashes(line["dash"]),
        }),
      );
    }
    if (markers) parts.push(marker(trace, color, 0, x + width / 2, y));
    return parts.join("");
  },
};

interface Point {
  x: number;
  y: number;
}

function finite({ x, y }: Point): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}

function coordinates(trace: Trace, x: Axis, y: Axis): Point[] {
  const ys = list(trace["y"]);
  const xs =
    trace["x"] === undefined
      ? ys.map((_, i) => Number(trace["x0"] ?? 0) + i * Number(trace["dx"] ?? 1))
      : list(trace["x"]);
  const length = trace["y"] === undefined ? xs.length : Math.min(xs.length, ys.length);
  return Array.from({ length }, (_, i) => ({ x: place(x, xs[i]), y: trace["y"] === undefined ? i : place(y, ys[i]) }));
}

/** Plotly's default: few points are shown as points too. */
function modes(trace: Trace, length: number) {
  const mode = String(trace["mode"] ?? (length < 20 ? "lines+markers" : "lines"));
  return { lines: mode.includes("lines"), markers: mode.includes("markers"), text: mode.includes("text") };
}

function path(points: readonly Point[], { shape, connect }: { shape: string; connect: boolean }): string {
  let d = "";
  let open = false;
  let before: Point | undefined;
  for (const point of points) {
    if (!finite(point)) {
      if (!connect) open = false;
      continue;
    }
    const to = `${px(point.x)},${px(point.y)}`;
    if (!open) d += `M${to}`;
    else if (shape === "hv") d += `H${px(point.x)}V${px(point.y)}`;
    else if (shape === "vh") d += `V${px(point.y)}H${px(point.x)}`;
    // Equal neighbours say nothing new.
    else if (before!.x !== point.x || before!.y !== point.y) d += `L${to}`;
    open = true;
    before = point;
  }
  return d;
}

/** Of the points within one column of pixels only the first, lowest, highest and last: the same picture, less text. */
function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length < 2000) return points;
  const kept: Point[] = [];
  for (let start = 0; start < points.length;) {
    let end = start + 1;
    const column = Math.floor(points[start]!.x);
    const ok = finite(points[start]!);
    while (ok && end < points.length && Math.floor(points[end]!.x) === column && finite(points[end]!)) end++;
    let low = start;
    let high = start;
    for (let i = start; i < end; i++) {
      if (points[i]!.y < points[low]!.y) low = i;
      if (points[i]!.y > points[high]!.y) high = i;
    }
    for (const i of [...new Set([start, Math.min(low, high), Math.max(low, high), end - 1])]) kept.push(points[i]!);
    start = end;
  }
  return kept;
}

function area(fill: string, points: readonly Point[], { trace, siblings, x, y }: Drawing): string {
  if (fill === "toself") {
    const d = path(points, { shape: "linear", connect: false });
    return d === "" ? "" : d.replaceAll(/(?!^)M/g, "ZM") + "Z";
  }
  const solid = points.filter(finite);
  if (solid.length === 0) return "";
  let base: Point[];
  if (fill === "tonexty") {
    const before = siblings[siblings.indexOf(trace) - 1];
    const placed = before ? coordinates(before, x, y) : [];
    base = placed.map((p) => ({ x: toPixel(x, p.x), y: toPixel(y, p.y) })).filter(finite);
  } else {
    const floor = y.type === "log" ? y.pixels[0] : toPixel(y, 0);
    base = [
      { x: solid[0]!.x, y: floor },
      { x: solid.at(-1)!.x, y: floor },
    ];
  }
  return path([...solid, ...base.reverse()], { shape: "linear", connect: false }) + "Z";
}

function marker(trace: Trace, color: string, i: number, x: number, y: number): string {
  const options = record(trace["marker"]);
  const at = (value: unknown, otherwise: unknown) =>
    Array.isArray(value) ? (value[i] ?? otherwise) : (value ?? otherwise);
  const fill = String(at(options["color"], record(trace["line"])["color"] ?? color));
  const r = Number(at(options["size"], 6)) / 2;
  const symbol = String(options["symbol"] ?? "circle");
  const outline = record(options["line"]);
  const width = Number(outline["width"] ?? 0);
  const stroke = width > 0 ? String(outline["color"] ?? color) : undefined;
  const opacity = typeof options["opacity"] === "number" ? options["opacity"] : undefined;
  const style = { fill, stroke, "stroke-width": stroke && width, opacity };
  if (symbol === "circle") return element("circle", { cx: x, cy: y, r, ...style });
  const strokes = symbol === "cross" || symbol === "x";
  return element("path", {
    d: SYMBOLS[symbol]!(r),
    transform: `translate(${px(x)} ${px(y)})`,
    ...style,
    ...(strokes ? { fill: "none", stroke: fill, "stroke-width": 2 } : {}),
  });
}

function dashes(dash: unknown): string | undefined {
  const name = String(dash ?? "solid");
  return name in DASHES ? DASHES[name] : name.replaceAll("px", "").replaceAll(",", " ");
}

function visibleBars(bars: unknown): boolean {
  return bars !== undefined && record(bars)["visible"] !== false && Object.keys(record(bars)).length > 0;
}
