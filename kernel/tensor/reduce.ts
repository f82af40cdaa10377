import type { DType, TypedArray } from "./dtype.ts";
import { sizeOf, type Shape } from "./shape.ts";
import { reduceKernels } from "../wasm/reduce.ts";
import { addressOf, empty, packed, view, type Tensor } from "./tensor.ts";

/** Reduces `count` elements, `step` apart from `start` on, to one number. */
export type Reducer = (data: TypedArray, start: number, count: number, step: number) => number;

/** The sum, in double precision. */
export const total: Reducer = (data, start, count, step) => {
  let sum = 0;
  for (let n = 0, i = start; n < count; n++, i += step) sum += data[i]!;
  return sum;
};

/** The shape after a reduction over `dims`. */
export function reducedShape(shape: Shape, dims: readonly number[], keepdim: boolean): Shape {
  return keepdim ? shape.map((n, d) => (dims.includes(d) ? 1 : n)) : shape.filter((_, d) => !dims.includes(d));
}

/** What the engine's kernels reduce float32 to, beside any function in JavaScript. */
export type Reduction = "sum" | "mean" | "max" | "min" | "argmax" | "argmin";

/**
 * Applies a reducer over `dims` (sorted). Every result is one left-to-right pass in JavaScript, whatever the layout; for
 * float32 and a `kind`, which says the same to a kernel, the order is that of wasm/reduce.ts.
 */
export function reduce(
  x: Tensor,
  dims: readonly number[],
  keepdim: boolean,
  dtype: DType,
  reducer: Reducer,
  kind?: Reduction,
): Tensor {
  const y = empty(reducedShape(x.shape, dims, keepdim), dtype);
  if (kind !== undefined && x.storage.dtype === "float32" && inWebAssembly(x, dims, y, kind)) return y;
  const { source, outer, count, inner } = lined(x, dims);
  const out = y.storage.array();
  const data = source.storage.array();
  for (let o = 0, k = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) out[k++] = reducer(data, source.offset + o * count * inner + i, count, inner);
  }
  return y;
}

/** Reduces float32 into `y` (float32, for positions int32), which lies row by row. False: this is for JavaScript. */
function inWebAssembly(x: Tensor, dims: readonly number[], y: Tensor, kind: Reduction): boolean {
  if (dims.length === 0 || sizeOf(x.shape) === 0) return false;
  const positions = kind === "argmax" || kind === "argmin";
  const last = dims[dims.length - 1]!;
  let from = dims.length - 1;
  while (from > 0 && dims[from - 1] === dims[from]! - 1) from--;
  if (from > 0) {
    if (positions) return false;
    // Dims apart from each other: first the last ones, which lie closest together.
    const part = empty(reducedShape(x.shape, dims.slice(from), true), "float32");
    if (!inWebAssembly(x, dims.slice(from), part, kind)) return false;
    return inWebAssembly(part, dims.slice(0, from), y, kind);
  }
  const first = dims[0]!;
  let outer = 1;
  for (let d = 0; d < first; d++) outer *= x.shape[d]!;
  let count = 1;
  for (let d = first; d <= last; d++) count *= x.shape[d]!;
  let inner = 1;
  for (let d = last + 1; d < x.shape.length; d++) inner *= x.shape[d]!;
  if (positions && inner > 1) return false;
  const source = packed(x);
  const from32 = addressOf(source);
  const to = addressOf(y);
  const kernels = reduceKernels();
  if (kind === "sum" || kind === "mean") {
    const divisor = kind === "mean" ? count : 1;
    if (inner === 1) kernels.sumRows(outer, count, from32, to, divisor);
    else kernels.sumColumns(outer, count, inner, from32, to, divisor);
  } else if (kind === "argmax" || kind === "argmin") kernels[`${kind}Rows`](outer, count, from32, to);
  else if (inner === 1) kernels[`${kind}Rows`](outer, count, from32, to);
  else kernels[`${kind}Columns`](outer, count, inner, from32, to);
  return true;
}

/**
 * The elements as [outer, count, inner], `count` running over `dims`: as they lie when the dims are neighbours,
 * otherwise a copy with the dims at the end.
 */
export function lined(
  x: Tensor,
  dims: readonly number[],
): { source: Tensor; outer: number; count: number; inner: number } {
  const product = (from: number, to: number): number => x.shape.slice(from, to).reduce((a, b) => a * b, 1);
  const first = dims[0] ?? 0;
  const after = first + dims.length;
  if (dims.length === 0 || dims.at(-1) === after - 1) {
    return { source: packed(x), outer: product(0, first), count: product(first, after), inner: product(after, x.ndim) };
  }
  const order = [...x.shape.keys()].filter((d) => !dims.includes(d));
  const count = dims.reduce((a, d) => a * x.shape[d]!, 1);
  const outer = order.reduce((a, d) => a * x.shape[d]!, 1);
  order.push(...dims);
  const moved = view(
    x,
    order.map((d) => x.shape[d]!),
    order.map((d) => x.strides[d]!),
  );
  return { source: packed(moved), outer, count, inner: 1 };
}
