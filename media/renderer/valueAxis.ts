/**
 * Ranges of the vertical axes. They are ours and not Plotly's, because they grow in strides: at most frames the axes
 * hold still, and only the lines have to be drawn.
 */
import type { Curve } from "../../kernel/plot/live/curve.ts";
import type { Fan } from "../../kernel/plot/live/fan.ts";
import type { Layout } from "../../kernel/plot/plotly.ts";
import { ticks } from "../../kernel/plot/svg/axis.ts";

export type Span = [low: number, high: number];

/** Smallest and largest value of the curves, within `steps` where only some are shown. */
export function spanOfCurves(curves: readonly Curve[], steps: Span | undefined): Span {
  const span: Span = [Infinity, -Infinity];
  for (const curve of curves) {
    if (steps === undefined) {
      if (curve.min && curve.max) widen(span, curve.min.value, curve.max.value);
      continue;
    }
    curve.value.forEach((value, i) => {
      if (value !== null && within(curve.step[i]!, steps)) widen(span, value, value);
    });
  }
  return span;
}

export function spanOfFan({ q05, q95 }: Fan, at: readonly number[], steps: Span | undefined): Span {
  const span: Span = [Infinity, -Infinity];
  q05.forEach((low, i) => {
    if (low !== null && (steps === undefined || within(at[i]!, steps))) widen(span, low, q95[i]!);
  });
  return span;
}

/** From a round number below to a round number above; nothing where there are no values. */
export function linearAxis([low, high]: Span): Layout {
  if (low > high) return {};
  const spread = high - low || Math.abs(high) || 1;
  const round = 10 ** Math.floor(Math.log10(spread)) / 4;
  const margin = spread * 0.04;
  const bottom = Math.floor((low - margin) / round) * round;
  // What is never negative is not shown with room for it.
  return { "yaxis.range": [low >= 0 ? Math.max(0, bottom) : bottom, Math.ceil((high + margin) / round) * round] };
}

/**
 * From a quarter of a decade below to one above, with labels that can be read: Plotly writes 2 and 5 where 0.02 and
 * 0.05 are meant.
 */
export function logAxis([low, high]: Span, heightPx: number): Layout {
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

function within(step: number, [from, to]: Span): boolean {
  return step >= from && step <= to;
}

function widen(span: Span, low: number, high: number): void {
  if (low < span[0]) span[0] = low;
  if (high > span[1]) span[1] = high;
}
