import { elementwise } from "../../autograd/elementwise.ts";
import { checkTensor } from "../../autograd/functions.ts";
import { add, div, mul, sub } from "../../ops/arithmetic.ts";
import { clamp } from "../../ops/clamp.ts";
import { norm } from "../../ops/norm.ts";
import { square } from "../../ops/pow.ts";
import { sqrt } from "../../ops/roots.ts";
import { sum } from "../../ops/sum.ts";
import { checkOptions, is } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { applyReduction, checkPair, reductions, type LossOptions } from "./reduction.ts";

/** x divided by its p-norm along a dim (default 1), which counts as eps (default 1e-12) at least. */
export function normalize(x: Tensor, options: { p?: number; dim?: number; eps?: number } = {}): Tensor {
  checkOptions("normalize", options, { p: is.number, dim: is.any, eps: is.atLeast0 });
  const { p = 2, dim = 1, eps = 1e-12 } = options;
  return div(x, clamp(norm(checkTensor("normalize", "x", x), p, dim, { keepdim: true }), { min: eps }));
}

/** x · y / (max(‖x‖, ε) max(‖y‖, ε)) along a dim (default 1); ε default 1e-8. The shapes broadcast. */
export function cosineSimilarity(x1: Tensor, x2: Tensor, options: { dim?: number; eps?: number } = {}): Tensor {
  checkOptions("cosineSimilarity", options, { dim: is.any, eps: is.atLeast0 });
  const { dim = 1, eps = 1e-8 } = options;
  const length = (x: Tensor): Tensor =>
    clamp(norm(checkTensor("cosineSimilarity", "x", x), 2, dim, { keepdim: true }), { min: eps });
  return sum(mul(div(x1, length(x1)), div(x2, length(x2))), dim);
}

/** ‖x − y + ε‖ₚ along the last dim; p default 2, ε default 1e-6. */
export function pairwiseDistance(
  x1: Tensor,
  x2: Tensor,
  options: { p?: number; eps?: number; keepdim?: boolean } = {},
): Tensor {
  checkOptions("pairwiseDistance", options, { p: is.number, eps: is.atLeast0, keepdim: is.flag });
  const { p = 2, eps = 1e-6, keepdim = false } = options;
  return norm(add(sub(checkTensor("pairwiseDistance", "x1", x1), x2), eps), p, -1, { keepdim });
}

const ranking = elementwise({
  name: "marginRankingLoss",
  formula: "max(0, margin - t * (a - b))",
  inputs: ["a", "b", "t"],
  scalars: ["margin"],
  derivatives: {
    a: "margin - t * (a - b) > 0 ? -t : 0",
    b: "margin - t * (a - b) > 0 ? t : 0",
  },
});
/** max(0, margin − y (x1 − x2)): x1 should be the larger where the target y is 1, the smaller where it is −1. */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: LossOptions & { margin?: number } = {},
): Tensor {
  const who = "marginRankingLoss";
  checkOptions(who, options, { reduction: reductions, margin: is.number });
  checkPair(who, input1, input2);
  checkPair(who, input1, target);
  return applyReduction(ranking([input1, input2, target], [options.margin ?? 0]), options.reduction);
}

const hinge = elementwise({
  name: "hingeEmbeddingLoss",
  formula: "(t != 1 ? max(0, margin - x) : 0) + (t != -1 ? x : 0)",
  inputs: ["x", "t"],
  scalars: ["margin"],
  derivatives: { x: "(t != 1 ? (margin - x > 0 ? -1 : 0) : 0) + (t != -1 ? 1 : 0)" },
});
/** x, a distance, where the target is 1; max(0, margin − x) where it is −1. Margin default 1. */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { margin?: number } = {},
): Tensor {
  const who = "hingeEmbeddingLoss";
  checkOptions(who, options, { reduction: reductions, margin: is.number });
  checkPair(who, input, target);
  return applyReduction(hinge([input, target], [options.margin ?? 1]), options.reduction);
}

const alike = elementwise({
  name: "cosineEmbeddingLoss",
  formula: "t > 0 ? 1 - c : max(0, c - margin)",
  inputs: ["c", "t"],
  scalars: ["margin"],
  derivatives: { c: "t > 0 ? -1 : c - margin > 0 ? 1 : 0", t: "0" },
});
/**
 * 1 − cos(x1, x2) where the target is 1; max(0, cos(x1, x2) − margin) where it is −1. x1 and x2 [batch, size] (target
 * [batch]) or [size].
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: LossOptions & { margin?: number } = {},
): Tensor {
  const who = "cosineEmbeddingLoss";
  checkOptions(who, options, { reduction: reductions, margin: is.number });
  checkPair(who, input1, input2);
  const lengths = mul(add(sum(square(input1), -1), 1e-12), add(sum(square(input2), -1), 1e-12));
  const cosine = div(sum(mul(input1, input2), -1), sqrt(lengths));
  checkPair(who, cosine, target);
  return applyReduction(alike([cosine, target], [options.margin ?? 0]), options.reduction);
}

const nearer = elementwise({
  name: "tripletMarginLoss",
  formula: "max(0, margin + p - n)",
  inputs: ["p", "n"],
  scalars: ["margin"],
  derivatives: { p: "margin + p - n > 0 ? 1 : 0", n: "margin + p - n > 0 ? -1 : 0" },
});
const smaller = elementwise({ name: "minimum", formula: "min(a, b)", inputs: ["a", "b"] });
/**
 * max(0, margin + ‖a − p‖ − ‖a − n‖): the positive should be nearer to the anchor than the negative, by the margin
 * (default 1). `swap`: the negative's distance is the smaller one of those to the anchor and to the positive.
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: LossOptions & { margin?: number; p?: number; eps?: number; swap?: boolean } = {},
): Tensor {
  const who = "tripletMarginLoss";
  checkOptions(who, options, {
    reduction: reductions,
    margin: is.number,
    p: is.number,
    eps: is.atLeast0,
    swap: is.flag,
  });
  checkPair(who, anchor, positive);
  checkPair(who, anchor, negative);
  const { margin = 1, p = 2, eps = 1e-6, swap = false, reduction } = options;
  const near = pairwiseDistance(anchor, positive, { p, eps });
  let far = pairwiseDistance(anchor, negative, { p, eps });
  if (swap) far = smaller([far, pairwiseDistance(positive, negative, { p, eps })]);
  return applyReduction(nearer([near, far], [margin]), reduction);
}
