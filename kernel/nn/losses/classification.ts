import { checkTensor } from "../../autograd/functions.ts";
import { add, div, mul, neg, sub } from "../../ops/arithmetic.ts";
import { ne } from "../../ops/compare.ts";
import { rowCrossEntropy } from "../../ops/crossEntropy.ts";
import { exp, log } from "../../ops/exponential.ts";
import { gather } from "../../ops/gather.ts";
import { indexSelect } from "../../ops/indexSelect.ts";
import { reshape, squeeze, unsqueeze } from "../../ops/reshape.ts";
import { logSoftmax } from "../../ops/softmax.ts";
import { sum } from "../../ops/sum.ts";
import { to } from "../../ops/to.ts";
import { where } from "../../ops/where.ts";
import { isFloating } from "../../tensor/dtype.ts";
import { DTypeError, ShapeError } from "../../tensor/errors.ts";
import { checkOptions, is, oneOf } from "../../tensor/options.ts";
import { sameShape, show } from "../../tensor/shape.ts";
import { elements, type Tensor } from "../../tensor/tensor.ts";
import { applyReduction, checkPair, reductions, type LossOptions, type Reduction } from "./reduction.ts";

export interface NllOptions extends LossOptions {
  /** A factor for each class [classes]. With the mean, the sum of the factors used is the divisor. */
  weight?: Tensor;
  /** A class number whose examples do not count. Default −100. */
  ignoreIndex?: number;
}

/** Class numbers for an input [batch, classes, …] or [classes]: int32 of the input's shape without the class dim, in range. */
function checkTarget(who: string, input: Tensor, target: Tensor, ignore: number): number {
  checkTensor(who, "input", input);
  checkTensor(who, "target", target);
  if (!isFloating(input.dtype))
    throw new DTypeError(`${who}: the input must be float32 or float64, got ${input.dtype}.`);
  if (target.dtype !== "int32") {
    throw new DTypeError(
      `${who}: the target must hold class numbers (int32), got ${target.dtype}. Use target.to("int32").`,
    );
  }
  if (input.ndim === 0) throw new ShapeError(`${who}: the input must be [classes] or [batch, classes, …], got [].`);
  const dim = input.ndim === 1 ? 0 : 1;
  const want = input.shape.filter((_, d) => d !== dim);
  if (!sameShape(want, target.shape)) {
    throw new ShapeError(
      `${who}: for an input ${show(input.shape)} the target must be ${show(want)}, one class number each, got ${show(target.shape)}.`,
    );
  }
  const classes = input.shape[dim]!;
  const { data, start } = elements(target);
  for (let i = start; i < start + target.numel(); i++) {
    if ((data[i]! < 0 || data[i]! >= classes) && data[i] !== ignore) {
      throw new ShapeError(
        `${who}: target ${i - start} is class ${data[i]}, but the input has ${classes} classes, numbered from 0 to ${classes - 1}.`,
      );
    }
  }
  return dim;
}

/** The loss of each example and its weight (0 where it is ignored); weight undefined when all count alike. */
function examples(
  who: string,
  logp: Tensor,
  target: Tensor,
  dim: number,
  weight: Tensor | undefined,
  ignore: number,
): { loss: Tensor; weights: Tensor | undefined; safe: Tensor } {
  const { data, start } = elements(target);
  const ignores = data.subarray(start, start + target.numel()).includes(ignore);
  const counted = ignores ? ne(target, ignore) : undefined;
  const safe = counted === undefined ? target : where(counted, target, 0);
  let weights = counted === undefined ? undefined : to(counted, logp.dtype);
  if (weight !== undefined) {
    const classes = logp.shape[dim]!;
    if (!sameShape(checkTensor(who, "weight", weight).shape, [classes])) {
      throw new ShapeError(`${who}: weight must be [${classes}], one factor per class, got ${show(weight.shape)}.`);
    }
    const own = reshape(indexSelect(to(weight, logp.dtype), 0, reshape(safe, -1)), target.shape);
    weights = weights === undefined ? own : mul(own, weights);
  }
  const picked = neg(squeeze(gather(logp, dim, unsqueeze(safe, dim)), dim));
  return { loss: weights === undefined ? picked : mul(picked, weights), weights, safe };
}

/** Mean as a weighted mean: the divisor is the sum of the weights. */
function average(loss: Tensor, weights: Tensor | undefined, reduction: Reduction = "mean"): Tensor {
  if (reduction === "mean" && weights !== undefined) return div(sum(loss), sum(weights));
  return applyReduction(loss, reduction);
}

/**
 * −log probability of the right class: input[batch, classes, …] log-probabilities (from logSoftmax), target[batch, …]
 * class numbers.
 */
