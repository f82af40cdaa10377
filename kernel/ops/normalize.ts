import { checkTensor, named } from "../autograd/functions.ts";
import { within } from "../autograd/mode.ts";
import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { show, sizeOf, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { channelMoments, normalizeChannels, normalizeRows } from "./normalizeRows.ts";
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

/** Standardised over the last `count` elements, then · weight + bias of the last dims: fused where it can be. */
function overRows(
  x: Tensor,
  dims: readonly number[],
  eps: number,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  shape: Shape,
): Tensor {
  const composed = ([input, w, b]: readonly Tensor[]): Tensor => scaled(standardised(input!, dims, eps).y, w, b, shape);
  const inputs = [x, weight, bias].filter((t) => t !== undefined);
  const fits = (bias === undefined || weight !== undefined) && x.numel() > 0;
  if (!fits || inputs.some((t) => t.dtype !== "float32"))
    return scaled(standardised(x, dims, eps).y, weight, bias, shape);
  const count = dims.reduce((n, d) => n * x.shape[d]!, 1);
  return normalizeRows(inputs, { count, eps, composed, state: undefined });
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

/** Refuses what is no list of sizes. */
export function checkNormalized(who: string, shape: unknown): void {
  if (!Array.isArray(shape))
    throw new ShapeError(
      `${who}: normalizedShape must be an array, the sizes of the last dims, got ${describe(shape)}.`,
    );
}

/** Each example standardised over its last dims, which are `normalizedShape`, then · weight + bias. Ba et al. 2016, arXiv:1607.06450. */
export const layerNorm = named(
  "layerNorm",
  (x: Tensor, normalizedShape: Shape, weight?: Tensor, bias?: Tensor, options: { eps?: number } = {}): Tensor => {
    checkTensor("layerNorm", "x", x);
    checkOptions("layerNorm", options, { eps: is.atLeast0 });
    checkNormalized("layerNorm", normalizedShape);
    const lead = x.ndim - normalizedShape.length;
    if (normalizedShape.length === 0 || show(x.shape.slice(Math.max(0, lead))) !== show(normalizedShape)) {
      throw new ShapeError(`layerNorm: the last dims of ${show(x.shape)} must be ${show(normalizedShape)}.`);
    }
    checkParameter("layerNorm", "weight", weight, normalizedShape);
    checkParameter("layerNorm", "bias", bias, normalizedShape);
    const dims = normalizedShape.map((_, i) => lead + i);
    return overRows(x, dims, options.eps ?? 1e-5, weight, bias, normalizedShape);
  },
);

/** Channels in groups, each group of each example standardised, then · weight + bias per channel. Wu & He 2018, arXiv:1803.08494. */
export const groupNorm = named(
  "groupNorm",
  (x: Tensor, numGroups: number, weight?: Tensor, bias?: Tensor, options: { eps?: number } = {}): Tensor => {
    checkTensor("groupNorm", "x", x);
    checkOptions("groupNorm", options, { eps: is.atLeast0 });
    const channels = x.shape[1];
    if (channels === undefined || !Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups !== 0) {
      throw new ShapeError(`groupNorm: the channels (dim 1) of ${show(x.shape)} must divide into ${numGroups} groups.`);
    }
    checkParameter("groupNorm", "weight", weight, [channels]);
    checkParameter("groupNorm", "bias", bias, [channels]);
    const grouped = reshape(x, [x.shape[0]!, numGroups, sizeOf(x.shape.slice(1)) / numGroups]);
    const y = reshape(overRows(grouped, [2], options.eps ?? 1e-5, undefined, undefined, []), x.shape);
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
    checkOptions(who, options, { training: is.flag, momentum: is.number, eps: is.atLeast0 });
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
    const fused = fusedBatch(x, weight, bias, eps);
    const { y, mean, variance } = fused ?? standardised(x, dims, eps);
    within(false, who, () => {
      const follow = (running: Tensor | undefined, now: Tensor): void => {
        if (running !== undefined)
          running.copy_(add(mul(running, 1 - momentum), mul(reshape(now, [channels]), momentum)));
      };
      follow(runningMean, mean);
      follow(runningVar, mul(variance, count / (count - 1)));
    });
    return fused === undefined ? scaled(y, weight, bias, along) : y;
  },
);

/** A batch standardised, scaled and shifted in one op: float32, and enough places for each channel. */
function fusedBatch(
  x: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  eps: number,
): { y: Tensor; mean: Tensor; variance: Tensor } | undefined {
  const inputs = [weight, bias].filter((t) => t !== undefined);
  const [outer, channels] = x.shape as [number, number];
  const places = sizeOf(x.shape.slice(2));
  if (places < 16 || (bias !== undefined && weight === undefined)) return undefined;
  if ([x, ...inputs].some((t) => t.dtype !== "float32")) return undefined;
  const lines = reshape(x, [outer, channels, places]);
  const { mean, variance } = channelMoments(lines);
  const composed = ([input, w, b]: readonly Tensor[]): Tensor =>
    scaled(standardised(input!, [0, 2], eps).y, w, b, [channels, 1]);
  const y = normalizeChannels([lines, ...inputs], { eps, mean, variance, composed, state: undefined });
  return { y: reshape(y, x.shape), mean, variance };
}
