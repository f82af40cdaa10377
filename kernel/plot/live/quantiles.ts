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

/** Room for numbers, and the same numbers as bits. */
export interface Scratch {
  /** Up to `EXACT_UP_TO` numbers, in full precision. */
  few: Float64Array;
  /** Any number of them. */
  many: Float32Array;
  bits: Uint32Array;
}

export function scratch(size: number): Scratch {
  const many = new Float32Array(size);
  return { few: new Float64Array(EXACT_UP_TO), many, bits: new Uint32Array(many.buffer) };
}

/** @param values is sorted in place. @returns null when there is none. */
export function exactQuantiles(values: Float64Array): Quantiles | null {
  const count = values.length;
  if (count === 0) return null;
  values.sort();
  return PROBABILITIES.map((p) => {
    const rank = p * (count - 1);
    const below = Math.floor(rank);
    const low = values[below]!;
    const high = values[Math.min(below + 1, count - 1)]!;
    return low + (high - low) * (rank - below);
  }) as Quantiles;
}

const BIN_SHIFT = 16;
const bins = new Uint32Array(1 << 15);
const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);
const FIRST_BIN = binOf(2 ** -126);
const FLOAT32_MAX = 3.4028234663852886e38;
const LAST_BIN = binOf(FLOAT32_MAX);

/** @param bits float32 numbers as bits; positive ones only. @returns null when there is none. */
export function histogramQuantiles(bits: Uint32Array): Quantiles | null {
  const count = bits.length;
  if (count === 0) return null;
  bins.fill(0);
  for (let i = 0; i < count; i++) bins[bits[i]! >>> BIN_SHIFT]!++;
  for (let bin = 0; bin < FIRST_BIN; bin++) {
    bins[FIRST_BIN]! += bins[bin]!;
    bins[bin] = 0;
  }
  for (let bin = LAST_BIN + 1; bin < bins.length; bin++) bins[LAST_BIN]! += bins[bin]!;
  let bin = FIRST_BIN;
  let before = 0;
  return PROBABILITIES.map((p) => {
    const rank = p * (count - 1);
    while (before + bins[bin]! <= rank) before += bins[bin++]!;
    const low = edge(bin);
    return low + (edge(bin + 1) - low) * Math.min(1, (rank - before + 0.5) / bins[bin]!);
  }) as Quantiles;
}

function binOf(value: number): number {
  asFloat[0] = value;
  return asBits[0]! >>> BIN_SHIFT;
}

function edge(bin: number): number {
  asBits[0] = bin << BIN_SHIFT;
  return Math.min(asFloat[0]!, FLOAT32_MAX);
}
