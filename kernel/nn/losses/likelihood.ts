import { elementwise } from "../../autograd/elementwise.ts";
import { checkTensor } from "../../autograd/functions.ts";
import { add, div, mul, sub } from "../../ops/arithmetic.ts";
import { clamp } from "../../ops/clamp.ts";
import { exp, log } from "../../ops/exponential.ts";
import { square } from "../../ops/pow.ts";
import { mean, sum } from "../../ops/sum.ts";
import { where } from "../../ops/where.ts";
import { gt } from "../../ops/compare.ts";
import { detach } from "../../ops/to.ts";
import { sameShape, show } from "../../tensor/shape.ts";
import { OptionError, ShapeError } from "../../tensor/errors.ts";
import { checkOptions, is, type Kind } from "../../tensor/options.ts";
import { elements, type Tensor } from "../../tensor/tensor.ts";
import { binaryCrossEntropyWithLogits } from "./binary.ts";
import { applyReduction, checkPair, reductions, type LossOptions } from "./reduction.ts";

/**
 * −log likelihood of a normal distribution with the input as its mean: ½ (ln v + (input − target)²/v), and ½ ln 2π with
 * `full`. The variance v has the input's shape, or lacks its last dim or has 1 there; it counts as eps (default 1e-6) at least.
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options: LossOptions & { full?: boolean; eps?: number } = {},
): Tensor {
  const who = "gaussianNllLoss";
  checkOptions(who, options, { reduction: reductions, full: is.flag, eps: is.atLeast0 });
  checkPair(who, input, target);
  const { full = false, eps = 1e-6, reduction } = options;
  let v = checkTensor(who, "variance", variance);
  if (v.ndim === input.ndim - 1) v = v.unsqueeze(-1);
  if (!sameShape(v.shape, input.shape) && !sameShape(v.shape, [...input.shape.slice(0, -1), 1])) {
    throw new ShapeError(
      `${who}: the variance must be ${show(input.shape)}, or with 1 in the last dim, got ${show(variance.shape)}.`,
    );
  }
  const { data, start } = elements(v);
  for (let i = start; i < start + v.numel(); i++)
    if (data[i]! < 0) throw new OptionError(`${who}: a variance is ≥ 0, found ${data[i]}.`);
  // The bound takes part in the value, not in the gradient.
  const bounded = add(v, detach(sub(clamp(v, { min: eps }), v)));
  const loss = mul(add(log(bounded), div(square(sub(input, target)), bounded)), 0.5);
  return applyReduction(full ? add(loss, 0.5 * Math.log(2 * Math.PI)) : loss, reduction);
}

/**
 * −log likelihood of counts: e^x − t x with the logarithm of the mean as input (`logInput`, default true), else
 * x − t ln(x + ε). `full` adds Stirling's approximation of ln t! where t > 1.
 */
export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { logInput?: boolean; full?: boolean; eps?: number } = {},
): Tensor {
  const who = "poissonNllLoss";
  checkOptions(who, options, { reduction: reductions, logInput: is.flag, full: is.flag, eps: is.atLeast0 });
  checkPair(who, input, target);
  const { logInput = true, full = false, eps = 1e-8, reduction } = options;
  let loss = logInput ? sub(exp(input), mul(target, input)) : sub(input, mul(target, log(add(input, eps))));
  if (full) {
    const t = where(gt(target, 1), target, 1);
    const stirling = add(sub(mul(t, log(t)), t), mul(log(mul(t, 2 * Math.PI)), 0.5));
    loss = add(loss, where(gt(target, 1), stirling, 0));
  }
  return applyReduction(loss, reduction);
}

const soft = elementwise({
  name: "softMarginLoss",
  formula: "softplus(-t * x)",
  inputs: ["x", "t"],
  derivatives: { x: "-t * sigmoid(-t * x)" },
});
/** ln(1 + e^(−y x)) for targets y of 1 or −1. */
export function softMarginLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkOptions("softMarginLoss", options, { reduction: reductions });
  checkPair("softMarginLoss", input, target);
  return applyReduction(soft([input, target]), options.reduction);
}

/** Binary cross entropy from logits of each of several labels [batch, labels], their mean per example. */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { weight?: Tensor } = {},
): Tensor {
  const who = "multilabelSoftMarginLoss";
  checkOptions(who, options, { reduction: reductions, weight: is.operand });
  checkPair(who, input, target);
  const each = binaryCrossEntropyWithLogits(input, target, {
    reduction: "none",
    ...(options.weight === undefined ? {} : { weight: options.weight }),
  });
  return applyReduction(mean(each, -1), options.reduction);
}

export const oneOrTwo: Kind = ["1 or 2", (p) => p === 1 || p === 2];
const beyond = elementwise({
  name: "multiMarginLoss",
  formula: "max(0, margin - right + x)",
  inputs: ["x", "right"],
  scalars: ["margin"],
  derivatives: { x: "margin - right + x > 0 ? 1 : 0", right: "margin - right + x > 0 ? -1 : 0" },
});
/**
 * Σ max(0, margin − x_right + x_j)^p / classes over the wrong classes j: input [batch, classes], target [batch] class
 * numbers. p 1 (default) or 2, margin default 1.
 */
export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { p?: 1 | 2; margin?: number } = {},
): Tensor {
  const who = "multiMarginLoss";
  checkOptions(who, options, { reduction: reductions, p: oneOrTwo, margin: is.number });
  const { p = 1, margin = 1, reduction } = options;
  if (
    checkTensor(who, "input", input).ndim !== 2 ||
    !sameShape(checkTensor(who, "target", target).shape, [input.shape[0]!])
  )
    throw new ShapeError(
      `${who}: needs [batch, classes] and a class number for each example, got ${show(input.shape)} and ${show(target.shape)}.`,
    );
  const column = target.unsqueeze(1);
  const over = beyond([input, input.gather(1, column)], [margin]);
  const powered = p === 1 ? over : square(over);
  // The right class has exactly margin^p, whatever the input.
  return applyReduction(div(sub(sum(powered, 1), margin ** p), input.shape[1]!), reduction);
}
