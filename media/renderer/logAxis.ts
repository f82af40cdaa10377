/** A logarithmic axis with labels that can be read: Plotly writes 2 and 5 where 0.02 and 0.05 are meant. */
import type { Layout } from "../../kernel/plot/plotly.ts";
import { ticks } from "../../kernel/plot/svg/axis.ts";

/**
 * Range and ticks for values from `low` to `high`, on `heightPx` pixels; an empty object when there are none above zero.
 * The range grows by quarters of a decade, so that it holds still at most frames.
 */
export function logAxis(low: number, high: number, heightPx: number): Layout {
  if (!(low > 0 && high >= low && high < Infinity)) return {};
  const bottom = Math.floor(Math.log10(low) * 4 - 0.2) / 4;
  const top = Math.ceil(Math.log10(high) * 4 + 0.2) / 4;
  const axis = { id: "y", horizontal: false, type: "log", options: {}, categories: [] } as const;
  const shown = ticks({ ...axis, categories: [], range: [bottom, top], pixels: [heightPx, 0] });
  return {
    "yaxis.range": [bottom, top],
    "yaxis.tickvals": shown.map(({ at }) => 10 ** at),
    "yaxis.ticktext": shown.map(({ label }) => label),
  };
}
