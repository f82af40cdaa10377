import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { describe, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { lined } from "../tensor/reduce.ts";
import { checkDim, show } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { gather } from "./gather.ts";
import type { ValuesAndIndices } from "./max.ts";
import { squeeze } from "./reshape.ts";
import { narrow } from "./slice.ts";
import type { ReduceOptions } from "./sum.ts";

/** Runs of this length are sorted by insertion, which is faster for few elements. */
const RUN = 12;

/**
 * The positions of `values` in ascending (or descending) order. Equal values keep their order; NaN is the largest.
 *
 * Merge sort from the bottom up, O(n log n) whatever comes.
 */
export function positionsInOrder(values: ArrayLike<number>, descending = false): Int32Array {
  const count = values.length;
  let positions: Int32Array = new Int32Array(count);
  let keys: Float64Array = new Float64Array(count);
  // One comparison serves both directions: with the signs turned, NaN must come first instead of last.
  const sign = descending ? -1 : 1;
  const before = descending
    ? (a: number, b: number): boolean => a < b || (a !== a && b === b)
    : (a: number, b: number): boolean => a < b || (b !== b && a === a);
  for (let start = 0; start < count; start += RUN) {
    const end = Math.min(count, start + RUN);
    for (let i = start; i < end; i++) {
      const key = sign * values[i]!;
      let j = i;
      for (; j > start && before(key, keys[j - 1]!); j--) {
        keys[j] = keys[j - 1]!;
        positions[j] = positions[j - 1]!;
      }
      keys[j] = key;
      positions[j] = i;
    }
  }
  if (count <= RUN) return positions;
  let otherPositions: Int32Array = new Int32Array(count);
  let otherKeys: Float64Array = new Float64Array(count);
  for (let width = RUN; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      const middle = Math.min(count, start + width);
      const end = Math.min(count, start + 2 * width);
      for (let to = start, left = start, right = middle; to < end; to++) {
        const from = right >= end || (left < middle && !before(keys[right]!, keys[left]!)) ? left++ : right++;
        otherKeys[to] = keys[from]!;
        otherPositions[to] = positions[from]!;
      }
    }
    [keys, otherKeys] = [otherKeys, keys];
    [positions, otherPositions] = [otherPositions, positions];
  }
  return positions;
}

/**
 * The positions of the `k` first of `values` in that order, found without sorting the rest: a heap of the best so far,
 * the worst of them on top, so that most values cost one comparison.
 */
function heapOfFirst(values: ArrayLike<number>, k: number, descending: boolean): Int32Array {
  const heap = new Int32Array(k);
  const sign = descending ? -1 : 1;
  /** Whether position i comes after position j. */
  const after = (i: number, j: number): boolean => {
    const [a, b] = [sign * values[i]!, sign * values[j]!];
    if (a === b || (a !== a && b !== b)) return i > j;
    if (a !== a || b !== b) return (a !== a) !== descending;
    return a > b;
  };
  const sink = (at: number, position: number): void => {
    for (;;) {
      let child = 2 * at + 1;
      if (child >= k) break;
      if (child + 1 < k && after(heap[child + 1]!, heap[child]!)) child++;
      if (!after(heap[child]!, position)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = position;
  };
  for (let i = 0; i < k; i++) heap[i] = i;
  for (let i = (k >> 1) - 1; i >= 0; i--) sink(i, heap[i]!);
  for (let i = k; i < values.length; i++) if (after(heap[0]!, i)) sink(0, i);
  heap.sort();
  const order = positionsInOrder(
    Float64Array.from(heap, (i) => values[i]!),
    descending,
  );
  return order.map((i) => heap[i]!);
}

/** The positions of the `k` first of `values` in ascending (or descending) order, as positionsInOrder. */
export function firstInOrder(values: ArrayLike<number>, k: number, descending: boolean): Int32Array {
  // A heap pays only where few of many are wanted.
  if (k > 0 && k * 4 < values.length) return heapOfFirst(values, k, descending);
  return positionsInOrder(values, descending).subarray(0, k);
}

interface Order {
  readonly dim: number;
  readonly descending: boolean;
  /** Only so many of the first. */
  readonly first?: number;
}

const order: Op<Order> = defineOp({
  name: "argsort",
  forward([x], { dim, descending, first }) {
    const { source, outer, count, inner } = lined(x!, x!.ndim === 0 ? [] : [dim]);
    const kept = first ?? count;
    const y = empty(x!.ndim === 0 ? [] : x!.shape.with(dim, kept), "int32");
    const from = source.storage.array();
    const to = y.storage.array();
    const line = new Float64Array(count);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        for (let n = 0; n < count; n++) line[n] = from[source.offset + (o * count + n) * inner + i]!;
        const positions = firstInOrder(line, kept, descending);
        for (let n = 0; n < kept; n++) to[(o * kept + n) * inner + i] = positions[n]!;
      }
    }
    return y;
  },
  gradient: undefined,
});

