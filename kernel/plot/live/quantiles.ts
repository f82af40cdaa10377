/**
 * The 5, 25, 50, 75 and 95 % quantiles of positive numbers.
 *
 * Up to `EXACT_UP_TO` numbers: exact, linear between neighbours (NumPy's default, Hyndman & Fan type 7).
 * Beyond: counted in bins made of a float32's exponent and its first 7 bits, that is 128 bins per octave and 385 or
 * more per decade. Relative error at most 1/128 = 0.8 % for 1.2e-38 … 3.4e38; outside, values count as that bound's.
 */
export const EXACT_UP_TO = 4096;
export const HISTOGRAM_ERROR = 1 / 128;

const PROBABILITIES = [0.05, 0.25, 0.5, 0.75, 0.95] as const;
export type Quantiles = [number, number, number, number, number];

/** @param values the first `count` are used, and may be reordered. @returns null when there is none. */
export function quantiles(values: Float64Array, count: number): Quantiles | null {
  if (count === 0) return null;
  return count <= EXACT_UP_TO ? exactQuantiles(values, count) : histogramQuantiles(values, count);
}

function exactQuantiles(values: Float64Array, count: number): Quantiles {
  const sorted = values.subarray(0, count).sort();
  return PROBABILITIES.map((p) => {
    const rank = p * (count - 1);
    const below = Math.floor(rank);
    const low = sorted[below]!;
    const high = sorted[Math.min(below + 1, count - 1)]!;
    return low + (high - low) * (rank - below);
  }) as Quantiles;
}

const BIN_SHIFT = 16;
const bins = new Uint32Array(1 << 15);
const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);
const FLOAT32_MIN = 2 ** -126;
const FLOAT32_MAX = 3.4028234663852886e38;

function histogramQuantiles(values: Float64Array, count: number): Quantiles {
  bins.fill(0);
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    asFloat[0] = value > FLOAT32_MIN ? (value < FLOAT32_MAX ? value : FLOAT32_MAX) : FLOAT32_MIN;
    bins[asBits[0]! >>> BIN_SHIFT]!++;
  }
  let bin = 0;
  let before = 0;
  return PROBABILITIES.map((p) => {
    const rank = p * (count - 1);
    while (before + bins[bin]! <= rank) before += bins[bin++]!;
    const low = edge(bin);
    return low + (edge(bin + 1) - low) * Math.min(1, (rank - before + 0.5) / bins[bin]!);
  }) as Quantiles;
}

function edge(bin: number): number {
  asBits[0] = bin << BIN_SHIFT;
  return Math.min(asFloat[0]!, FLOAT32_MAX);
}
