import { checkTensor } from "../../autograd/functions.ts";
import { mean, sum } from "../../ops/sum.ts";
import { ShapeError } from "../../tensor/errors.ts";
import { oneOf } from "../../tensor/options.ts";
import { sameShape, show } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** What becomes of the losses of the elements: their mean (default), their sum, or each one kept. */
export type Reduction = "mean" | "sum" | "none";
export interface LossOptions {
  reduction?: Reduction;
}

export const reductions = oneOf("mean", "sum", "none");

export function applyReduction(loss: Tensor, reduction: Reduction = "mean"): Tensor {
  return reduction === "mean" ? mean(loss) : reduction === "sum" ? sum(loss) : loss;
}

/**
 * Input and target of one shape. PyTorch broadcasts them with a warning; [100, 1] against [100] would then quietly
 * compare each with each, so here it is an error.
 */
export function checkPair(who: string, input: Tensor, target: Tensor): void {
  checkTensor(who, "input", input);
  checkTensor(who, "target", target);
  if (!sameShape(input.shape, target.shape)) {
    throw new ShapeError(
      `${who}: input ${show(input.shape)} and target ${show(target.shape)} must have one shape. Use reshape, squeeze or unsqueeze on one of them.`,
    );
  }
}
