/**
 * A Plotly figure as a static SVG, without a browser: visible on GitHub, in nbconvert, in a restricted workspace.
 *
 * It draws the traces in `svg/index.ts` on linear, logarithmic and category axes, with subplots, titles, legends,
 * annotations and straight shapes. What it cannot draw it says: a picture that leaves something out would be a lie.
 * The picture brings its own background, so it reads on a white and on a dark page alike.
 */
import { light } from "./palette.ts";
import type { Layout, PlotlyFigure, Trace } from "./plotly.ts";
import { axisRange, axisType, place, ticks, toPixel, type Axis, type Tick } from "./svg/axis.ts";
import { unsupportedBarMode } from "./svg/bar.ts";
import { COLOR_BAR_SPACE } from "./svg/heatmap.ts";
import { traceKinds } from "./svg/index.ts";
import { drawText, element, LINE_HEIGHT, px, textSize, type TextStyle } from "./svg/markup.ts";
import { list, record, type Drawing, type Span, type TraceKind } from "./svg/traceKind.ts";

export interface SvgOptions {
  /** Pixels, where the layout does not say. */
  width?: number;
  height?: number;
}
export type StaticPicture = { svg: string } | { reason: string };

interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}
interface Panel {
  x: Axis;
  y: Axis;
  drawings: { kind: TraceKind; drawing: Drawing }[];
}

const FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/** The picture, or what in the figure it could not draw. */
export function staticSvg(figure: PlotlyFigure, { width = 900, height = 450 }: SvgOptions = {}): StaticPicture {
  const layout = figure.layout;
  const traces = figure.data.filter((trace) => trace["visible"] !== false && trace["visible"] !== "legendonly");
  const reason = unsupported(traces, layout);
  if (reason !== undefined) return { reason };
  const panels = panelsOf(traces, layout);
  if ("reason" in panels) return panels;
  const size = { width: Number(layout["width"] ?? width), height: Number(layout["height"] ?? height) };
  return { svg: draw(panels, layout, size) };
}

function unsupported(traces: readonly Trace[], layout: Layout): string | undefined {
  for (const trace of traces) {
    const type = trace.type ?? "scatter";
    const kind = Object.hasOwn(traceKinds, type) ? traceKinds[type]! : undefined;
    if (!kind) return `trace type "${type}"`;
    const reason = kind.unsupported(trace);
    if (reason !== undefined) return `${type} with ${reason}`;
  }
  for (const [name, axis] of Object.entries(layout)) {
    if (/^[xy]axis\d*$/.test(name) && record(axis)["overlaying"] !== undefined)
      return `a second axis over another (${name})`;
  }
  for (const shape of list(layout["shapes"])) {
    if (!["line", "rect"].includes(String(record(shape)["type"]))) return `shape "${String(record(shape)["type"])}"`;
  }
  if (list(layout["images"]).length > 0) return "images";
  return unsupportedBarMode(layout["barmode"]);
}

