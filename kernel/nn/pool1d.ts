/** Pooling of sequences: that of images one pixel high. */
import { checkTensor } from "../autograd/functions.ts";
import type { Spatial } from "../ops/conv.ts";
import {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool2d,
  maxPool2d,
  type AvgPoolOptions,
  type MaxPoolOptions,
  type WithIndices,
} from "../ops/pool.ts";
import { avgPoolKinds, maxPoolKinds } from "../ops/poolOptions.ts";
import { squeeze, unsqueeze } from "../ops/reshape.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

function asImage(who: string, x: Tensor): Tensor {
  if (checkTensor(who, "x", x).ndim !== 2 && x.ndim !== 3)
    throw new ShapeError(`${who}: needs [batch, channels, length] or [channels, length], got ${show(x.shape)}.`);
  return unsqueeze(x, -2);
}
const one = (value: Spatial): number => (typeof value === "number" ? value : value[0]!);

/** Options of images: nothing happens in the direction that is one pixel high. */
function widened(options: object): object {
  const rest = { ...options } as { [name: string]: unknown };
  for (const [name, still] of Object.entries({ stride: 1, padding: 0, dilation: 1 })) {
    if (rest[name] !== undefined) rest[name] = [still, one(rest[name] as Spatial)];
  }
  return rest;
}

/** Values, or values and indices, one dim less. */
const flat = (result: Tensor | [Tensor, Tensor]): Tensor | [Tensor, Tensor] =>
  Array.isArray(result) ? [squeeze(result[0], -2), squeeze(result[1], -2)] : squeeze(result, -2);

/** The largest element of each window of [batch, channels, length]; with `{ returnIndices: true }` [values, indices]. */
export const maxPool1d = ((x: Tensor, kernelSize: Spatial, options: MaxPoolOptions = {}) => {
  checkOptions("maxPool1d", options, maxPoolKinds);
  return flat(maxPool2d(asImage("maxPool1d", x), [1, one(kernelSize)], widened(options)));
}) as WithIndices<Spatial, MaxPoolOptions>;

/** The mean of each window of [batch, channels, length]. */
export function avgPool1d(x: Tensor, kernelSize: Spatial, options: AvgPoolOptions = {}): Tensor {
  checkOptions("avgPool1d", options, avgPoolKinds);
  return squeeze(avgPool2d(asImage("avgPool1d", x), [1, one(kernelSize)], widened(options)), -2);
}

/** Means of windows that divide [batch, channels, length] into `outputSize` pieces. */
export function adaptiveAvgPool1d(x: Tensor, outputSize: number): Tensor {
  return squeeze(adaptiveAvgPool2d(asImage("adaptiveAvgPool1d", x), [1, outputSize]), -2);
}

/** The largest elements of pieces that divide [batch, channels, length] into `outputSize`. */
export const adaptiveMaxPool1d = ((x: Tensor, outputSize: number, options: { returnIndices?: false } = {}) =>
  flat(adaptiveMaxPool2d(asImage("adaptiveMaxPool1d", x), [1, outputSize], options))) as WithIndices<
  number,
  { returnIndices?: boolean }
>;
