import { checkTensor } from "../../autograd/functions.ts";
import { mean, sum } from "../../ops/sum.ts";
import { describe, OptionError, ShapeError } from "../../tensor/errors.ts";
import { sameShape, show } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** What becomes of the losses of the elements: their mean (default), their sum, or each one kept. */
export type Reduction = "mean" | "sum" | "none";
export interface LossOptions {
  reduction?: Reduction;
}

export function checkReduction(
  who: string,
  reduction: unknown,
  known: readonly string[] = ["mean", "sum", "none"],
): string {
  if (known.includes(reduction as string)) return reduction as string;
  throw new OptionError(
    `${who}: reduction must be ${known.map((r) => `"${r}"`).join(", ")}, got ${describe(reduction)}.`,
  );
}

export function applyReduction(who: string, loss: Tensor, reduction: Reduction = "mean"): Tensor {
  checkReduction(who, reduction);
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
