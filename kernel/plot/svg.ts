/**
 * A Plotly figure as a static SVG, without a browser: visible on GitHub, in nbconvert, in a restricted workspace.
 *
 * It draws the traces in `svg/index.ts` on linear, logarithmic and category axes, with subplots, titles, legends,
 * annotations and straight shapes. What it cannot draw it says: a picture that leaves something out would be a lie.
 * The picture brings its own background, so it reads on a white and on a dark page alike.
 */
import { light } from "./palette.ts";
import type { Layout, PlotlyFigure, Trace } from "./plotly.ts";
import { axesOf, footRoom, sideRoom, titleOf } from "./svg/axes.ts";
import type { Axis } from "./svg/axis.ts";
import { unsupportedBarMode } from "./svg/bar.ts";
import { COLOR_BAR_SPACE } from "./svg/heatmap.ts";
import { traceKinds } from "./svg/index.ts";
import { LEGEND_GAP, LEGEND_LINE, legendOf } from "./svg/legend.ts";
import { drawText, element, fitted, px } from "./svg/markup.ts";
import { annotationsOf, shapesOf } from "./svg/notes.ts";
import { boxOf, panelsOf, setPixels, type Frame, type Panel } from "./svg/panels.ts";
import { list, record } from "./svg/traceKind.ts";

export interface SvgOptions {
  /** Pixels, where the layout does not say. */
  width?: number;
  height?: number;
  /** Without a border, for a page that draws its own. */
  bare?: boolean;
  /** Written into the picture, for who has to find it again. */
  id?: string;
}
/** Where a pair of axes lies in the picture, in pixels, and what is drawn on it. */
export interface PicturePanel {
  x: number;
  y: number;
  width: number;
  height: number;
  /** First and last value of the horizontal axis. */
  range: readonly [number, number];
  traces: readonly Trace[];
}
export type StaticPicture = { svg: string; panels: readonly PicturePanel[] } | { reason: string };

/** Fits into the outputs of JupyterLab in a window of 1280 pixels, which would cut off a wider picture. */
const WIDTH = 840;
const FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/** The picture, or what in the figure it could not draw. */
export function staticSvg(figure: PlotlyFigure, options: SvgOptions = {}): StaticPicture {
  const { width = WIDTH, height = 450 } = options;
  const layout = figure.layout;
  const traces = figure.data.filter((trace) => trace["visible"] !== false && trace["visible"] !== "legendonly");
  const reason = unsupported(traces, layout);
  if (reason !== undefined) return { reason };
  const panels = panelsOf(traces, layout);
  if ("reason" in panels) return panels;
  const size = { width: Number(layout["width"] ?? width), height: Number(layout["height"] ?? height) };
  const svg = draw(panels, layout, { ...options, ...size });
  return { svg, panels: panels.map(described) };
}

function described(panel: Panel): PicturePanel {
  return {
    ...boxOf(panel),
    range: panel.x.range,
    traces: panel.drawings.map(({ drawing }) => drawing.trace),
  };
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

type Drawn = SvgOptions & { width: number; height: number };

function draw(panels: readonly Panel[], layout: Layout, { width, height: least, bare, id }: Drawn): string {
  let height = least;
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
      stroke: bare ? undefined : light.border,
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
    "data-figure": id,
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