export interface SortOptions {
  /** Largest first. Default false. */
  descending?: boolean;
  /** Equal elements keep their order. They always do; the option is PyTorch's. */
  stable?: boolean;
}

/** Positions along a dim (default the last) that sort the tensor; equal elements keep their order. int32, no gradient. */
export const argsort = named("argsort", (x: Tensor, dim = -1, options: SortOptions = {}): Tensor => {
  checkOptions("argsort", options, { descending: is.flag, stable: is.flag });
  const d = checkDim("argsort", dim, checkTensor("argsort", "x", x).ndim);
  return order([x], { dim: d, descending: options.descending ?? false });
});

/**
 * The elements along a dim (default the last) in order, and where they were. Equal ones keep their order; NaN is the
 * largest. Gradient: each element of g goes to where its element was.
 */
export const sort = named("sort", (x: Tensor, dim = -1, options: SortOptions = {}): ValuesAndIndices => {
  checkOptions("sort", options, { descending: is.flag, stable: is.flag });
  const d = checkDim("sort", dim, checkTensor("sort", "x", x).ndim);
  const indices = argsort(x, d, options);
  return { values: gather(x, d, indices), indices };
});

export interface TopkOptions {
  /** The largest (default) or the smallest elements. */
  largest?: boolean;
  /** In order. They always are; the option is PyTorch's. */
  sorted?: boolean;
}

function checkCount(who: string, k: number, x: Tensor, dim: number, least: number): void {
  const size = x.shape[dim] ?? 1;
  if (!Number.isInteger(k) || k < least || k > size) {
    throw new ShapeError(
      `${who}: k must be a whole number from ${least} to ${size}, the size of dim ${dim} of ${show(x.shape)}, got ${describe(k)}.`,
    );
  }
}

/**
 * The `k` largest (or smallest) elements along a dim (default the last), in order, and where they were; of equal ones
 * the first. Gradient: as sort.
 */
export const topk = named("topk", (x: Tensor, k: number, dim = -1, options: TopkOptions = {}): ValuesAndIndices => {
  checkOptions("topk", options, { largest: is.flag, sorted: is.flag });
  const d = checkDim("topk", dim, checkTensor("topk", "x", x).ndim);
  checkCount("topk", k, x, d, 0);
  const indices = order([x], { dim: d, descending: options.largest ?? true, ...(x.ndim === 0 ? {} : { first: k }) });
  return { values: gather(x, d, indices), indices };
});

/** The element that comes at place `at` of the order along a dim, and where it was. */
export function elementInOrder(
  x: Tensor,
  dim: number,
  at: number,
  { descending = false, keepdim = false }: { descending?: boolean; keepdim?: boolean },
): ValuesAndIndices {
  const indices = order([x], { dim, descending });
  const index = x.ndim === 0 ? indices : narrow(indices, dim, at, 1);
  const values = gather(x, dim, index);
  return keepdim || x.ndim === 0
    ? { values, indices: index }
    : { values: squeeze(values, dim), indices: squeeze(index, dim) };
}

/** The `k`-th smallest element (the first is k = 1) along a dim (default the last), and where it was. */
export const kthvalue = named(
  "kthvalue",
  (x: Tensor, k: number, dim = -1, options: ReduceOptions = {}): ValuesAndIndices => {
    checkOptions("kthvalue", options, { keepdim: is.flag });
    const d = checkDim("kthvalue", dim, checkTensor("kthvalue", "x", x).ndim);
    checkCount("kthvalue", k, x, d, 1);
    return elementInOrder(x, d, k - 1, options);
  },
);
