const FACTORS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** Where the axis of a growing run ends: the next round number of steps after `high`, counted from `low`. */
export function upperStep(low: number, high: number): number {
  const span = high - low;
  const power = 10 ** Math.floor(Math.log10(span));
  const factor = FACTORS.find((f) => f * power >= span * (1 - 1e-12)) ?? 10;
  return low + factor * power;
}
