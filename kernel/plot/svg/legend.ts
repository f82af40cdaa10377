/** The legend: in lines above the panels or in a column beside them. */
import type { Layout } from "../plotly.ts";
import { drawText, textSize } from "./markup.ts";
import type { Frame, Panel } from "./panels.ts";
import { record } from "./traceKind.ts";

export interface Legend {
  place: "none" | "top" | "right";
  width: number;
  height: number;
  draw(frame: Frame): string;
}

const SWATCH_PX = 22;
export const LEGEND_LINE = 20;
export const LEGEND_GAP = 6;

export function legendOf(
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
