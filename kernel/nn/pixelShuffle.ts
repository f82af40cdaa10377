import { checkTensor } from "../autograd/functions.ts";
import { reshape } from "../ops/reshape.ts";
import { apart } from "../ops/to.ts";
import { permute } from "../ops/transpose.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkNumber } from "../tensor/options.ts";
import { show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

function parts(who: string, x: Tensor, factor: number, divides: (c: number, h: number, w: number) => boolean) {
  checkNumber(who, "factor", factor, "that is whole and ≥ 1", (r) => Number.isInteger(r) && r >= 1);
  if (checkTensor(who, "x", x).ndim < 3)
    throw new ShapeError(`${who}: needs [..., channels, height, width], got ${show(x.shape)}.`);
  const lead = x.shape.slice(0, -3);
  const [c, h, w] = x.shape.slice(-3) as [number, number, number];
  if (!divides(c, h, w)) throw new ShapeError(`${who}: ${show(x.shape)} does not divide by the factor ${factor}.`);
  return { lead, c, h, w, order: (...dims: number[]) => [...lead.keys(), ...dims.map((d) => lead.length + d)] };
}

/** Channels become places: [..., c r², h, w] → [..., c, h r, w r]. Shi et al. 2016, arXiv:1609.05158. */
export function pixelShuffle(x: Tensor, factor: number): Tensor {
  const r = factor;
  const { lead, c, h, w, order } = parts("pixelShuffle", x, r, (channels) => channels % (r * r) === 0);
  const split = reshape(x, [...lead, c / (r * r), r, r, h, w]);
  return apart(reshape(permute(split, ...order(0, 3, 1, 4, 2)), [...lead, c / (r * r), h * r, w * r]), x);
}

/** The reverse: [..., c, h r, w r] → [..., c r², h, w]. */
export function pixelUnshuffle(x: Tensor, factor: number): Tensor {
  const r = factor;
  const { lead, c, h, w, order } = parts(
    "pixelUnshuffle",
    x,
    r,
    (_c, height, width) => (height % r) + (width % r) === 0,
  );
  const split = reshape(x, [...lead, c, h / r, r, w / r, r]);
  return apart(reshape(permute(split, ...order(0, 2, 4, 1, 3)), [...lead, c * r * r, h / r, w / r]), x);
}

/** `nn.functional.pixelShuffle` as a module. */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number;
  constructor(upscaleFactor: number) {
    super();
    this.upscaleFactor = upscaleFactor;
  }
  override forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }
  override extraRepr(): string {
    return `upscaleFactor=${this.upscaleFactor}`;
  }
}
/** `nn.functional.pixelUnshuffle` as a module. */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number;
  constructor(downscaleFactor: number) {
    super();
    this.downscaleFactor = downscaleFactor;
  }
  override forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }
  override extraRepr(): string {
    return `downscaleFactor=${this.downscaleFactor}`;
  }
}
