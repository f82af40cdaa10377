import { checkTensor } from "../autograd/functions.ts";
import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, either, is, oneOf, type Kind, type Kinds } from "../tensor/options.ts";
import { show, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Geometry } from "../wasm/conv.ts";
import { pad } from "./pad.ts";
import { unsqueeze } from "./reshape.ts";

/** One number for all spatial dims, or one each. */
export type Spatial = number | readonly number[];
export interface ConvOptions {
  /** Default 1. */
  stride?: Spatial;
  /** Zeros added on both sides (default 0), or "same" (stride 1 only), or "valid" for none. */
  padding?: Spatial | "same" | "valid";
  /** Distance of the taps. Default 1. */
  dilation?: Spatial;
  /** Groups of channels that do not mix. Default 1. */
  groups?: number;
}

/** `value` for each of `dims` spatial dims, checked. */
export function spatial(who: string, name: string, value: Spatial, dims: number, least: number): number[] {
  const list = typeof value === "number" ? Array<number>(dims).fill(value) : value;
  if (!Array.isArray(list) || list.length !== dims || !list.every((n) => Number.isInteger(n) && n >= least)) {
    throw new OptionError(
      `${who}: ${name} must be a whole number ≥ ${least}, or an array of ${dims}, got ${describe(value)}.`,
    );
  }
  return list as number[];
}

/** Operands and options of a convolution, checked. */
export interface Checked {
  x: Tensor;
  stride: number[];
  padding: number[];
  dilation: number[];
  groups: number;
}

/** Refuses what does not fit; a missing batch dim is added. */
export function check(
  who: string,
  dims: number,
  x: Tensor,
  weight: Tensor,
  options: ConvOptions,
  known: Kinds,
  channelDim: 0 | 1,
): Checked {
  checkTensor(who, "input", x);
  checkTensor(who, "weight", weight);
  checkOptions(who, options, known);
  const wants = dims === 1 ? "[batch, channels, length]" : "[batch, channels, height, width]";
  if (weight.ndim !== dims + 2 || (x.ndim !== dims + 2 && x.ndim !== dims + 1)) {
    throw new ShapeError(
      `${who}: the input must be ${wants} and weight have ${dims + 2} dims, got ${show(x.shape)} and ${show(weight.shape)}.`,
    );
  }
  const groups = options.groups ?? 1;
  const channels = x.shape[x.ndim - dims - 1]!;
  const expected = channelDim === 1 ? weight.shape[1]! * groups : weight.shape[0]!;
  if (!Number.isInteger(groups) || groups < 1 || weight.shape[0]! % groups !== 0 || channels !== expected) {
    throw new ShapeError(
      `${who}: an input with ${channels} channels does not fit weight ${show(weight.shape)} with ${describe(groups)} groups: it needs ${expected}, ` +
        `and ${weight.shape[0]} must be a multiple of the groups.`,
    );
  }
  const kernel = weight.shape.slice(2);
  const stride = spatial(who, "stride", options.stride ?? 1, dims, 1);
  const dilation = spatial(who, "dilation", options.dilation ?? 1, dims, 1);
  let padding: number[];
  let input = x.ndim === dims + 2 ? x : unsqueeze(x, 0);
  if (options.padding === "same") {
    const sides = samePadding(who, kernel, options, dims);
    padding = sides.map(([left]) => left);
    // An even kernel reaches one place further at the end.
    const margins = sides.toReversed().flatMap(([left, right]) => [0, right - left]);
    if (margins.some((n) => n !== 0)) input = pad(input, margins);
  } else padding = spatial(who, "padding", options.padding === "valid" ? 0 : (options.padding ?? 0), dims, 0);
  return { x: input, stride, padding, dilation, groups };
}

/** The margins [left, right] of each dim with which the output is as large as the input. */
export function samePadding(
  who: string,
  kernel: readonly number[],
  options: ConvOptions,
  dims: number,
): [left: number, right: number][] {
  if (spatial(who, "stride", options.stride ?? 1, dims, 1).some((s) => s !== 1))
    throw new OptionError(`${who}: padding "same" needs stride 1, got ${describe(options.stride)}.`);
  const dilation = spatial(who, "dilation", options.dilation ?? 1, dims, 1);
  return kernel.map((n, i) => {
    const total = dilation[i]! * (n - 1);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}

export function geometry(
  { stride, padding, dilation, groups }: Omit<Checked, "x">,
  input: Shape,
  weight: Shape,
  output: Shape,
): Geometry {
  return { input, weight, output, stride, padding, dilation, groups } as unknown as Geometry;
}

/** A whole number for all spatial dims, or one for each. How many these are is seen later. */
export function spatialKind(least: number): Kind {
  const fits = (n: unknown): boolean => Number.isInteger(n) && (n as number) >= least;
  return [`a whole number ≥ ${least}, or an array of them`, (x) => (Array.isArray(x) ? x.every(fits) : fits(x))];
}
/** The options that all convolutions know. */
export const convKinds = {
  stride: spatialKind(1),
  padding: either(spatialKind(0), oneOf("same", "valid")),
  dilation: spatialKind(1),
  groups: is.from1,
} satisfies Kinds;
export const convTransposeKinds = { ...convKinds, padding: spatialKind(0), outputPadding: spatialKind(0) };

/** One number → the same with a leading spatial dim of size 1. */
export function lifted(value: Spatial | "same" | "valid" | undefined, fill: number): Spatial | "valid" | undefined {
  if (value === undefined || value === "valid" || value === "same") return value as undefined;
  return [fill, ...spatial("conv1d", "stride, padding and dilation", value, 1, 0)];
}

export interface ConvTransposeOptions extends ConvOptions {
  padding?: Spatial;
  /** Added to one side of the output's size, where several inputs sizes give the same output. Default 0. */
  outputPadding?: Spatial;
}
