import { elementwise } from "../autograd/elementwise.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { isFloating } from "../tensor/dtype.ts";
import { DTypeError } from "../tensor/errors.ts";
import { checkKind, checkOptions, either, is, oneOf } from "../tensor/options.ts";
import { checkDims } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { amax, amin } from "./max.ts";
import { square } from "./pow.ts";
import { abs } from "./sign.ts";
import { sum, type Dims, type ReduceOptions } from "./sum.ts";

const root = elementwise({
  name: "norm",
  formula: "sqrt(x)",
  inputs: ["x"],
  derivatives: { x: "y == 0 ? 0 : 0.5 / y" },
});
// For other powers in two steps, each with gradient 0 at 0, as in PyTorch: neither 0 · ∞ nor 0 / 0.
const powered = elementwise({
  name: "norm",
  formula: "abs(x) ** p",
  inputs: ["x"],
  scalars: ["p"],
  derivatives: { x: "x == 0 ? 0 : p * sign(x) * abs(x) ** (p - 1)" },
});
const rooted = elementwise({
  name: "norm",
  formula: "x ** (1 / p)",
  inputs: ["x"],
  scalars: ["p"],
  derivatives: { x: "x == 0 ? 0 : y / (p * x)" },
});
const counted = elementwise({ name: "norm", formula: "x != 0 ? 1 : 0", inputs: ["x"] });

/**
 * (Σ |x|ᵖ)^(1/p) over the dims, all by default; p = 2 unless given, ±Infinity for the largest or smallest |x|, 0 for
 * the number of elements that are not 0. "fro" is 2, of a matrix. 0 of nothing. The gradient at 0 is 0.
 */
export const norm = named(
  "norm",
  (x: Tensor, p: number | "fro" = 2, dim?: Dims, options: ReduceOptions = {}): Tensor => {
    checkTensor("norm", "x", x);
    checkOptions("norm", options, { keepdim: is.flag });
    checkKind("norm", "p", p, either(is.number, oneOf("fro")));
    if (!isFloating(x.dtype)) {
      throw new DTypeError(`norm: needs float32 or float64, got ${x.dtype}. Use x.to("float32").`);
    }
    if (checkDims("norm", dim, x.ndim).some((d) => x.shape[d] === 0)) return sum(abs(x), dim, options);
    if (p === Infinity) return amax(abs(x), dim, options);
    if (p === -Infinity) return amin(abs(x), dim, options);
    if (p === 0) return sum(counted([x]), dim, options);
    if (p === 1) return sum(abs(x), dim, options);
    if (p === 2 || p === "fro") return root([sum(square(x), dim, options)]);
    return rooted([sum(powered([x], [p]), dim, options)], [p]);
  },
);
