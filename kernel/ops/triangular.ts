import { expandTo } from "../autograd/broadcast.ts";
import { named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { resultType } from "../tensor/dtype.ts";
import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { broadcastShapes, show } from "../tensor/shape.ts";
import { elements, empty, packed, type Tensor } from "../tensor/tensor.ts";
import { neg } from "./arithmetic.ts";
import { checkMatrices, checkSquare, eachMatrix } from "./lu.ts";
import { matmul } from "./matmul.ts";
import { to } from "./to.ts";
import { transpose } from "./transpose.ts";
import { tril, triu } from "./triangle.ts";

interface Kind {
  readonly upper: boolean;
  readonly unitriangular: boolean;
}

const divide: Op<Kind> = defineOp({
  name: "solveTriangular",
  forward([a, b], { upper, unitriangular }) {
    const n = a!.shape.at(-1)!;
    const columns = b!.shape.at(-1)!;
    const x = empty(b!.shape, b!.dtype);
    const matrices = packed(a!);
    const right = elements(b!);
    const solution = new Float64Array(n);
    eachMatrix(matrices, (matrix, k) => {
      const out = x.storage.array();
      const base = k * n * columns;
      for (let c = 0; c < columns; c++) {
        for (let step = 0; step < n; step++) {
          const i = upper ? n - 1 - step : step;
          let sum = right.data[right.start + base + i * columns + c]!;
          for (let j = upper ? i + 1 : 0; j < (upper ? n : i); j++) sum -= matrix[i * n + j]! * solution[j]!;
          solution[i] = unitriangular ? sum : sum / matrix[i * n + i]!;
          out[base + i * columns + c] = solution[i]!;
        }
      }
    });
    return x;
  },
  keep: (x, [a]) => [a!, x],
  gradient(g, { saved: [a, x], needs, attributes: { upper, unitriangular } }) {
    const right = divide([transpose(a!, -2, -1), g], { upper: !upper, unitriangular });
    if (!needs[0]) return [undefined, right];
    const whole = neg(matmul(right, transpose(x!, -2, -1)));
    const offset = unitriangular ? 1 : 0;
    return [upper ? triu(whole, offset) : tril(whole, -offset), right];
  },
});

export interface TriangularOptions {
  /** Whether a is an upper triangular matrix, else a lower one. Must be given. */
  upper: boolean;
  /** a·x = b (default), or with false x·a = b. */
  left?: boolean;
  /** Take the diagonal of a as ones. Default false. */
  unitriangular?: boolean;
}

/**
 * The x of a·x = b for a triangular a[…, n, n] and b[…, n, k]; leading dims broadcast, and the other triangle is not
 * looked at. A 0 on the diagonal gives ±Infinity or NaN. Gradient: ∂b = a⁻ᵀ·g, ∂a = the triangle of −∂b·xᵀ.
 */
export const solveTriangular = named("solveTriangular", (a: Tensor, b: Tensor, options: TriangularOptions): Tensor => {
  const n = checkSquare("solveTriangular", "a", a);
  checkMatrices("solveTriangular", "b", b);
  checkOptions("solveTriangular", options, { upper: is.flag, left: is.flag, unitriangular: is.flag });
  const { upper, left = true, unitriangular = false } = options ?? {};
  if (typeof upper !== "boolean") {
    throw new OptionError(
      `solveTriangular: say which triangle a has, { upper: true } or { upper: false }, got ${describe(upper)}.`,
    );
  }
  if (!left) {
    const turned = solveTriangular(transpose(a, -2, -1), transpose(b, -2, -1), { upper: !upper, unitriangular });
    return transpose(turned, -2, -1);
  }
  if (b.shape.at(-2) !== n) {
    throw new ShapeError(`solveTriangular: a ${show(a.shape)} needs a b with ${n} rows, got ${show(b.shape)}.`);
  }
  const batch = broadcastShapes("solveTriangular", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const dtype = resultType(a, b);
  return divide([to(expandTo(a, [...batch, n, n]), dtype), to(expandTo(b, [...batch, ...b.shape.slice(-2)]), dtype)], {
    upper,
    unitriangular,
  });
});
