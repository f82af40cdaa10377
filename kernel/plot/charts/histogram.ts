import { figure, type Figure } from "../figure.ts";
import { grouped } from "../number.ts";
import { light } from "../palette.ts";
import { checkOptions } from "../runs.ts";
import { axisTitle, sheet } from "../sheet.ts";

/**
 * How often values fall into `bins` intervals of equal width. NaN and ±Infinity are counted in the title, not drawn.
 *
 * `values`: numbers, a typed array, or a tensor of any shape.
 */
export function histogram(
  values: ArrayLike<number> | { toTypedArray(): ArrayLike<number> },
  options: { bins?: number; title?: string; label?: string } = {},
): Figure {
  checkOptions("plot.histogram", options, ["bins", "title", "label"]);
  const { bins = 40, title = "Histogram", label = "value" } = options;
  if (!Number.isInteger(bins) || bins < 1)
    throw new RangeError(`plot.histogram: bins must be a whole number ≥ 1, got ${bins}.`);
  const all = Array.from("toTypedArray" in values ? values.toTypedArray() : values);
  const numbers = all.filter(Number.isFinite);
  const low = numbers.reduce((a, b) => Math.min(a, b), Infinity);
  const high = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
  const width = (high - low) / bins || 1;
  const counts = new Array<number>(bins).fill(0);
  // The largest value belongs to the last interval, which is closed on both sides.
  for (const value of numbers) counts[Math.min(bins - 1, Math.floor((value - low) / width))]!++;
  const omitted = all.length - numbers.length;
  const panel = {
    traces: [
      {
        type: "bar",
        x: numbers.length === 0 ? [] : counts.map((_, i) => low + (i + 0.5) * width),
        y: counts,
        marker: { color: light.series[0] },
        hovertemplate: `${label} %{x:.4~g}: %{y}<extra></extra>`,
      },
    ],
    xaxis: { title: axisTitle(label) },
    yaxis: { title: axisTitle("count") },
  };
  const whole = omitted > 0 ? `${title} (${grouped(omitted)} of ${grouped(all.length)} not finite, left out)` : title;
  const { data, layout } = sheet([{ heightPx: 260, panels: [panel] }], { title: whole });
  return figure(data, { ...layout, bargap: 0.05, hovermode: "closest" });
}
