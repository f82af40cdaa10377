import { checkOptions, is } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { pairLoss } from "./pairLoss.ts";
import { checkPair, reductions, type LossOptions } from "./reduction.ts";

const squared = pairLoss({
  name: "mseLoss",
  formula: "(a - b) * (a - b)",
  inputs: ["a", "b"],
  derivatives: { a: "2 * (a - b)", b: "2 * (b - a)" },
});

/** Squared error (input − target)²; mean over the elements unless `reduction` says otherwise. */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkOptions("mseLoss", options, { reduction: reductions });
  checkPair("mseLoss", input, target);
  return squared(input, target, options.reduction);
}

const absolute = pairLoss({ name: "l1Loss", formula: "abs(a - b)", inputs: ["a", "b"] });

/** Absolute error |input − target|. */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkOptions("l1Loss", options, { reduction: reductions });
  checkPair("l1Loss", input, target);
  return absolute(input, target, options.reduction);
}

const smooth = pairLoss({
  name: "smoothL1Loss",
  formula: "abs(a - b) < beta ? 0.5 * (a - b) * (a - b) / beta : abs(a - b) - 0.5 * beta",
  inputs: ["a", "b"],
  scalars: ["beta"],
});

/** Squared near 0, absolute beyond: ½ d²/β where |d| < β (default 1), else |d| − ½ β. Girshick 2015, arXiv:1504.08083. */
export function smoothL1Loss(input: Tensor, target: Tensor, options: LossOptions & { beta?: number } = {}): Tensor {
  checkOptions("smoothL1Loss", options, { reduction: reductions, beta: is.atLeast0 });
  checkPair("smoothL1Loss", input, target);
  const { beta = 1 } = options;
  return smooth(input, target, options.reduction, [beta]);
}

const huber = pairLoss({
  name: "huberLoss",
  formula: "abs(a - b) < delta ? 0.5 * (a - b) * (a - b) : delta * (abs(a - b) - 0.5 * delta)",
  inputs: ["a", "b"],
  scalars: ["delta"],
});

/** As smoothL1Loss scaled by δ (default 1): ½ d² where |d| < δ, else δ (|d| − ½ δ). Huber 1964. */
export function huberLoss(input: Tensor, target: Tensor, options: LossOptions & { delta?: number } = {}): Tensor {
  checkOptions("huberLoss", options, { reduction: reductions, delta: is.positive });
  checkPair("huberLoss", input, target);
  const { delta = 1 } = options;
  return huber(input, target, options.reduction, [delta]);
}
