import { named } from "../autograd/functions.ts";
import { gradMode } from "../autograd/mode.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { AutogradError } from "../tensor/errors.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { mul } from "./arithmetic.ts";
import { eq, lt } from "./compare.ts";
import { checkSquare, decompose, eachMatrix } from "./lu.ts";
import { any } from "./max.ts";
import { unsqueeze } from "./reshape.ts";
import { inverse } from "./solve.ts";
import { transpose } from "./transpose.ts";
import { where } from "./where.ts";

/** One number per matrix, from its LU decomposition. */
function perMatrix(a: Tensor, f: (lu: Float64Array, n: number, sign: number) => number): Tensor {
  const n = a.shape.at(-1)!;
  const y = empty(a.shape.slice(0, -2), a.dtype);
  const rows = new Int32Array(n);
  const values: number[] = [];
  eachMatrix(a, (matrix) => {
    const { sign } = decompose(matrix, n, rows);
    values.push(f(matrix, n, sign));
  });
  y.storage.array().set(values);
  return y;
}

/** A number per matrix, stretched over the matrices. */
const over = (g: Tensor): Tensor => unsqueeze(unsqueeze(g, -1), -1);

function product(lu: Float64Array, n: number, sign: number): number {
  let value = sign;
  for (let i = 0; i < n; i++) value *= lu[i * n + i]!;
  return value;
}

const determinant: Op<undefined> = defineOp({
  name: "det",
  forward: ([a]) => perMatrix(a!, product),
  keep: (y, [a]) => [a!, y],
  gradient(g, { saved: [a, y] }) {
    if (any(eq(y!, 0)).item() === 0) return [mul(over(mul(g, y!)), transpose(inverse(a!), -2, -1))];
    if (gradMode.enabled) {
      throw new AutogradError("det: the gradient at a singular matrix cannot be differentiated again.");
    }
    return [mul(over(g), cofactors(a!))];
  },
});

/** The derivative of each determinant by its elements, also of a singular matrix: signed determinants of the minors. */
function cofactors(a: Tensor): Tensor {
  const n = a.shape.at(-1)!;
  const y = empty(a.shape, a.dtype);
  const minor = new Float64Array((n - 1) * (n - 1));
  const rows = new Int32Array(n - 1);
  eachMatrix(a, (matrix, k) => {
    const out = y.storage.array();
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let at = 0;
        for (let r = 0; r < n; r++)
          for (let c = 0; c < n; c++) if (r !== i && c !== j) minor[at++] = matrix[r * n + c]!;
        const { sign } = decompose(minor, n - 1, rows);
        out[(k * n + i) * n + j] = product(minor, n - 1, (i + j) % 2 === 0 ? sign : -sign);
      }
    }
  });
  return y;
}

/** The determinant of each matrix a[…, n, n]. Gradient: det(a)·a⁻ᵀ, by minors where the matrix is singular. */
export const det = named("det", (a: Tensor): Tensor => {
  checkSquare("det", "a", a);
  return determinant([a], undefined);
});

const logarithm: Op<undefined> = defineOp({
  name: "slogdet",
  forward: ([a]) =>
    perMatrix(a!, (lu, n) => {
      let value = 0;
      for (let i = 0; i < n; i++) value += Math.log(Math.abs(lu[i * n + i]!));
      return value;
    }),
  keep: (_y, [a]) => [a!],
  gradient: (g, { saved: [a] }) => [mul(over(g), transpose(inverse(a!), -2, -1))],
});
const signs: Op<undefined> = defineOp({
  name: "slogdet",
  forward: ([a]) =>
    perMatrix(a!, (lu, n, sign) => {
      for (let i = 0; i < n; i++) sign *= Math.sign(lu[i * n + i]!);
      return sign;
    }),
  gradient: undefined,
});

/** Sign (−1, 0, 1) and logarithm of the size of each determinant, where the determinant itself would over- or underflow. */
export const slogdet = named("slogdet", (a: Tensor): { sign: Tensor; logabsdet: Tensor } => {
  checkSquare("slogdet", "a", a);
  return { sign: signs([a], undefined), logabsdet: logarithm([a], undefined) };
});

/** Logarithm of each determinant; NaN where that is negative. Gradient: a⁻ᵀ. */
export const logdet = named("logdet", (a: Tensor): Tensor => {
  checkSquare("logdet", "a", a);
  const { sign, logabsdet } = slogdet(a);
  return where(lt(sign, 0), NaN, logabsdet);
});
