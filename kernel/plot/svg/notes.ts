/** Annotations and shapes: what the layout draws besides the traces. */
import { light } from "../palette.ts";
import type { Layout } from "../plotly.ts";
import { fontSizeOf } from "./axes.ts";
import { place, toPixel } from "./axis.ts";
import { drawText, element, px } from "./markup.ts";
import type { Frame, Panel } from "./panels.ts";
import { list, record } from "./traceKind.ts";

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

export function annotationsOf(
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

export function shapesOf(layout: Layout, panel: Panel, layer: "below" | "above"): string {
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
