import { checkTensor } from "../autograd/functions.ts";
import { isFloating } from "../tensor/dtype.ts";
import { DTypeError, ShapeError } from "../tensor/errors.ts";
import { show, type Shape } from "../tensor/shape.ts";
import { elements, type Tensor } from "../tensor/tensor.ts";

/** A matrix that cannot be inverted or decomposed. */
export class LinAlgError extends Error {
  override name = "LinAlgError";
}

/** Refuses what is not a stack of square matrices; their size. */
export function checkSquare(who: string, argument: string, x: Tensor): number {
  checkMatrices(who, argument, x);
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  if (rows !== columns) {
    throw new ShapeError(`${who}: ${argument} must be square, […, n, n], got ${show(x.shape)}.`);
  }
  return rows;
}

/** Refuses what is not a stack of matrices of a floating dtype. */
export function checkMatrices(who: string, argument: string, x: Tensor): void {
  if (checkTensor(who, argument, x).ndim < 2) {
    throw new ShapeError(`${who}: ${argument} must be a matrix or a stack of them, got ${show(x.shape)}.`);
  }
  if (!isFloating(x.dtype)) {
    throw new DTypeError(`${who}: ${argument} must be float32 or float64, got ${x.dtype}. Use x.to("float32").`);
  }
}

/** " of matrix [2, 0]" for one of a stack, nothing for a single matrix. */
export function inStack(batch: Shape, k: number): string {
  if (batch.length === 0) return "";
  const index: number[] = [];
  for (let d = batch.length - 1, rest = k; d >= 0; d--) {
    index.unshift(rest % batch[d]!);
    rest = Math.floor(rest / batch[d]!);
  }
  return ` (matrix [${index.join(", ")}] of the stack)`;
}

/** Calls `f` with each matrix of a stack, copied in double precision; it may overwrite the copy. */
export function eachMatrix(x: Tensor, f: (matrix: Float64Array, k: number) => void): void {
  const size = x.shape.at(-2)! * x.shape.at(-1)!;
  const count = x.shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const { data, start } = elements(x);
  const matrix = new Float64Array(size);
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < size; i++) matrix[i] = data[start + k * size + i]!;
    f(matrix, k);
  }
}

/**
 * P·A = L·U by Gaussian elimination with row pivots, in place: U on and above the diagonal, L (ones on its diagonal)
 * below. `rows[i]` is the row of A that came to place i.
 *
 * @returns the sign of the permutation, and the first column without a pivot (−1 if there is none).
 */
export function decompose(a: Float64Array, n: number, rows: Int32Array): { sign: number; singular: number } {
  let sign = 1;
  let singular = -1;
  for (let i = 0; i < n; i++) rows[i] = i;
  for (let c = 0; c < n; c++) {
    let best = c;
    for (let i = c + 1; i < n; i++) if (Math.abs(a[i * n + c]!) > Math.abs(a[best * n + c]!)) best = i;
    if (a[best * n + c] === 0) {
      if (singular < 0) singular = c;
      continue;
    }
    if (best !== c) {
      sign = -sign;
      [rows[c], rows[best]] = [rows[best]!, rows[c]!];
      for (let j = 0; j < n; j++) {
        const held = a[c * n + j]!;
        a[c * n + j] = a[best * n + j]!;
        a[best * n + j] = held;
      }
    }
    const pivot = a[c * n + c]!;
    for (let i = c + 1; i < n; i++) {
      const factor = (a[i * n + c]! /= pivot);
      if (factor === 0) continue;
      for (let j = c + 1; j < n; j++) a[i * n + j]! -= factor * a[c * n + j]!;
    }
  }
  return { sign, singular };
}
