/** Which traces share which axes, what those axes span, and where the panels lie. */
import { light } from "../palette.ts";
import type { Layout, Trace } from "../plotly.ts";
import { axisRange, axisType, type Axis } from "./axis.ts";
import { traceKinds } from "./index.ts";
import { list, record, type Drawing, type Span, type TraceKind } from "./traceKind.ts";

/** The picture and the part of it that panels fill, in pixels. */
export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}
/** A pair of axes and what is drawn on it. */
export interface Panel {
  x: Axis;
  y: Axis;
  drawings: { kind: TraceKind; drawing: Drawing }[];
}

/** Traces by the pair of axes that they are drawn on. */
export function panelsOf(traces: readonly Trace[], layout: Layout): Panel[] | { reason: string } {
  const colorway = list(layout["colorway"]).length > 0 ? list(layout["colorway"]) : light.series;
  const pairs = new Map<string, { x: string; y: string; traces: { trace: Trace; color: string }[] }>();
  const add = (x: string, y: string) => {
    const key = `${x} ${y}`;
    if (!pairs.has(key)) pairs.set(key, { x, y, traces: [] });
    return pairs.get(key)!;
  };
  traces.forEach((trace, i) => {
    const pair = add(String(trace["xaxis"] ?? "x"), String(trace["yaxis"] ?? "y"));
    pair.traces.push({ trace, color: String(colorway[i % colorway.length]) });
  });
  // A panel without traces yet is drawn empty, like Plotly does.
  for (const name of Object.keys(layout)) {
    const match = /^xaxis(\d*)$/.exec(name);
    if (!match) continue;
    const anchor = String(record(layout[name])["anchor"] ?? `y${match[1]}`);
    if ([...pairs.values()].every(({ x }) => x !== `x${match[1]}`)) add(`x${match[1]}`, anchor);
  }
  if (pairs.size === 0) add("x", "y");

  const axes = new Map<string, Axis>();
  for (const [id, on] of [...pairs.values()].flatMap(
    ({ x, y }) =>
      [
        [x, "x"],
        [y, "y"],
      ] as const,
  )) {
    if (axes.has(id)) continue;
    const options = record(layout[id.replace(on, `${on}axis`)]);
    const values = [...pairs.values()].flatMap((pair) =>
      pair[on] === id ? pair.traces.flatMap(({ trace }) => axisValues(trace, on)) : [],
    );
    const type = axisType(options, values);
    if (typeof type === "object") return { reason: `${type.reason} on axis ${id}` };
    const categories =
      type === "category" ? [...new Set(values.filter((v) => v !== null && v !== undefined).map(String))] : [];
    axes.set(id, { id, horizontal: on === "x", type, options, categories, range: [0, 1], pixels: [0, 1] });
  }

  const panels = [...pairs.values()].map(({ x, y, traces }) => ({
    x: axes.get(x)!,
    y: axes.get(y)!,
    drawings: traces.map(({ trace, color }) => {
      const type = trace.type ?? "scatter";
      const siblings = traces.filter((other) => (other.trace.type ?? "scatter") === type).map((other) => other.trace);
      const drawing = { trace, color, siblings, layout, x: axes.get(x)!, y: axes.get(y)! };
      return { kind: traceKinds[type]!, drawing };
    }),
  }));

  const spans = panels.flatMap(({ drawings }) =>
    drawings.map(({ kind, drawing }) => ({ drawing, span: kind.span(drawing) })),
  );
  for (const axis of axes.values()) setRange(axis, spans);
  shareRanges([...axes.values()]);
  return panels;
}

/** Axes that match another one show what all of them together span. */
function shareRanges(axes: readonly Axis[]): void {
  const leader = (axis: Axis) => axes.find(({ id }) => id === axis.options["matches"]) ?? axis;
  for (const first of axes) {
    const group = axes.filter((axis) => leader(axis) === first);
    const filled = group.filter(({ empty }) => !empty);
    if (group.length < 2 || filled.length === 0) continue;
    const range: [number, number] = [
      Math.min(...filled.map((a) => a.range[0])),
      Math.max(...filled.map((a) => a.range[1])),
    ];
    for (const axis of group) axis.range = range;
  }
}

function axisValues(trace: Trace, on: "x" | "y"): readonly unknown[] {
  return list(trace[on]);
}

function setRange(axis: Axis, spans: readonly { drawing: Drawing; span: Span }[]): void {
  const on = axis.horizontal ? "x" : "y";
  const mine = spans.filter(({ drawing }) => drawing[on] === axis);
  const tight = mine.length > 0 && mine.every(({ span }) => span.tight);
  const zero = mine.some(({ span }) => span.zero === on);
  // Lines run from side to side; points and bars keep a distance.
  const onlyLines = axis.horizontal && mine.every(({ drawing }) => linesOnly(drawing.trace));
  const values = function* () {
    for (const { span } of mine) yield* span[on];
  };
  axis.empty = mine.length === 0;
  axis.range = axisRange(axis, values(), { margin: tight || onlyLines ? 0 : 0.05, zero });
  if (tight && axis.type === "category") axis.range = [-0.5, axis.categories.length - 0.5];
  if (axis.options["autorange"] === "reversed" && axis.range[0] < axis.range[1])
    axis.range = [axis.range[1], axis.range[0]];
}

function linesOnly(trace: Trace): boolean {
  if ((trace.type ?? "scatter") !== "scatter") return false;
  const mode = trace["mode"];
  return mode === undefined ? list(trace["y"]).length >= 20 : !/markers|text/.test(String(mode));
}

export function setPixels(panels: readonly Panel[], frame: Frame): void {
  for (const { x, y } of panels) {
    const [x0, x1] = domain(x);
    const [y0, y1] = domain(y);
    x.pixels = [frame.left + x0 * (frame.right - frame.left), frame.left + x1 * (frame.right - frame.left)];
    y.pixels = [frame.bottom - y0 * (frame.bottom - frame.top), frame.bottom - y1 * (frame.bottom - frame.top)];
    if (x.options["scaleanchor"] === y.id || y.options["scaleanchor"] === x.id) squareUnits(x, y);
  }
}

/** Makes a unit as many pixels wide as high, by drawing on less of the panel. */
function squareUnits(x: Axis, y: Axis): void {
  const unit = (axis: Axis) => Math.abs((axis.pixels[1] - axis.pixels[0]) / (axis.range[1] - axis.range[0]));
  const least = Math.min(unit(x), unit(y));
  for (const axis of [x, y]) {
    const [from, to] = axis.pixels;
    const middle = (from + to) / 2;
    const half = (Math.sign(to - from) * least * Math.abs(axis.range[1] - axis.range[0])) / 2;
    axis.pixels = [middle - half, middle + half];
  }
}

export function domain(axis: Axis): [number, number] {
  const given = list(axis.options["domain"]);
  return given.length === 2 ? [Number(given[0]), Number(given[1])] : [0, 1];
}

export function boxOf({ x, y }: Panel) {
  const left = Math.min(...x.pixels);
  const top = Math.min(...y.pixels);
  return { x: left, y: top, width: Math.max(...x.pixels) - left, height: Math.max(...y.pixels) - top };
}
