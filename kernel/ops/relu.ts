import { elementwise, numeric, onlyFloating } from "../autograd/elementwise.ts";
import { checkTensor, named, unary } from "../autograd/functions.ts";
import { checkOptions, is } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { reshape } from "./reshape.ts";

/** max(x, 0); NaN stays NaN. Gradient: 1 above 0, else 0, at 0 too. */
export const relu = unary("relu", "x <= 0 ? 0 : x", { derivative: "y <= 0 ? 0 : 1", dtype: numeric("relu") });

/** min(max(x, 0), 6). Gradient: 1 strictly between, else 0. */
export const relu6 = unary("relu6", "min(max(x, 0), 6)", {
  derivative: "x > 0 && x < 6 ? 1 : 0",
  dtype: numeric("relu6"),
});

const leaky = elementwise({
  name: "leakyRelu",
  formula: "x > 0 ? x : slope * x",
  inputs: ["x"],
  scalars: ["slope"],
  dtype: onlyFloating("leakyRelu"),
});

/** x above 0, negativeSlope · x below (default 0.01). */
export const leakyRelu = named("leakyRelu", (x: Tensor, options: { negativeSlope?: number } = {}): Tensor => {
  checkOptions("leakyRelu", options, { negativeSlope: is.number });
  return leaky([checkTensor("leakyRelu", "x", x)], [options.negativeSlope ?? 0.01]);
});

const parametric = elementwise({
  name: "prelu",
  formula: "x > 0 ? x : w * x",
  inputs: ["x", "w"],
  dtype: onlyFloating("prelu"),
});

/** As leakyRelu with a learned slope: `weight` has one element, or one per channel (dim 1 of x). */
export const prelu = named("prelu", (x: Tensor, weight: Tensor): Tensor => {
  checkTensor("prelu", "x", x);
  checkTensor("prelu", "weight", weight);
  const channels = weight.numel() === 1 || x.ndim < 2 ? [] : [weight.numel(), ...Array<number>(x.ndim - 2).fill(1)];
  return parametric([x, reshape(weight, channels)]);
});
