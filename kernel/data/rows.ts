/** Rows of tensors: the samples of a batch. No gradient goes through these. */
import { show, type Shape } from "../tensor/shape.ts";
import { ShapeError } from "../tensor/errors.ts";
import { empty, packed, type Tensor } from "../tensor/tensor.ts";

const rowSize = (shape: Shape) => shape.slice(1).reduce((product, n) => product * n, 1);

/** Rows `indices` of x [n, …] → [k, …]. `x` lies row by row. */
export function takeRows(x: Tensor, indices: Int32Array): Tensor {
  const size = rowSize(x.shape);
  const result = empty([indices.length, ...x.shape.slice(1)], x.dtype);
  // After the allocation, which may move every array.
  const [from, to] = [x.storage.array(), result.storage.array()];
  indices.forEach((index, k) => {
    const start = x.offset + index * size;
    to.set(from.subarray(start, start + size), result.offset + k * size);
  });
  return result;
}

/** Row r of part p goes to place `places[p][r]` of the result [k, …]. */
export function joinRows(who: string, parts: readonly Tensor[], places: readonly ArrayLike<number>[]): Tensor {
  const rows = parts.map(packed);
  const first = rows[0]!;
  const count = places.reduce((sum, list) => sum + list.length, 0);
  const result = empty([count, ...first.shape.slice(1)], first.dtype);
  const size = rowSize(first.shape);
  rows.forEach((x, p) => {
    if (
      x.dtype !== first.dtype ||
      rowSize(x.shape) !== size ||
      x.ndim !== first.ndim ||
      x.shape[0] !== places[p]!.length
    ) {
      throw new ShapeError(
        `${who}: samples of ${first.dtype} ${show(first.shape.slice(1))} and of ${x.dtype} ${show(x.shape.slice(1))} do not go into one tensor.`,
      );
    }
    const [from, to] = [x.storage.array(), result.storage.array()];
    for (let r = 0; r < places[p]!.length; r++) {
      const start = x.offset + r * size;
      to.set(from.subarray(start, start + size), result.offset + places[p]![r]! * size);
    }
  });
  return result;
}

/** k tensors of one shape […] and dtype → [k, …]. */
export function stackRows(who: string, samples: readonly Tensor[]): Tensor {
  const rows = samples.map(packed);
  const first = rows[0]!;
  const size = rowSize([1, ...first.shape]);
  const result = empty([rows.length, ...first.shape], first.dtype);
  rows.forEach((x, k) => {
    if (x.dtype !== first.dtype || show(x.shape) !== show(first.shape)) {
      throw new ShapeError(
        `${who}: sample 0 of the batch is ${first.dtype} ${show(first.shape)}, sample ${k} is ${x.dtype} ${show(x.shape)}; ` +
          `they do not go into one tensor. Make them equal, or give the loader a collate function.`,
      );
    }
    result.storage.array().set(x.storage.array().subarray(x.offset, x.offset + size), result.offset + k * size);
  });
  return result;
}
