/** The part of a live figure between two steps, so that the axes fit what is seen. */
import type { Curve } from "../../kernel/plot/live/curve.ts";
import type { Fan } from "../../kernel/plot/live/fan.ts";
import type { LiveState } from "../../kernel/plot/live/state.ts";

export function within(state: LiveState, [first, last]: readonly [number, number]): LiveState {
  const inside = (steps: readonly number[]): number[] => {
    const kept = [...steps.keys()].filter((i) => steps[i]! >= first && steps[i]! <= last);
    if (kept.length === 0) return [];
    // One more at each side: the line runs to the edge.
    return [kept[0]! - 1, ...kept, kept.at(-1)! + 1].filter((i) => i >= 0 && i < steps.length);
  };
  const curves = Object.fromEntries(
    Object.entries(state.curves).map(([name, curve]): [string, Curve] => {
      const at = inside(curve.step);
      const of = <T>(values: readonly T[]) => at.filter((i) => i < values.length).map((i) => values[i]!);
      return [name, { ...curve, step: of(curve.step), value: of(curve.value), smooth: of(curve.smooth) }];
    }),
  );
  const at = inside(state.observed.step);
  const part = (fan: Fan): Fan =>
    Object.fromEntries(Object.entries(fan).map(([key, values]) => [key, at.map((i) => values[i])])) as unknown as Fan;
  const parameters = state.parameters.map((p) => ({ ...p, update: part(p.update), rate: p.rate && part(p.rate) }));
  return {
    ...state,
    curves,
    parameters,
    observed: { ...state.observed, step: at.map((i) => state.observed.step[i]!) },
  };
}
