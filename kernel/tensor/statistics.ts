import { sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** What a person wants to know of many numbers. */
export interface Statistics {
  /** Elements of the tensor, and how many of them were looked at: fewer when there are very many. */
  readonly size: number;
  readonly sampled: number;
  readonly nan: number;
  readonly infinite: number;
  readonly zeros: number;
  /** Of the finite elements; NaN when there are none. `std` is the sample's, as PyTorch's, and NaN for one element. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  /** How many finite elements fall into each of `BINS` equal parts of min … max. */
  readonly histogram: readonly number[];
}

export const BINS = 32;
/** More elements than this are looked at in even steps: 10 ms at most. */
const MOST = 1 << 20;
/** The same where the place of each element has to be computed. */
const MOST_STRIDED = 1 << 17;

/**
 * Minimum, maximum, mean, standard deviation and histogram, in double precision. Sums are of differences from the first
 * finite element, so that a large mean does not swallow a small deviation. `most`: how many elements may be looked at.
 */
export function statistics(x: Tensor, most = MOST): Statistics {
  const size = sizeOf(x.shape);
  const data = x.storage.array();
  const step = stepFor(size, x.isPacked ? most : Math.min(most, MOST_STRIDED), x.shape);
  const sampled = Math.ceil(size / step);
  const at = locator(x);
  let [nan, infinite, zeros, finite, min, max, sum, squares] = [0, 0, 0, 0, Infinity, -Infinity, 0, 0];
  let first = 0;
  for (let i = 0; i < size; i += step) {
    const v = data[at(i)]!;
    if (Number.isNaN(v)) nan++;
    else if (v === Infinity || v === -Infinity) infinite++;
    else {
      if (finite++ === 0) first = v;
      if (v === 0) zeros++;
      const d = v - first;
      sum += d;
      squares += d * d;
      if (v < min) min = v;
      if (v > max) max = v;
    }
  }
  const histogram = new Array<number>(BINS).fill(0);
  // Halved: max − min may be more than a number can hold.
  const width = max > min ? max / 2 - min / 2 : 1;
  for (let i = 0; finite > 0 && i < size; i += step) {
    const v = data[at(i)]!;
    if (Number.isFinite(v)) histogram[Math.min(BINS - 1, Math.floor(((v / 2 - min / 2) / width) * BINS))]!++;
  }
  const variance = (squares - (sum * sum) / finite) / (finite - 1);
  return {
    size,
    sampled,
    nan,
    infinite,
    zeros,
    min: finite > 0 ? min : NaN,
    max: finite > 0 ? max : NaN,
    mean: finite > 0 ? first + sum / finite : NaN,
    std: finite > 1 ? Math.sqrt(Math.max(0, variance)) : NaN,
    histogram,
  };
}

/** With no factor in common with the length of a row: else only some columns would be seen. */
function stepFor(size: number, most: number, shape: readonly number[]): number {
  let step = Math.max(1, Math.ceil(size / most));
  if (step > 1 && shape.length > 1) while (divisor(step, shape.at(-1)!) > 1) step++;
  return step;
}
const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** Where the i-th element, row by row, is in the storage. */
export function locator({ shape, strides, offset, isPacked }: Tensor): (i: number) => number {
  if (isPacked) return (i) => offset + i;
  return (i) => {
    let at = offset;
    for (let d = shape.length - 1; d >= 0; d--) {
      const n = shape[d]!;
      at += (i % n) * strides[d]!;
      i = Math.floor(i / n);
    }
    return at;
  };
}
