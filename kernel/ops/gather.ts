import { checkSource, checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { DTypeError, ShapeError } from "../tensor/errors.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { checkDim, contiguousStrides, sameShape, show, type Shape } from "../tensor/shape.ts";
import { copyElements, elements, empty, packed, type Tensor } from "../tensor/tensor.ts";
import { slice } from "./slice.ts";
import { to } from "./to.ts";

/** Visits the elements of `shape` row by row, giving their place in a contiguous tensor with `strides` without dim `dim`. */
function walk(shape: Shape, strides: readonly number[], dim: number, f: (k: number, base: number) => void): void {
  const index = new Array<number>(shape.length).fill(0);
  const size = shape.reduce((a, b) => a * b, 1);
  let base = 0;
  for (let k = 0; k < size; k++) {
    f(k, base);
    for (let d = shape.length - 1; d >= 0; d--) {
      const step = d === dim ? 0 : strides[d]!;
      base += step;
      if (++index[d]! < shape[d]!) break;
      base -= step * shape[d]!;
      index[d] = 0;
    }
  }
}

/** An index within 0 … size-1; negative ones are refused, as by PyTorch. */
export function checkIndex(who: string, index: number, size: number, dim: number): number {
  if (index >= 0 && index < size) return index;
  throw new ShapeError(
    `${who}: index ${index} is out of range for dim ${dim} of size ${size}; indices go from 0 to ${size - 1}.`,
  );
}

/** Refuses an index tensor of another dtype. */
export function checkIndices(who: string, index: unknown): Tensor {
  const x = checkTensor(who, "index", index);
  if (x.dtype !== "int32")
    throw new DTypeError(`${who}: the index must be an int32 tensor, got ${x.dtype}. Use index.to("int32").`);
  return x;
}

const pick: Op<{ readonly dim: number; readonly index: Tensor }> = defineOp({
  name: "gather",
  forward([x], { dim, index }) {
    const y = empty(index.shape, x!.dtype);
    // Copies first: asking for one array must not allocate while another is in use.
    const [places, values] = [packed(index), packed(x!)];
    const positions = elements(places);
    const from = elements(values);
    const to = y.storage.array();
    const strides = contiguousStrides(x!.shape);
    const size = x!.shape[dim] ?? 1;
    walk(index.shape, strides, dim, (k, base) => {
      const i = checkIndex("gather", positions.data[positions.start + k]!, size, dim);
      to[k] = from.data[from.start + base + i * (strides[dim] ?? 0)]!;
    });
    return y;
  },
  keep: (_y, _inputs, { index }) => [index],
  gradient: (g, { shapes: [shape], saved: [index], attributes: { dim } }) => [
    put([filled(shape!, 0, g.dtype), g], { dim, index: index! }),
  ],
});

/** A copy of x into which `write` puts each element of the source, at its place along the dim. */
export function scattered(
  who: string,
  x: Tensor,
  source: Tensor,
  dim: number,
  index: Tensor,
  write: (to: TypedArray, at: number, value: number) => void,
): Tensor {
  const y = empty(x.shape, x.dtype);
  copyElements(x, y.storage.array(), 0);
  // Copies first: asking for one array must not allocate while another is in use.
  const [places, values] = [packed(index), packed(source)];
  const positions = elements(places);
  const from = elements(values);
  const to = y.storage.array();
  const strides = contiguousStrides(y.shape);
  const size = y.shape[dim] ?? 1;
  walk(index.shape, strides, dim, (k, base) => {
    const i = checkIndex(who, positions.data[positions.start + k]!, size, dim);
    write(to, base + i * (strides[dim] ?? 0), from.data[from.start + k]!);
  });
  return y;
}

const put: Op<{ readonly dim: number; readonly index: Tensor }> = defineOp({
  name: "scatterAdd",
  forward([x, source], { dim, index }) {
    return scattered("scatterAdd", x!, source!, dim, index, (to, at, value) => void (to[at]! += value));
  },
  keep: (_y, _inputs, { index }) => [index],
  gradient: (g, { saved: [index], attributes: { dim } }) => [g, pick([g], { dim, index: index! })],
});

/** Refuses an index that does not fit; the dim, counted from 0. */
export function checkAlong(who: string, x: Tensor, dim: number, index: Tensor): number {
  checkTensor(who, "x", x);
  checkIndices(who, index);
  const d = checkDim(who, dim, x.ndim);
  if (index.ndim !== x.ndim || index.shape.some((n, i) => i !== d && n > x.shape[i]!)) {
    throw new ShapeError(
      `${who}: an index of shape ${show(index.shape)} does not fit ${show(x.shape)}: same number of dims, and no larger except in dim ${d}.`,
    );
  }
  return d;
}

/** The part of `source` that an index speaks of: its first places in every dim. */
export function cornerOf(who: string, source: Tensor, index: Tensor): Tensor {
  checkTensor(who, "source", source);
  if (sameShape(index.shape, source.shape)) return source;
  if (source.ndim !== index.ndim || index.shape.some((n, d) => n > source.shape[d]!)) {
    throw new ShapeError(
      `${who}: the source must be at least as large as the index in every dim: index ${show(index.shape)}, source ${show(source.shape)}.`,
    );
  }
  return slice(
    source,
    index.shape.map((n) => [0, n] as const),
  );
}

/**
 * Elements picked along a dim: y[i][j] = x[index[i][j]][j] for dim 0, x[i][index[i][j]] for dim 1. Shape: that of `index`.
 *
 * Gradient: each element of g is added where it was picked.
 */
export const gather = named("gather", (x: Tensor, dim: number, index: Tensor): Tensor => {
  const d = checkAlong("gather", x, dim, index);
  return pick([x], { dim: d, index });
});

/**
 * x with each element of `source` added at the place along `dim` that `index` names. The source
 * may be larger than the index; its first places count. Gradient by source: gather.
 */
export const scatterAdd = named("scatterAdd", (x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor => {
  const d = checkAlong("scatterAdd", x, dim, index);
  checkSource("scatterAdd", x, source);
  // True twice is true.
  if (x.dtype === "bool") return to(scatterAdd(to(x, "int32"), dim, index, to(source, "int32")), "bool");
  return put([x, cornerOf("scatterAdd", source, index)], { dim: d, index });
});
