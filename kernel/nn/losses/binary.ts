import { elementwise } from "../../autograd/elementwise.ts";
import { OptionError } from "../../tensor/errors.ts";
import { mul } from "../../ops/arithmetic.ts";
import { checkOptions, is } from "../../tensor/options.ts";
import { elements, Tensor } from "../../tensor/tensor.ts";
import { pairLoss } from "./pairLoss.ts";
import { applyReduction, checkPair, reductions, type LossOptions } from "./reduction.ts";

const crossEntropy = elementwise({
  name: "binaryCrossEntropy",
  // Logarithms are kept above −100, as in PyTorch: a certain and wrong prediction costs 100, not Infinity.
  formula: "-(t * max(log(p), -100) + (1 - t) * max(log(1 - p), -100))",
  inputs: ["p", "t"],
  derivatives: { p: "(p - t) / max(p * (1 - p), 1e-12)", t: "max(log(1 - p), -100) - max(log(p), -100)" },
});

/**
 * −(t ln p + (1 − t) ln(1 − p)) for probabilities p (the input, in [0, 1]) and targets t in [0, 1]; mean by default.
 * From logits use `binaryCrossEntropyWithLogits`: it loses no digits.
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { weight?: Tensor } = {},
): Tensor {
  const who = "binaryCrossEntropy";
  checkOptions(who, options, { reduction: reductions, weight: is.operand });
  checkPair(who, input, target);
  const { data, start } = elements(input);
  for (let i = start; i < start + input.numel(); i++) {
    if (!(data[i]! >= 0 && data[i]! <= 1)) {
      throw new OptionError(
        `${who}: the input must hold probabilities from 0 to 1, found ${data[i]}. Apply sigmoid() first, or use binaryCrossEntropyWithLogits.`,
      );
    }
  }
  const loss = crossEntropy([input, target]);
  return applyReduction(options.weight === undefined ? loss : mul(loss, options.weight), options.reduction);
}

const fromLogits = elementwise({
  name: "binaryCrossEntropyWithLogits",
  formula: "(1 - t) * x + (1 + (w - 1) * t) * softplus(-x)",
  inputs: ["x", "t", "w"],
  derivatives: { x: "(1 - t) - (1 + (w - 1) * t) * sigmoid(-x)" },
});
const fromLogitsUnweighted = pairLoss({
  name: "binaryCrossEntropyWithLogits",
  formula: "(1 - t) * x + softplus(-x)",
  inputs: ["x", "t"],
  derivatives: { x: "sigmoid(x) - t", t: "-x" },
});

/** Binary cross entropy of σ(input), without overflow; `posWeight` multiplies the loss of the positive targets. */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { weight?: Tensor; posWeight?: Tensor } = {},
): Tensor {
  const who = "binaryCrossEntropyWithLogits";
  checkOptions(who, options, { reduction: reductions, weight: is.operand, posWeight: is.tensor });
  checkPair(who, input, target);
  const { weight, posWeight } = options;
  if (weight === undefined && posWeight === undefined) return fromLogitsUnweighted(input, target, options.reduction);
  const loss =
    posWeight instanceof Tensor ? fromLogits([input, target, posWeight]) : fromLogitsUnweighted(input, target, "none");
  return applyReduction(weight === undefined ? loss : mul(loss, weight), options.reduction);
}
