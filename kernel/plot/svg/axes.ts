/** Axes as drawn: lines, grid, ticks, labels and titles, and the room that they need. */
import { light } from "../palette.ts";
import type { Layout } from "../plotly.ts";
import { ticks, toPixel, type Axis, type Tick } from "./axis.ts";
import { drawText, element, fitted, LINE_HEIGHT, px, textSize, type TextStyle } from "./markup.ts";
import { boxOf, domain, type Panel } from "./panels.ts";
import { record } from "./traceKind.ts";

export function titleOf(layout: Layout): string | undefined {
  const title = layout["title"];
  const text = typeof title === "string" ? title : record(title)["text"];
  return typeof text === "string" && text !== "" ? text : undefined;
}

function axisTitleOf(axis: Axis): string | undefined {
  return titleOf(axis.options);
}

function labelled(axis: Axis): Tick[] {
  return axis.options["showticklabels"] === false || axis.options["visible"] === false ? [] : ticks(axis);
}

export function fontSizeOf(options: unknown, otherwise: number): number {
  return Number(record(options)["size"] ?? otherwise);
}

/** Pixels that a vertical axis at the left edge needs for its labels and its title. */
export function sideRoom(x: Axis, y: Axis): number {
  if (domain(x)[0] > 0.001) return 0;
  const size = fontSizeOf(y.options["tickfont"], 11);
  const labels = Math.max(0, ...labelled(y).map(({ label }) => textSize(label, size).width));
  return labels + 10 + (axisTitleOf(y) ? fontSizeOf(record(y.options["title"])["font"], 12) * LINE_HEIGHT + 6 : 0) + 8;
}

/** Pixels that a horizontal axis at the lower edge needs for its labels and its title. */
export function footRoom(x: Axis, y: Axis): number {
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

export function axesOf(panel: Panel, drawn: ReadonlySet<Axis>, font: { size: number; color: string }): string {
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
