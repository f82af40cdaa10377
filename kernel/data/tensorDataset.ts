import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { show } from "../tensor/shape.ts";
import { empty, packed, Tensor } from "../tensor/tensor.ts";

/** Samples that can be had in batches: what a `DataLoader` needs. */
export interface Dataset<Batch> {
  /** Number of samples. */
  readonly length: number;
  /** The samples at `indices`, in that order. */
  batch(indices: Int32Array): Batch;
}

/**
 * Samples along the first dim of tensors: sample i of `new data.TensorDataset(x, y)` is row i of x with row i of y.
 *
 * Shapes: x [n, …], y [n, …] → `batch` of k indices: [k, …] each, dtypes kept. The tensors are looked at, not copied; no
 * gradient flows back to them.
 */
export class TensorDataset<T extends readonly Tensor[]> implements Dataset<{ [K in keyof T]: Tensor }> {
  readonly tensors: T;
  readonly length: number;
  private readonly rows: readonly Tensor[];

  constructor(...tensors: T) {
    const stranger = tensors.find((x) => !(x instanceof Tensor));
    if (tensors.length === 0 || stranger !== undefined) {
      const got = tensors.length === 0 ? "nothing" : describe(stranger);
      throw new OptionError(`TensorDataset: needs tensors, like new data.TensorDataset(images, labels); got ${got}.`);
    }
    const n = tensors[0]!.shape[0];
    if (n === undefined || tensors.some((x) => x.shape[0] !== n)) {
      const shapes = tensors.map((x) => show(x.shape)).join(", ");
      throw new ShapeError(`TensorDataset: ${shapes}: the first sizes must be equal, one row for each sample.`);
    }
    this.tensors = tensors;
    this.length = n;
    this.rows = tensors.map(packed);
  }

  batch(indices: Int32Array): { [K in keyof T]: Tensor } {
    for (const i of indices) {
      if (i < 0 || i >= this.length) {
        throw new RangeError(`TensorDataset: there is no sample ${i}; they are numbered 0 … ${this.length - 1}.`);
      }
    }
    return this.rows.map((x) => takeRows(x, indices)) as { [K in keyof T]: Tensor };
  }
}

function takeRows(x: Tensor, indices: Int32Array): Tensor {
  const size = x.shape.slice(1).reduce((product, n) => product * n, 1);
  const result = empty([indices.length, ...x.shape.slice(1)], x.dtype);
  // After the allocation, which may move every array.
  const [from, to] = [x.storage.array(), result.storage.array()];
  indices.forEach((index, k) => {
    const start = x.offset + index * size;
    to.set(from.subarray(start, start + size), k * size);
  });
  return result;
}
