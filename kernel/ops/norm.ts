import { elementwise } from "../autograd/elementwise.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { checkOptions, is } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ne } from "./compare.ts";
import { amax, amin } from "./max.ts";
import { pow, square } from "./pow.ts";
import { abs } from "./sign.ts";
import { sum, type Dims, type ReduceOptions } from "./sum.ts";
import { to } from "./to.ts";

const root = elementwise({
  name: "norm",
  formula: "sqrt(x)",
  inputs: ["x"],
  derivatives: { x: "y == 0 ? 0 : 0.5 / y" },
});

/**
 * (Σ |x|ᵖ)^(1/p) over the dims, all by default; p = 2 unless given, ±Infinity for the largest or smallest |x|, 0 for
 * the number of elements that are not 0. The gradient at 0 is 0 for p = 2.
 */
export const norm = named("norm", (x: Tensor, p = 2, dim?: Dims, options: ReduceOptions = {}): Tensor => {
  checkTensor("norm", "x", x);
  checkOptions("norm", options, { keepdim: is.flag });
  if (p === Infinity) return amax(abs(x), dim, options);
  if (p === -Infinity) return amin(abs(x), dim, options);
  if (p === 0) return to(sum(ne(x, 0), dim, options), x.dtype);
  if (p === 1) return sum(abs(x), dim, options);
  if (p === 2) return root([sum(square(x), dim, options)]);
  return pow(sum(pow(abs(x), p), dim, options), 1 / p);
});
