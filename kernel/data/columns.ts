/** Tensors of samples, row by row, seen by column: what the scalers share. */
import { fromFlat } from "../tensor/create.ts";
import { isFloating } from "../tensor/dtype.ts";
import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { show } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** `x` as [n, features] with at least one row, or an error in the name of `who`. */
export function checkTable(who: string, x: unknown, features?: number): asserts x is Tensor {
  if (!(x instanceof Tensor)) throw new OptionError(`${who}: needs a tensor [n, features], got ${describe(x)}.`);
  if (x.ndim !== 2) {
    const hint = x.ndim === 1 ? "x.reshape(-1, 1) is one feature" : "x.reshape(n, -1) makes every element a feature";
    throw new ShapeError(`${who}: needs a tensor [n, features], got ${show(x.shape)}; ${hint}.`);
  }
  if (x.shape[0] === 0) throw new ShapeError(`${who}: ${show(x.shape)} has no samples; at least one is needed.`);
  if (features !== undefined && x.shape[1] !== features)
    throw new ShapeError(`${who}: ${show(x.shape)} has ${x.shape[1]} features, the scaler was fitted to ${features}.`);
}

/** f(value, column) of every element; float64 stays, all other dtypes become float32. */
export function mapColumns(x: Tensor, f: (value: number, column: number) => number): Tensor {
  const width = x.shape[1]!;
  const from = x.toTypedArray();
  const to = new Float64Array(from.length);
  for (let i = 0; i < from.length; i++) to[i] = f(from[i]!, i % width);
  return fromFlat(to, x.shape, isFloating(x.dtype) ? x.dtype : "float32");
}

/** The elements of each column that are numbers: NaN stands for what is missing. */
export function* columnsOf(x: Tensor): Generator<number[]> {
  const [n, width] = x.shape as [number, number];
  const elements = x.toTypedArray();
  for (let column = 0; column < width; column++) {
    const values: number[] = [];
    for (let row = 0; row < n; row++) {
      const value = elements[row * width + column]!;
      if (!Number.isNaN(value)) values.push(value);
    }
    yield values;
  }
}

/** A float64 tensor [features]. */
export const vector = (values: readonly number[]): Tensor => fromFlat(values, [values.length], "float64");
