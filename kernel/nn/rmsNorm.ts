import { checkTensor } from "../autograd/functions.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { checkNormalized, groupNorm } from "../ops/normalize.ts";
import { square } from "../ops/pow.ts";
import { rsqrt } from "../ops/roots.ts";
import { mean } from "../ops/sum.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { show, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The distance from 1 to the next number. */
const epsilon: { readonly [dtype: string]: number } = { float32: 2 ** -23, float64: 2 ** -52 };

/**
 * x / √(mean(x²) + ε) · weight over the last dims, which are `normalizedShape`. ε: that of the dtype unless given.
 *
 * Zhang & Sennrich 2019, arXiv:1910.07467. Same results as torch.nn.functional.rms_norm.
 */
export function rmsNorm(x: Tensor, normalizedShape: Shape, weight?: Tensor, options: { eps?: number } = {}): Tensor {
  checkOptions("rmsNorm", options, { eps: is.atLeast0 });
  checkNormalized("rmsNorm", normalizedShape);
  const lead = checkTensor("rmsNorm", "x", x).ndim - normalizedShape.length;
  if (normalizedShape.length === 0 || show(x.shape.slice(Math.max(0, lead))) !== show(normalizedShape)) {
    throw new ShapeError(`rmsNorm: the last dims of ${show(x.shape)} must be ${show(normalizedShape)}.`);
  }
  if (weight !== undefined && show(checkTensor("rmsNorm", "weight", weight).shape) !== show(normalizedShape))
    throw new ShapeError(`rmsNorm: weight must be ${show(normalizedShape)}, got ${show(weight.shape)}.`);
  const dims = normalizedShape.map((_, i) => lead + i);
  const eps = options.eps ?? epsilon[x.dtype]!;
  const y = mul(x, rsqrt(add(mean(square(x), dims, { keepdim: true }), eps)));
  return weight === undefined ? y : mul(y, weight);
}

/** Each channel (dim 1) of each example standardised over its places, then · weight + bias. Ulyanov et al. 2016, arXiv:1607.08022. */
export function instanceNorm(x: Tensor, weight?: Tensor, bias?: Tensor, options: { eps?: number } = {}): Tensor {
  checkOptions("instanceNorm", options, { eps: is.atLeast0 });
  if (checkTensor("instanceNorm", "x", x).ndim < 3)
    throw new ShapeError(`instanceNorm: needs [batch, channels, places …], got ${show(x.shape)}.`);
  return groupNorm(x, x.shape[1]!, weight, bias, options);
}