export function nllLoss(input: Tensor, target: Tensor, options: NllOptions = {}): Tensor {
  checkOptions("nllLoss", options, { reduction: reductions, weight: is.tensor, ignoreIndex: is.whole });
  const ignore = options.ignoreIndex ?? -100;
  const dim = checkTarget("nllLoss", input, target, ignore);
  const { loss, weights } = examples("nllLoss", input, target, dim, options.weight, ignore);
  return average(loss, weights, options.reduction);
}

export interface CrossEntropyOptions extends NllOptions {
  /** Share of the target spread evenly over all classes, 0 … 1. Default 0. Szegedy et al. 2016, arXiv:1512.00567. */
  labelSmoothing?: number;
}

/**
 * Cross entropy of softmax(input): input[batch, classes, …] logits; target[batch, …] class numbers (int32), or
 * probabilities of the input's shape.
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const who = "crossEntropy";
  checkOptions(who, options, {
    reduction: reductions,
    weight: is.tensor,
    ignoreIndex: is.whole,
    labelSmoothing: is.share,
  });
  const { weight, reduction, ignoreIndex: ignore = -100, labelSmoothing: smoothing = 0 } = options;
  checkTensor(who, "input", input);
  checkTensor(who, "target", target);
  if (isFloating(target.dtype) && !sameShape(input.shape, target.shape)) {
    throw new DTypeError(
      `${who}: a ${target.dtype} target must hold a probability for each class, ${show(input.shape)} as the input, got ${show(target.shape)}. Class labels must be int32: labels.to("int32").`,
    );
  }
  if (isFloating(target.dtype)) return ofProbabilities(input, target, weight, reduction, smoothing);
  const dim = checkTarget(who, input, target, ignore);
  if (input.dtype === "float32" && input.ndim === 2 && input.numel() > 0 && weight === undefined && smoothing === 0) {
    return ofRows(input, target, ignore, reduction);
  }
  const logp = logSoftmax(input, dim);
  const { loss, weights, safe } = examples(who, logp, target, dim, weight, ignore);
  if (smoothing === 0) return average(loss, weights, reduction);

  const classes = input.shape[dim]!;
  const scaled =
    weight === undefined
      ? logp
      : mul(logp, reshape(to(weight, logp.dtype), [classes, ...Array<number>(input.ndim - 1 - dim).fill(1)]));
  let even = neg(sum(scaled, dim));
  if (safe !== target) even = mul(even, to(ne(target, ignore), logp.dtype));
  return add(
    mul(average(loss, weights, reduction), 1 - smoothing),
    mul(average(even, weights, reduction), smoothing / classes),
  );
}

/** The common case, in one pass over the logits. */
function ofRows(input: Tensor, target: Tensor, ignore: number, reduction: Reduction = "mean"): Tensor {
  const loss = rowCrossEntropy([input], { target, ignore, state: undefined });
  if (reduction !== "mean") return applyReduction(loss, reduction);
  const { data, start } = elements(target);
  let counted = 0;
  for (let i = start; i < start + target.numel(); i++) if (data[i] !== ignore) counted++;
  return counted === target.numel() ? applyReduction(loss, reduction) : div(sum(loss), counted);
}

function ofProbabilities(
  input: Tensor,
  target: Tensor,
  weight: Tensor | undefined,
  reduction: Reduction = "mean",
  smoothing: number,
): Tensor {
  const who = "crossEntropy";
  checkPair(who, input, target);
  const dim = input.ndim === 1 ? 0 : 1;
  const classes = input.shape[dim]!;
  const wanted = smoothing === 0 ? target : add(mul(target, 1 - smoothing), smoothing / classes);
  const logp = logSoftmax(input, dim);
  const scaled =
    weight === undefined
      ? logp
      : mul(logp, reshape(to(weight, logp.dtype), [classes, ...Array<number>(input.ndim - 1 - dim).fill(1)]));
  const loss = neg(sum(mul(scaled, wanted), dim));
  return reduction === "none"
    ? loss
    : reduction === "sum"
      ? sum(loss)
      : div(sum(loss), Math.max(1, input.numel() / classes));
}

export const klReductions = oneOf("mean", "sum", "none", "batchmean");
/**
 * Divergence Σ t (ln t − input) of the target distribution t from the input, which holds log-probabilities.
 * "mean" divides by the number of elements; "batchmean", by the batch, is the mathematical definition.
 */
export function klDiv(
  input: Tensor,
  target: Tensor,
  options: { reduction?: Reduction | "batchmean"; logTarget?: boolean } = {},
): Tensor {
  checkOptions("klDiv", options, { reduction: klReductions, logTarget: is.flag });
  checkPair("klDiv", input, target);
  const { reduction = "mean" } = options;
  const loss = options.logTarget
    ? mul(exp(target), sub(target, input))
    : sub(where(ne(target, 0), mul(target, log(where(ne(target, 0), target, 1))), 0), mul(target, input));
  return reduction === "batchmean" ? div(sum(loss), input.shape[0] ?? 1) : applyReduction(loss, reduction);
}