/** Traces by the pair of axes that they are drawn on. */
function panelsOf(traces: readonly Trace[], layout: Layout): Panel[] | { reason: string } {
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

function draw(panels: readonly Panel[], layout: Layout, size: { width: number; height: number }): string {
  const { width } = size;
  let { height } = size;
  const font = {
    size: Number(record(layout["font"])["size"] ?? 12),
    color: String(record(layout["font"])["color"] ?? light.text),
  };
  const margin = record(layout["margin"]);
  const heading = titleOf(layout);
  const given = layout["margin"] !== undefined;
  const frame: Frame = {
    width,
    height,
    left: Number(margin["l"] ?? 64),
    right: width - Number(margin["r"] ?? 20),
    top: Number(margin["t"] ?? (heading ? 52 : 24)),
    bottom: height - Number(margin["b"] ?? 52),
  };
  const colorBars = panels.some(({ drawings }) =>
    drawings.some(({ drawing }) => drawing.trace.type === "heatmap" && drawing.trace["showscale"] !== false),
  );
  if (colorBars) frame.right -= COLOR_BAR_SPACE;
  const legend = legendOf(panels, layout, font, frame);
  if (legend.place === "right") frame.right -= legend.width + 16;
  else if (legend.place === "top") {
    // Where the layout has room for one line of a legend that takes more, the picture grows.
    const more = given ? Math.max(0, legend.height - LEGEND_LINE - LEGEND_GAP) : legend.height;
    frame.top += more;
    if (given) frame.bottom = (height += more) - Number(margin["b"] ?? 52);
  }

  // Ticks depend on the room and the room on the ticks' labels: the second round settles it.
  setPixels(panels, frame);
  const need = Math.max(...panels.map(({ x, y }) => sideRoom(x, y)));
  if (need > frame.left) frame.left = need;
  setPixels(panels, frame);
  height = Math.max(height, frame.bottom + Math.max(...panels.map(({ x, y }) => footRoom(x, y))));

  const background = String(layout["paper_bgcolor"] ?? light.background);
  const parts = [
    element("rect", {
      x: 0.5,
      y: 0.5,
      width: width - 1,
      height: height - 1,
      rx: 6,
      fill: background,
      stroke: light.border,
    }),
  ];
  const drawnAxes = new Set<Axis>();
  panels.forEach((panel) => {
    const { x, y, drawings } = panel;
    const box = boxOf(panel);
    parts.push(axesOf(panel, drawnAxes, font));
    const content = [
      shapesOf(layout, panel, "below"),
      // A colour bar stands outside of its panel.
      ...drawings.filter(({ kind }) => kind.type === "heatmap").map(({ kind, drawing }) => kind.draw(drawing)),
    ];
    const inside = drawings
      .filter(({ kind }) => kind.type !== "heatmap")
      .map(({ kind, drawing }) => kind.draw(drawing));
    const texts = drawings.some(
      ({ drawing }) => /text/.test(String(drawing.trace["mode"] ?? "")) || drawing.trace["text"] !== undefined,
    );
    const above = inside.join("") + shapesOf(layout, panel, "above");
    parts.push(...content, texts ? above : clipped(box, above));
    drawnAxes.add(x).add(y);
  });
  if (heading) {
    const size = Number(record(record(layout["title"])["font"])["size"] ?? 16);
    const left = record(layout["title"])["x"] === undefined || Number(record(layout["title"])["x"]) < 0.34;
    const centre = !left && Number(record(layout["title"])["x"]) < 0.67;
    const [x, anchor] = left
      ? [Math.min(frame.left, 20), "start" as const]
      : centre
        ? [width / 2, "middle" as const]
        : [width - 20, "end" as const];
    parts.push(
      drawText(fitted(heading, size, width - 40), x, 16, {
        size,
        fill: font.color,
        anchor,
        baseline: "top",
        weight: 600,
      }),
    );
  }
  parts.push(legend.draw(frame), annotationsOf(layout, panels, frame, font));
  const label = heading ? heading.replace(/<[^>]*>/g, " ") : "figure";
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    width,
    height,
    viewBox: `0 0 ${px(width)} ${px(height)}`,
    "font-family": FONT,
    role: "img",
    "aria-label": label,
  };
  return element("svg", attributes, parts.join("\n")) + "\n";
}

/** Cut off at the box; by a nested svg, because ids clash when a page holds several pictures. */
function clipped(
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  content: string,
): string {
  if (content === "") return "";
  const viewBox = [x, y, width, height].map(px).join(" ");
  return element("svg", { x, y, width, height, viewBox }, content);
}

function titleOf(layout: Layout): string | undefined {
  const title = layout["title"];
  const text = typeof title === "string" ? title : record(title)["text"];
  return typeof text === "string" && text !== "" ? text : undefined;
}

function axisTitleOf(axis: Axis): string | undefined {
  return titleOf(axis.options);
}

/** The text, cut with an ellipsis where it would leave the picture. */
function fitted(text: string, size: number, width: number): string {
  if (textSize(text, size).width <= width) return text;
  const plain = [...text.replace(/<br\s*\/?>/g, " ").replace(/<[^>]*>/g, "")];
  while (plain.length > 1 && textSize(plain.join("") + "…", size).width > width) plain.pop();
  return plain.join("") + "…";
}

