/** Activations that are functions of nn only, not methods of a tensor. */
import { elementwise, floating, numeric, onlyFloating } from "../autograd/elementwise.ts";
import { checkTensor } from "../autograd/functions.ts";
import { mul, neg } from "../ops/arithmetic.ts";
import { narrow } from "../ops/slice.ts";
import { sigmoid } from "../ops/sigmoid.ts";
import { softmax } from "../ops/softmax.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkNumber, checkOptions, is } from "../tensor/options.ts";
import { checkDim, show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

const celuOp = elementwise({
  name: "celu",
  formula: "x > 0 ? x : alpha * expm1(x / alpha)",
  inputs: ["x"],
  scalars: ["alpha"],
  derivatives: { x: "x > 0 ? 1 : x == 0 ? 1 : exp(x / alpha)" },
  dtype: floating,
});
/** x where x > 0, else α (e^(x/α) − 1); α default 1. Barron 2017, arXiv:1704.07483. */
export function celu(x: Tensor, options: { alpha?: number } = {}): Tensor {
  checkOptions("celu", options, { alpha: is.number });
  const { alpha = 1 } = options;
  checkNumber("celu", "alpha", alpha, "other than 0", (a) => a !== 0);
  return celuOp([checkTensor("celu", "x", x)], [alpha]);
}

const hardshrinkOp = elementwise({
  name: "hardshrink",
  dtype: onlyFloating("hardshrink"),
  formula: "abs(x) <= lambd ? 0 : x",
  inputs: ["x"],
  scalars: ["lambd"],
});
/** x where |x| > λ (default 0.5), else 0. */
export function hardshrink(x: Tensor, options: { lambd?: number } = {}): Tensor {
  checkOptions("hardshrink", options, { lambd: is.number });
  return hardshrinkOp([checkTensor("hardshrink", "x", x)], [options.lambd ?? 0.5]);
}

const softshrinkOp = elementwise({
  name: "softshrink",
  dtype: onlyFloating("softshrink"),
  formula: "x > lambd ? x - lambd : x < -lambd ? x + lambd : x == x ? 0 : x",
  inputs: ["x"],
  scalars: ["lambd"],
});
/** x brought nearer to 0 by λ (default 0.5), and 0 within it. */
export function softshrink(x: Tensor, options: { lambd?: number } = {}): Tensor {
  checkOptions("softshrink", options, { lambd: is.atLeast0 });
  const { lambd = 0.5 } = options;
  return softshrinkOp([checkTensor("softshrink", "x", x)], [lambd]);
}

const tanhshrinkOp = elementwise({ name: "tanhshrink", formula: "x - tanh(x)", inputs: ["x"], dtype: floating });
/** x − tanh x. */
export function tanhshrink(x: Tensor): Tensor {
  return tanhshrinkOp([checkTensor("tanhshrink", "x", x)]);
}

const thresholdOp = elementwise({
  name: "threshold",
  dtype: numeric("threshold"),
  formula: "x <= limit ? value : x",
  inputs: ["x"],
  scalars: ["limit", "value"],
});
/** x where x > threshold, else value. */
export function threshold(x: Tensor, limit: number, value: number): Tensor {
  for (const [name, number] of Object.entries({ threshold: limit, value }))
    checkNumber("threshold", name, number, "(finite)", Number.isFinite);
  return thresholdOp([checkTensor("threshold", "x", x)], [limit, value]);
}

/** The first half along a dim (default the last), let through by the sigmoid of the second. Dauphin et al. 2017, arXiv:1612.08083. */
export function glu(x: Tensor, dim = -1): Tensor {
  const d = checkDim("glu", dim, checkTensor("glu", "x", x).ndim);
  const size = x.shape[d]!;
  if (size % 2 !== 0) throw new ShapeError(`glu: dim ${d} of ${show(x.shape)} must be even, to be split in two.`);
  return mul(narrow(x, d, 0, size / 2), sigmoid(narrow(x, d, size / 2, size / 2)));
}

/** The softmax of −x along a dim. */
export function softmin(x: Tensor, dim: number): Tensor {
  return softmax(neg(checkTensor("softmin", "x", x)), dim);
}
