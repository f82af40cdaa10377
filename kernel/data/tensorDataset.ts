import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { show } from "../tensor/shape.ts";
import { packed, Tensor } from "../tensor/tensor.ts";
import { checkIndices, type Dataset } from "./dataset.ts";
import { takeRows } from "./rows.ts";

/**
 * Samples along the first dim of tensors: sample i of `new data.TensorDataset(x, y)` is row i of x with row i of y.
 *
 * Shapes: x [n, …], y [n, …] → `batch` of k indices: [k, …] each, dtypes kept. The tensors are looked at, not copied; no
 * gradient flows back to them.
 *
 * ```ts
 * const dataset = new data.TensorDataset(tensor([[1, 2], [3, 4], [5, 6]]), tensor([10, 20, 30]));
 * dataset.length // → 3
 * dataset.batch(Int32Array.of(2, 0)).map((x) => x.toArray()) // → [[[5, 6], [1, 2]], [30, 10]]
 * ```
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
    checkIndices("TensorDataset", indices, this.length);
    return this.rows.map((x) => takeRows(x, indices)) as { [K in keyof T]: Tensor };
  }
}