function setPixels(panels: readonly Panel[], frame: Frame): void {
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

function domain(axis: Axis): [number, number] {
  const given = list(axis.options["domain"]);
  return given.length === 2 ? [Number(given[0]), Number(given[1])] : [0, 1];
}

function boxOf({ x, y }: Panel) {
  const left = Math.min(...x.pixels);
  const top = Math.min(...y.pixels);
  return { x: left, y: top, width: Math.max(...x.pixels) - left, height: Math.max(...y.pixels) - top };
}

function labelled(axis: Axis): Tick[] {
  return axis.options["showticklabels"] === false || axis.options["visible"] === false ? [] : ticks(axis);
}

function fontSizeOf(options: unknown, otherwise: number): number {
  return Number(record(options)["size"] ?? otherwise);
}

/** Pixels that a vertical axis at the left edge needs for its labels and its title. */
function sideRoom(x: Axis, y: Axis): number {
  if (domain(x)[0] > 0.001) return 0;
  const size = fontSizeOf(y.options["tickfont"], 11);
  const labels = Math.max(0, ...labelled(y).map(({ label }) => textSize(label, size).width));
  return labels + 10 + (axisTitleOf(y) ? fontSizeOf(record(y.options["title"])["font"], 12) * LINE_HEIGHT + 6 : 0) + 8;
}

/** Pixels that a horizontal axis at the lower edge needs for its labels and its title. */
function footRoom(x: Axis, y: Axis): number {
  if (domain(y)[0] > 0.001) return 0;
  const size = fontSizeOf(x.options["tickfont"], 11);
  const { room } = horizontalLabels(x, size);
  return room + 8 + (axisTitleOf(x) ? fontSizeOf(record(x.options["title"])["font"], 12) * LINE_HEIGHT + 7 : 0) + 6;
}

/** The labels of a horizontal axis: names too long to stand side by side lean, numbers are thinned out. */
function horizontalLabels(axis: Axis, size: number) {
  const shown = labelled(axis).map(({ at, label }) => ({ at: toPixel(axis, at), label }));
  const step = shown.length > 1 ? Math.abs(shown[1]!.at - shown[0]!.at) : Infinity;
  const widest = Math.max(0, ...shown.map(({ label }) => textSize(label, size).width));
  const lean = axis.type === "category" && widest > step - 4;
  const every = lean ? 1 : Math.max(1, Math.ceil((widest + 8) / step));
  const room = lean ? widest * Math.sin(LEAN) + size : shown.length > 0 ? size : 0;
  return { labels: shown.filter((_, i) => i % every === 0), lean, room };
}

const LEAN_DEGREES = 35;
const LEAN = (LEAN_DEGREES * Math.PI) / 180;

function axesOf(panel: Panel, drawn: ReadonlySet<Axis>, font: { size: number; color: string }): string {
  const { x, y } = panel;
  const box = boxOf(panel);
  const parts: string[] = [];
  for (const axis of [x, y]) {
    const { options, horizontal } = axis;
    if (options["visible"] === false) continue;
    const all = ticks(axis);
    const grid = options["showgrid"] !== false && axis.type !== "category";
    const color = String(options["gridcolor"] ?? light.grid);
    const inside = (at: number) => at > Math.min(...axis.pixels) + 0.5 && at < Math.max(...axis.pixels) - 0.5;
    const lines = all
      .map(({ at }) => toPixel(axis, at))
      .filter(inside)
      .map((at) =>
        horizontal ? `M${px(at)},${px(box.y)}v${px(box.height)}` : `M${px(box.x)},${px(at)}h${px(box.width)}`,
      );
    if (grid && lines.length > 0) parts.push(element("path", { d: lines.join(""), stroke: color, fill: "none" }));
    const from = horizontal
      ? `M${px(box.x)},${px(box.y + box.height)}h${px(box.width)}`
      : `M${px(box.x)},${px(box.y)}v${px(box.height)}`;
    if (options["showline"] !== false) {
      parts.push(element("path", { d: from, stroke: String(options["linecolor"] ?? light.axis), fill: "none" }));
    }
  }
  for (const axis of [x, y])
    if (!drawn.has(axis) && axis.options["visible"] !== false) parts.push(labelsOf(axis, box, font));
  return parts.join("");
}

function labelsOf(
  axis: Axis,
  box: { x: number; y: number; width: number; height: number },
  font: { size: number; color: string },
): string {
  const { options, horizontal } = axis;
  const size = fontSizeOf(options["tickfont"], 11);
  const fill = String(record(options["tickfont"])["color"] ?? light.muted);
  const shown = labelled(axis).map(({ at, label }) => ({ at: toPixel(axis, at), label, ...textSize(label, size) }));
  const parts: string[] = [];
  const marks = options["ticks"] === "outside" ? 4 : 0;
  if (marks > 0 && shown.length > 0) {
    const d = shown
      .map(({ at }) => (horizontal ? `M${px(at)},${px(box.y + box.height)}v4` : `M${px(box.x)},${px(at)}h-4`))
      .join("");
    parts.push(element("path", { d, stroke: String(options["tickcolor"] ?? light.axis), fill: "none" }));
  }
  let room = 0;
  if (horizontal) {
    const y = box.y + box.height + marks + 4;
    const { labels, lean, room: height } = horizontalLabels(axis, size);
    for (const { at, label } of labels) {
      const style: TextStyle = lean
        ? { size, fill, anchor: "end", baseline: "middle", rotate: -LEAN_DEGREES }
        : { size, fill, anchor: "middle", baseline: "top" };
      parts.push(drawText(label, at, lean ? y + 4 : y, style));
    }
    room = marks + 4 + height;
  } else {
    let last = Infinity;
    for (const { at, label, width } of [...shown].sort((a, b) => b.at - a.at)) {
      if (Math.abs(last - at) < size * 1.05) continue;
      last = at;
      parts.push(drawText(label, box.x - marks - 4, at, { size, fill, anchor: "end", baseline: "middle" }));
      room = Math.max(room, width);
    }
    room += marks + 4;
  }
  const title = axisTitleOf(axis);
  if (title) {
    const titleFont = record(record(options["title"])["font"]);
    const style = {
      size: Number(titleFont["size"] ?? 12),
      fill: String(titleFont["color"] ?? font.color),
      anchor: "middle",
    } as const;
    if (horizontal) {
      const at = [box.x + box.width / 2, box.y + box.height + room + 7] as const;
      parts.push(drawText(fitted(title, style.size, box.width), ...at, { ...style, baseline: "top" }));
    } else {
      const at = [box.x - room - 8, box.y + box.height / 2] as const;
      parts.push(drawText(fitted(title, style.size, box.height), ...at, { ...style, baseline: "bottom", rotate: -90 }));
    }
  }
  return parts.join("");
}

interface Legend {
  place: "none" | "top" | "right";
  width: number;
  height: number;
  draw(frame: Frame): string;
}

const SWATCH_PX = 22;
const LEGEND_LINE = 20;
const LEGEND_GAP = 6;

function legendOf(
  panels: readonly Panel[],
  layout: Layout,
  font: { size: number; color: string },
  frame: Frame,
): Legend {
  const seen = new Set<string>();
  const entries = panels
    .flatMap(({ drawings }) => drawings)
    .filter(({ kind, drawing: { trace } }) => {
      const group = trace["legendgroup"];
      const first = group === undefined || !seen.has(String(group));
      if (group !== undefined && trace["showlegend"] !== false) seen.add(String(group));
      return kind.swatch !== undefined && trace["showlegend"] !== false && first;
    })
    .map(({ kind, drawing }, i) => {
      const name = drawing.trace.name ?? `trace ${i}`;
      return {
        name,
        width: SWATCH_PX + 6 + textSize(name, 12).width,
        swatch: (x: number, y: number) => kind.swatch!(drawing, x, y, SWATCH_PX),
      };
    });
  const wanted =
    layout["showlegend"] ?? (entries.length > 1 || entries.some((_, i) => layout["showlegend"] === true && i === 0));
  if (!wanted || entries.length === 0) return { place: "none", width: 0, height: 0, draw: () => "" };
  const line = LEGEND_LINE;
  const entry = ({ name, swatch }: (typeof entries)[number], x: number, y: number) =>
    swatch(x, y) + drawText(name, x + SWATCH_PX + 6, y, { size: 12, fill: font.color, baseline: "middle" });
  if (record(layout["legend"])["orientation"] === "h") {
    const rows: (typeof entries)[] = [[]];
    let used = 0;
    for (const item of entries) {
      if (used + item.width > frame.width - 40 && rows.at(-1)!.length > 0) {
        rows.push([]);
        used = 0;
      }
      rows.at(-1)!.push(item);
      used += item.width + 18;
    }
    const height = rows.length * line + LEGEND_GAP;
    return {
      place: "top",
      width: 0,
      height,
      draw: ({ left, top }) =>
        rows
          .map((row, r) => {
            let x = left;
            const y = top - height + line / 2 + r * line;
            return row.map((item) => entry(item, (x += item.width + 18) - item.width - 18, y)).join("");
          })
          .join(""),
    };
  }
  const width = Math.max(...entries.map((item) => item.width));
  return {
    place: "right",
    width,
    height: entries.length * line,
    draw: ({ top, width: total }) =>
      entries.map((item, i) => entry(item, total - width - 16, top + line / 2 + i * line)).join(""),
  };
}

/** Where a coordinate of an annotation or a shape lies. */
function locate(value: unknown, ref: unknown, on: "x" | "y", panels: readonly Panel[], frame: Frame): number {
  const [from, to] = on === "x" ? [frame.left, frame.right] : [frame.bottom, frame.top];
  if (ref === "paper") return from + Number(value) * (to - from);
  const match = /^([xy]\d*)( domain)?$/.exec(String(ref ?? on));
  const axis = panels.map((panel) => panel[on]).find(({ id }) => id === (match?.[1] ?? on));
  if (!axis) return NaN;
  if (match?.[2]) return axis.pixels[0] + Number(value) * (axis.pixels[1] - axis.pixels[0]);
  // Plotly wants logarithms here on a log axis.
  return toPixel(axis, axis.type === "log" ? Number(value) : place(axis, value));
}

function annotationsOf(
  layout: Layout,
  panels: readonly Panel[],
  frame: Frame,
  font: { size: number; color: string },
): string {
  return list(layout["annotations"])
    .map((one) => {
      const note = record(one);
      if (note["visible"] === false || typeof note["text"] !== "string") return "";
      const tipX = locate(note["x"] ?? 0.5, note["xref"], "x", panels, frame) + Number(note["xshift"] ?? 0);
      const tipY = locate(note["y"] ?? 0.5, note["yref"], "y", panels, frame) - Number(note["yshift"] ?? 0);
      if (!Number.isFinite(tipX) || !Number.isFinite(tipY)) return "";
      const arrow = note["showarrow"] !== false;
      const x = tipX + (arrow ? Number(note["ax"] ?? -10) : 0);
      const y = tipY + (arrow ? Number(note["ay"] ?? -30) : 0);
      const size = fontSizeOf(note["font"], font.size);
      const fill = String(record(note["font"])["color"] ?? font.color);
      const xanchor = note["xanchor"] ?? "auto";
      const anchor = xanchor === "left" ? "start" : xanchor === "right" ? "end" : "middle";
      const yanchor = note["yanchor"] ?? "auto";
      const baseline = yanchor === "top" ? "top" : yanchor === "bottom" || (arrow && y < tipY) ? "bottom" : "middle";
      const text = drawText(note["text"], x, y, { size, fill, anchor, baseline });
      if (!arrow) return text;
      const line = { d: `M${px(x)},${px(y)}L${px(tipX)},${px(tipY)}`, stroke: String(note["arrowcolor"] ?? fill) };
      return element("path", line) + element("circle", { cx: tipX, cy: tipY, r: 2, fill: line.stroke }) + text;
    })
    .join("");
}

function shapesOf(layout: Layout, panel: Panel, layer: "below" | "above"): string {
  const frame = { width: 0, height: 0, left: 0, right: 0, top: 0, bottom: 0 };
  return list(layout["shapes"])
    .map(record)
    .filter(
      (shape) => (shape["layer"] ?? "above") === layer && String(shape["xref"] ?? "x").split(" ")[0] === panel.x.id,
    )
    .filter((shape) => String(shape["yref"] ?? "y").split(" ")[0] === panel.y.id)
    .map((shape) => {
      const [x0, x1] = [shape["x0"], shape["x1"]].map((value) => locate(value, shape["xref"], "x", [panel], frame)) as [
        number,
        number,
      ];
      const [y0, y1] = [shape["y0"], shape["y1"]].map((value) => locate(value, shape["yref"], "y", [panel], frame)) as [
        number,
        number,
      ];
      const line = record(shape["line"]);
      const dash = { dot: "1.5 3", dash: "6 4", dashdot: "6 3 1.5 3" }[String(line["dash"])];
      const stroke = {
        stroke: String(line["color"] ?? light.text),
        "stroke-width": Number(line["width"] ?? 2),
        "stroke-dasharray": dash,
      };
      if (shape["type"] === "line")
        return element("path", { d: `M${px(x0)},${px(y0)}L${px(x1)},${px(y1)}`, fill: "none", ...stroke });
      const rect = { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
      const opacity = typeof shape["opacity"] === "number" ? shape["opacity"] : undefined;
      return element("rect", { ...rect, fill: String(shape["fillcolor"] ?? "none"), opacity, ...stroke });
    })
    .join("");
}
