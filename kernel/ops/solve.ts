import { expandTo } from "../autograd/broadcast.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { resultType } from "../tensor/dtype.ts";
import { ShapeError } from "../tensor/errors.ts";
import { broadcastShapes, sameShape, show, type Shape } from "../tensor/shape.ts";
import { elements, empty, packed, type Tensor } from "../tensor/tensor.ts";
import { neg } from "./arithmetic.ts";
import { checkMatrices, checkSquare, decompose, eachMatrix, inStack, LinAlgError } from "./lu.ts";
import { matmul } from "./matmul.ts";
import { squeeze, unsqueeze } from "./reshape.ts";
import { to } from "./to.ts";
import { transpose } from "./transpose.ts";

/**
 * Solves L·U·x = b in place for `columns` right sides at once, the rows of `x` holding b in the order of the pivots. The
 * inner loop runs along a row, so that its sums do not wait for each other.
 */
function substitute(lu: Float64Array, n: number, x: Float64Array, columns: number): void {
  const subtract = (i: number, j: number): void => {
    const factor = lu[i * n + j]!;
    if (factor === 0) return;
    for (let c = 0, to = i * columns, from = j * columns; c < columns; c++) x[to++]! -= factor * x[from++]!;
  };
  for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) subtract(i, j);
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) subtract(i, j);
    const pivot = lu[i * n + i]!;
    for (let c = 0; c < columns; c++) x[i * columns + c]! /= pivot;
  }
}

function checkRegular(who: string, singular: number, n: number, batch: Shape, k: number): void {
  if (singular < 0) return;
  throw new LinAlgError(
    `${who}: the matrix is singular, it has no pivot in column ${singular}${inStack(batch, k)}. ` +
      `If that is only rounding, add a small multiple of eye(${n}).`,
  );
}

const divide: Op<undefined> = defineOp({
  name: "solve",
  forward([a, b]) {
    const n = a!.shape.at(-1)!;
    const columns = b!.shape.at(-1)!;
    const batch = a!.shape.slice(0, -2);
    const x = empty(b!.shape, b!.dtype);
    const matrices = packed(a!);
    const right = elements(b!);
    const rows = new Int32Array(n);
    const solution = new Float64Array(n * columns);
    eachMatrix(matrices, (matrix, k) => {
      checkRegular("solve", decompose(matrix, n, rows).singular, n, batch, k);
      const base = k * n * columns;
      for (let i = 0; i < n; i++) {
        const from = right.start + base + rows[i]! * columns;
        for (let c = 0; c < columns; c++) solution[i * columns + c] = right.data[from + c]!;
      }
      substitute(matrix, n, solution, columns);
      x.storage.array().set(solution, base);
    });
    return x;
  },
  keep: (x, [a]) => [a!, x],
  gradient(g, { saved: [a, x], needs }) {
    const right = divide([transpose(a!, -2, -1), g], undefined);
    return [needs[0] ? neg(matmul(right, transpose(x!, -2, -1))) : undefined, right];
  },
});

/**
 * The x of a·x = b: a[…, n, n], b[…, n, k] or [n] (or […, n], as many as a has matrices) → as b; leading dims broadcast.
 *
 * By LU decomposition with row pivots in double precision. Gradient: ∂b = a⁻ᵀ·g, ∂a = −∂b·xᵀ. A singular matrix is a
 * LinAlgError.
 */
export const solve = named("solve", (a: Tensor, b: Tensor): Tensor => {
  const n = checkSquare("solve", "a", a);
  checkTensor("solve", "b", b);
  const vector = b.ndim === 1 || (b.ndim === a.ndim - 1 && sameShape(b.shape, a.shape.slice(0, -1)));
  const right = vector ? unsqueeze(b, -1) : b;
  checkMatrices("solve", "b", right);
  if (right.shape.at(-2) !== n) {
    throw new ShapeError(
      `solve: a ${show(a.shape)} needs a b with ${n} rows, […, ${n}, k] or [${n}], got ${show(b.shape)}.`,
    );
  }
  const batch = broadcastShapes("solve", a.shape.slice(0, -2), right.shape.slice(0, -2));
  const dtype = resultType(a, b);
  const x = divide(
    [to(expandTo(a, [...batch, n, n]), dtype), to(expandTo(right, [...batch, ...right.shape.slice(-2)]), dtype)],
    undefined,
  );
  return vector ? squeeze(x, -1) : x;
});

const invert: Op<undefined> = defineOp({
  name: "inverse",
  forward([a]) {
    const n = a!.shape.at(-1)!;
    const batch = a!.shape.slice(0, -2);
    const y = empty(a!.shape, a!.dtype);
    const rows = new Int32Array(n);
    const solution = new Float64Array(n * n);
    eachMatrix(a!, (matrix, k) => {
      checkRegular("inverse", decompose(matrix, n, rows).singular, n, batch, k);
      solution.fill(0);
      for (let i = 0; i < n; i++) solution[i * n + rows[i]!] = 1;
      substitute(matrix, n, solution, n);
      y.storage.array().set(solution, k * n * n);
    });
    return y;
  },
  keep: (y) => [y],
  gradient(g, { saved: [y] }) {
    const turned = transpose(y!, -2, -1);
    return [neg(matmul(matmul(turned, g), turned))];
  },
});

/** The inverse of each matrix a[…, n, n]. Gradient: −a⁻ᵀ·g·a⁻ᵀ. A singular matrix is a LinAlgError. */
export const inverse = named("inverse", (a: Tensor): Tensor => {
  checkSquare("inverse", "a", a);
  return invert([a], undefined);
});
