import { checkTensor } from "../autograd/functions.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { fillBernoulli } from "../tensor/random.ts";
import { show } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { add, div, mul, sub } from "../ops/arithmetic.ts";
import { Module } from "./module.ts";
import { firstOption } from "./options.ts";

/**
 * While training, sets each element to 0 with probability p (default 0.5) and scales the others by 1/(1 − p).
 *
 * Srivastava et al. 2014, JMLR 15.
 */
export function dropout(x: Tensor, options: { p?: number; training?: boolean } = {}): Tensor {
  checkOptions("dropout", options, { p: is.share, training: is.flag });
  const { p = 0.5, training = true } = options;
  if (!training || p === 0) return x;
  if (p === 1) return mul(x, 0);
  const mask = empty(x.shape, x.dtype);
  fillBernoulli(mask, 1 - p);
  return mul(x, div(mask, 1 - p));
}

/** Whole channels of [batch, channels, …] set to 0. Tompson et al. 2015, arXiv:1411.4280. */
function channelDropout(who: string, x: Tensor, dims: number, options: { p?: number; training?: boolean }): Tensor {
  checkOptions(who, options, { p: is.share, training: is.flag });
  const { p = 0.5, training = true } = options;
  if (checkTensor(who, "x", x).ndim !== dims) {
    throw new ShapeError(
      `${who}: needs [batch, channels, ${dims === 4 ? "height, width" : "length"}], got ${show(x.shape)}.`,
    );
  }
  if (!training || p === 0) return x;
  if (p === 1) return mul(x, 0);
  const mask = empty([x.shape[0]!, x.shape[1]!, ...Array<number>(dims - 2).fill(1)], x.dtype);
  fillBernoulli(mask, 1 - p);
  return mul(x, div(mask, 1 - p));
}
/** While training, sets whole channels of [batch, channels, length] to 0 with probability p and scales the others. */
export function dropout1d(x: Tensor, options: { p?: number; training?: boolean } = {}): Tensor {
  return channelDropout("dropout1d", x, 3, options);
}
/** While training, sets whole channels of [batch, channels, height, width] to 0 with probability p and scales the others. */
export function dropout2d(x: Tensor, options: { p?: number; training?: boolean } = {}): Tensor {
  return channelDropout("dropout2d", x, 4, options);
}

/**
 * Dropout that keeps mean and variance for selu: what is dropped takes selu's lowest value, and all is scaled.
 *
 * Klambauer et al. 2017, arXiv:1706.02515.
 */
export function alphaDropout(x: Tensor, options: { p?: number; training?: boolean } = {}): Tensor {
  checkOptions("alphaDropout", options, { p: is.share, training: is.flag });
  const { p = 0.5, training = false } = options;
  if (!training || p === 0) return x;
  if (p === 1) return mul(x, 0);
  const lowest = 1.7580993408473766;
  const mask = empty(checkTensor("alphaDropout", "x", x).shape, x.dtype);
  fillBernoulli(mask, 1 - p);
  const scale = 1 / Math.sqrt((lowest * lowest * p + 1) * (1 - p));
  return add(mul(x, mul(mask, scale)), add(mul(sub(mask, 1), lowest * scale), lowest * scale * p));
}

type Drop = (x: Tensor, options: { p: number; training: boolean }) => Tensor;
function layer(
  name: string,
  drop: Drop,
): new (first?: number | { p?: number }) => Module & { readonly p: number; forward(x: Tensor): Tensor } {
  return {
    [name]: class extends Module {
      readonly p: number;
      constructor(first?: number | { p?: number }) {
        super();
        this.p = (firstOption(name, { p: is.share }, first)["p"] as number | undefined) ?? 0.5;
      }
      override forward(x: Tensor): Tensor {
        return drop(x, { p: this.p, training: this.training });
      }
      override extraRepr(): string {
        return `p=${this.p}`;
      }
    },
  }[name]!;
}

/** `dropout` while training, nothing in evaluation. */
export const Dropout = layer("Dropout", dropout);
export type Dropout = InstanceType<typeof Dropout>;
/** `dropout1d` while training, nothing in evaluation. */
export const Dropout1d = layer("Dropout1d", dropout1d);
/** `dropout2d` while training, nothing in evaluation. */
export const Dropout2d = layer("Dropout2d", dropout2d);
/** `alphaDropout` while training, nothing in evaluation. */
export const AlphaDropout = layer("AlphaDropout", alphaDropout);
