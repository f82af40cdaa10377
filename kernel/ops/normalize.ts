import { checkTensor, named } from "../autograd/functions.ts";
import { within } from "../autograd/mode.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { show, sizeOf, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { square } from "./pow.ts";
import { reshape } from "./reshape.ts";
import { rsqrt } from "./roots.ts";
import { mean } from "./sum.ts";

/** (x − mean) / √(variance + eps) over the dims, the variance without correction. */
function standardised(x: Tensor, dims: readonly number[], eps: number): { y: Tensor; mean: Tensor; variance: Tensor } {
  const centre = mean(x, dims, { keepdim: true });
  const centred = sub(x, centre);
  const variance = mean(square(centred), dims, { keepdim: true });
  return { y: mul(centred, rsqrt(add(variance, eps))), mean: centre, variance };
}

function scaled(y: Tensor, weight: Tensor | undefined, bias: Tensor | undefined, shape: Shape): Tensor {
  const z = weight === undefined ? y : mul(y, reshape(weight, shape));
  return bias === undefined ? z : add(z, reshape(bias, shape));
}

function checkParameter(who: string, name: string, x: Tensor | undefined, shape: Shape): void {
  if (x !== undefined && show(checkTensor(who, name, x).shape) !== show(shape)) {
    throw new ShapeError(`${who}: ${name} must be ${show(shape)}, got ${show(x.shape)}.`);
  }
}

/** Each example standardised over its last dims, which are `normalizedShape`, then · weight + bias. Ba et al. 2016, arXiv:1607.06450. */
export const layerNorm = named(
  "layerNorm",
  (x: Tensor, normalizedShape: Shape, weight?: Tensor, bias?: Tensor, options: { eps?: number } = {}): Tensor => {
    checkTensor("layerNorm", "x", x);
    checkOptions("layerNorm", options, ["eps"]);
    const lead = x.ndim - normalizedShape.length;
    if (normalizedShape.length === 0 || show(x.shape.slice(Math.max(0, lead))) !== show(normalizedShape)) {
      throw new ShapeError(`layerNorm: the last dims of ${show(x.shape)} must be ${show(normalizedShape)}.`);
    }
    checkParameter("layerNorm", "weight", weight, normalizedShape);
    checkParameter("layerNorm", "bias", bias, normalizedShape);
    const dims = normalizedShape.map((_, i) => lead + i);
    return scaled(standardised(x, dims, options.eps ?? 1e-5).y, weight, bias, normalizedShape);
  },
);

/** Channels in groups, each group of each example standardised, then · weight + bias per channel. Wu & He 2018, arXiv:1803.08494. */
export const groupNorm = named(
  "groupNorm",
  (x: Tensor, numGroups: number, weight?: Tensor, bias?: Tensor, options: { eps?: number } = {}): Tensor => {
    checkTensor("groupNorm", "x", x);
    checkOptions("groupNorm", options, ["eps"]);
    const channels = x.shape[1];
    if (channels === undefined || !Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups !== 0) {
      throw new ShapeError(`groupNorm: the channels (dim 1) of ${show(x.shape)} must divide into ${numGroups} groups.`);
    }
    checkParameter("groupNorm", "weight", weight, [channels]);
    checkParameter("groupNorm", "bias", bias, [channels]);
    const grouped = reshape(x, [x.shape[0]!, numGroups, sizeOf(x.shape.slice(1)) / numGroups]);
    const y = reshape(standardised(grouped, [2], options.eps ?? 1e-5).y, x.shape);
    return scaled(y, weight, bias, [channels, ...Array<number>(x.ndim - 2).fill(1)]);
  },
);

export interface BatchNormOptions {
  /** Standardise by this batch (and update the running values) instead of by the running values. Default false. */
  training?: boolean;
  /** Share of the new batch in the running values. Default 0.1. */
  momentum?: number;
  /** Default 1e-5. */
  eps?: number;
}

/**
 * Each channel (dim 1) standardised over batch and places, then · weight + bias. In training, running mean and variance
 * (with n − 1) are updated in place. Ioffe & Szegedy 2015, arXiv:1502.03167.
 */
export const batchNorm = named(
  "batchNorm",
  (
    x: Tensor,
    runningMean?: Tensor,
    runningVar?: Tensor,
    weight?: Tensor,
    bias?: Tensor,
    options: BatchNormOptions = {},
  ): Tensor => {
    const who = "batchNorm";
    checkOptions(who, options, ["training", "momentum", "eps"]);
    if (checkTensor(who, "x", x).ndim < 2)
      throw new ShapeError(`${who}: needs [batch, channels, …], got ${show(x.shape)}.`);
    const { training = false, momentum = 0.1, eps = 1e-5 } = options;
    const channels = x.shape[1]!;
    for (const [name, p] of Object.entries({ runningMean, runningVar, weight, bias }))
      checkParameter(who, name, p, [channels]);
    const along = [channels, ...Array<number>(x.ndim - 2).fill(1)];
    if (!training) {
      if (runningMean === undefined || runningVar === undefined) {
        throw new OptionError(`${who}: outside training it needs runningMean and runningVar.`);
      }
      const y = mul(sub(x, reshape(runningMean, along)), rsqrt(add(reshape(runningVar, along), eps)));
      return scaled(y, weight, bias, along);
    }
    const dims = [...x.shape.keys()].filter((d) => d !== 1);
    const count = sizeOf(x.shape) / channels;
    if (count <= 1)
      throw new ShapeError(`${who}: in training it needs more than one value per channel, got ${show(x.shape)}.`);
    const { y, mean, variance } = standardised(x, dims, eps);
    within(false, who, () => {
      const follow = (running: Tensor | undefined, now: Tensor): void => {
        if (running !== undefined)
          running.copy_(add(mul(running, 1 - momentum), mul(reshape(now, [channels]), momentum)));
      };
      follow(runningMean, mean);
      follow(runningVar, mul(variance, count / (count - 1)));
    });
    return scaled(y, weight, bias, along);
  },
);
