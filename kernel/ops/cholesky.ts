import { named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { eye } from "../tensor/create.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { checkSquare, eachMatrix, inStack, LinAlgError } from "./lu.ts";
import { matmul } from "./matmul.ts";
import { transpose } from "./transpose.ts";
import { tril } from "./triangle.ts";
import { solveTriangular } from "./triangular.ts";

const factor: Op<undefined> = defineOp({
  name: "cholesky",
  forward([a]) {
    const n = a!.shape.at(-1)!;
    const batch = a!.shape.slice(0, -2);
    const y = empty(a!.shape, a!.dtype);
    eachMatrix(a!, (matrix, k) => {
      const out = y.storage.array();
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          let sum = matrix[i * n + j]!;
          for (let m = 0; m < j; m++) sum -= matrix[i * n + m]! * matrix[j * n + m]!;
          if (i === j && !(sum > 0)) {
            throw new LinAlgError(
              `cholesky: the matrix is not positive definite: its leading ${i + 1} × ${i + 1} part has no positive pivot${inStack(batch, k)}. ` +
                `If that is only rounding, add a small multiple of eye(${n}).`,
            );
          }
          matrix[i * n + j] = i === j ? Math.sqrt(sum) : sum / matrix[j * n + j]!;
        }
        matrix.fill(0, i * n + i + 1, (i + 1) * n);
      }
      out.set(matrix, k * n * n);
    });
    return y;
  },
  keep: (y) => [y],
  // Murray 2016, arXiv:1602.07527, eq. 10: L⁻ᵀ · Φ(Lᵀ·g) · L⁻¹, Φ taking the lower triangle and half the diagonal.
  gradient(g, { saved: [l] }) {
    const n = l!.shape.at(-1)!;
    const turned = transpose(l!, -2, -1);
    const product = tril(matmul(turned, g));
    const phi = sub(product, mul(product, mul(eye(n, n, { dtype: g.dtype }), 0.5)));
    const left = solveTriangular(turned, phi, { upper: true });
    const both = solveTriangular(l!, left, { upper: false, left: false });
    return [mul(add(both, transpose(both, -2, -1)), 0.5)];
  },
});

/**
 * The lower triangular L with L·Lᵀ = a, for each symmetric positive definite a[…, n, n]; with `{ upper: true }` Lᵀ. Only
 * that triangle of a is looked at.
 *
 * The gradient is symmetric, as if both triangles had been. A matrix that is not positive definite is a LinAlgError.
 */
export const cholesky = named("cholesky", (a: Tensor, options: { upper?: boolean } = {}): Tensor => {
  checkSquare("cholesky", "a", a);
  checkOptions("cholesky", options, { upper: is.flag });
  return (options.upper ?? false)
    ? transpose(factor([transpose(a, -2, -1)], undefined), -2, -1)
    : factor([a], undefined);
});
