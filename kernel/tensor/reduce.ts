import type { DType, TypedArray } from "./dtype.ts";
import type { Shape } from "./shape.ts";
import { empty, packed, view, type Tensor } from "./tensor.ts";

/** Reduces `count` elements, `step` apart from `start` on, to one number. */
export type Reducer = (data: TypedArray, start: number, count: number, step: number) => number;

/** The shape after a reduction over `dims`. */
export function reducedShape(shape: Shape, dims: readonly number[], keepdim: boolean): Shape {
  return keepdim ? shape.map((n, d) => (dims.includes(d) ? 1 : n)) : shape.filter((_, d) => !dims.includes(d));
}

/** Applies a reducer over `dims` (sorted). Every result is one left-to-right pass, whatever the layout. */
export function reduce(x: Tensor, dims: readonly number[], keepdim: boolean, dtype: DType, reducer: Reducer): Tensor {
  const y = empty(reducedShape(x.shape, dims, keepdim), dtype);
  const { source, outer, count, inner } = lined(x, dims);
  const out = y.storage.array();
  const data = source.storage.array();
  for (let o = 0, k = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) out[k++] = reducer(data, source.offset + o * count * inner + i, count, inner);
  }
  return y;
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
