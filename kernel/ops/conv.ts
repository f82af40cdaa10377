import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { resultType } from "../tensor/dtype.ts";
import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { gemm, type Matrix } from "../tensor/gemm.ts";
import { checkOptions } from "../tensor/options.ts";
import { show, type Shape } from "../tensor/shape.ts";
import { elements, empty, type Tensor } from "../tensor/tensor.ts";
import { add } from "./arithmetic.ts";
import { reshape, squeeze, unsqueeze } from "./reshape.ts";

/** A convolution of images x[batch, in, height, width] with weights w[out, in / groups, kh, kw]. */
interface Geometry {
  readonly input: Shape;
  readonly weight: Shape;
  readonly output: Shape;
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/**
 * The patches of one image and group as columns [in/groups · kh · kw, oh · ow], so that the convolution becomes a matrix
 * product; or, `backwards`, the columns added back to the pixels that they came from.
 */
function columns(
  g: Geometry,
  image: ArrayLike<number> & { [i: number]: number },
  start: number,
  cols: Float64Array,
  backwards: boolean,
): void {
  const [, , height, width] = g.input as [number, number, number, number];
  const [, channels, kh, kw] = g.weight as [number, number, number, number];
  const [, , oh, ow] = g.output as [number, number, number, number];
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < kh; i++) {
      for (let j = 0; j < kw; j++) {
        for (let y = 0; y < oh; y++) {
          const row = y * g.stride[0] - g.padding[0] + i * g.dilation[0];
          const inside = row >= 0 && row < height;
          const base = start + (c * height + row) * width;
          for (let x = 0; x < ow; x++, at++) {
            const column = x * g.stride[1] - g.padding[1] + j * g.dilation[1];
            const hit = inside && column >= 0 && column < width;
            if (!backwards) cols[at] = hit ? image[base + column]! : 0;
            else if (hit) image[base + column]! += cols[at]!;
          }
        }
      }
    }
  }
}

/** Visits every image and group with the offsets of its part of input, weight and output. */
function visit(g: Geometry, f: (input: number, weight: number, output: number) => void): void {
  const [batch, inChannels, height, width] = g.input as [number, number, number, number];
  const [outChannels] = g.weight as [number];
  const outSize = g.output[2]! * g.output[3]!;
  const weightSize = g.weight[1]! * g.weight[2]! * g.weight[3]!;
  const perGroup = outChannels / g.groups;
  for (let n = 0; n < batch; n++) {
    for (let k = 0; k < g.groups; k++) {
      f(
        (n * inChannels + (k * inChannels) / g.groups) * height * width,
        k * perGroup * weightSize,
        (n * outChannels + k * perGroup) * outSize,
      );
    }
  }
}

function sizes(g: Geometry): { m: number; k: number; n: number } {
  return { m: g.weight[0]! / g.groups, k: g.weight[1]! * g.weight[2]! * g.weight[3]!, n: g.output[2]! * g.output[3]! };
}
const rows = (data: Matrix["data"], offset: number, length: number): Matrix => ({
  data,
  offset,
  rowStep: length,
  columnStep: 1,
});
const turned = (data: Matrix["data"], offset: number, length: number): Matrix => ({
  data,
  offset,
  rowStep: 1,
  columnStep: length,
});

/** Input and weight → output. */
const correlate: Op<Geometry> = defineOp({
  name: "conv",
  forward([x, w], g) {
    const y = empty(g.output, resultType(x!, w!));
    const { m, k, n } = sizes(g);
    const [image, weight] = [elements(x!), elements(w!)];
    const out = y.storage.array();
    const cols = new Float64Array(k * n);
    visit(g, (input, from, to) => {
      columns(g, image.data, image.start + input, cols, false);
      gemm(m, n, k, rows(weight.data, weight.start + from, k), rows(cols, 0, n), out, to);
    });
    return y;
  },
  keep: (_y, [x, w]) => [x!, w!],
  gradient: (gy, { saved: [x, w], needs, attributes: g }) => [
    needs[0] ? toInput([gy, w!], g) : undefined,
    needs[1] ? toWeight([x!, gy], g) : undefined,
  ],
});

/** Output and weight → input: the gradient of a convolution by its input, and the transposed convolution. */
const toInput: Op<Geometry> = defineOp({
  name: "convTranspose",
  forward([y, w], g) {
    const sum = filled(g.input, 0, resultType(y!, w!));
    const { m, k, n } = sizes(g);
    const [out, weight] = [elements(y!), elements(w!)];
    const image = sum.storage.array();
    const cols = new Float64Array(k * n);
    visit(g, (input, from, to) => {
      gemm(k, n, m, turned(weight.data, weight.start + from, k), rows(out.data, out.start + to, n), cols, 0);
      columns(g, image, input, cols, true);
    });
    return sum;
  },
  keep: (_x, [y, w]) => [y!, w!],
  gradient: (gx, { saved: [y, w], needs, attributes: g }) => [
    needs[0] ? correlate([gx, w!], g) : undefined,
    needs[1] ? toWeight([gx, y!], g) : undefined,
  ],
});

/** Input and output → weight: the gradient of a convolution by its weight. */
const toWeight: Op<Geometry> = defineOp({
  name: "convWeight",
  forward([x, y], g) {
    const { m, k, n } = sizes(g);
    const [image, out] = [elements(x!), elements(y!)];
    const cols = new Float64Array(k * n);
    const part = new Float64Array(m * k);
    // Over the whole batch in double precision.
    const sum = new Float64Array(g.weight[0]! * k);
    visit(g, (input, to, from) => {
      columns(g, image.data, image.start + input, cols, false);
      gemm(m, k, n, rows(out.data, out.start + from, n), turned(cols, 0, n), part, 0);
      for (let i = 0; i < part.length; i++) sum[to + i]! += part[i]!;
    });
    const w = empty(g.weight, resultType(x!, y!));
    w.storage.array().set(sum);
    return w;
  },
  keep: (_w, [x, y]) => [x!, y!],
  gradient: (gw, { saved: [x, y], needs, attributes: g }) => [
    needs[0] ? toInput([y!, gw], g) : undefined,
    needs[1] ? correlate([x!, gw], g) : undefined,
  ],
});

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

interface Checked {
  x: Tensor;
  stride: number[];
  padding: number[];
  dilation: number[];
  groups: number;
}

function check(
  who: string,
  dims: number,
  x: Tensor,
  weight: Tensor,
  options: ConvOptions,
  known: readonly string[],
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
  if (options.padding === "same") {
    if (stride.some((s) => s !== 1) || kernel.some((n, i) => (dilation[i]! * (n - 1)) % 2 !== 0)) {
      throw new OptionError(`${who}: padding "same" needs stride 1 and an odd kernel; pad() the input by hand.`);
    }
    padding = kernel.map((n, i) => (dilation[i]! * (n - 1)) / 2);
  } else padding = spatial(who, "padding", options.padding === "valid" ? 0 : (options.padding ?? 0), dims, 0);
  return { x: x.ndim === dims + 2 ? x : unsqueeze(x, 0), stride, padding, dilation, groups };
}

function geometry(
  { stride, padding, dilation, groups }: Omit<Checked, "x">,
  input: Shape,
  weight: Shape,
  output: Shape,
): Geometry {
  return { input, weight, output, stride, padding, dilation, groups } as unknown as Geometry;
}

function withBias(who: string, y: Tensor, bias: Tensor | undefined, channels: number): Tensor {
  if (bias === undefined) return y;
  if (checkTensor(who, "bias", bias).ndim !== 1 || bias.shape[0] !== channels) {
    throw new ShapeError(`${who}: bias must be [${channels}], one per output channel, got ${show(bias.shape)}.`);
  }
  return add(y, reshape(bias, [channels, 1, 1]));
}

const options = ["stride", "padding", "dilation", "groups"];

/**
 * Convolution (cross-correlation) of images x[batch, in, height, width] (or without batch) with weight[out, in/groups,
 * kh, kw] and bias[out] or undefined → [batch, out, oh, ow], oh = ⌊(height + 2 padding − dilation (kh − 1) − 1) / stride⌋ + 1.
 *
 * Sums in double precision.
 */
export const conv2d = named("conv2d", (x: Tensor, weight: Tensor, bias?: Tensor, given: ConvOptions = {}): Tensor => {
  const checked = check("conv2d", 2, x, weight, given, options, 1);
  const out = [0, 1].map((d) => {
    const reach = checked.dilation[d]! * (weight.shape[d + 2]! - 1) + 1;
    return Math.floor((checked.x.shape[d + 2]! + 2 * checked.padding[d]! - reach) / checked.stride[d]!) + 1;
  });
  if (out.some((n) => n < 1)) {
    throw new ShapeError(
      `conv2d: the kernel of ${show(weight.shape)} is larger than the padded input ${show(x.shape)}.`,
    );
  }
  const y = correlate(
    [checked.x, weight],
    geometry(checked, checked.x.shape, weight.shape, [checked.x.shape[0]!, weight.shape[0]!, ...out]),
  );
  const result = withBias("conv2d", y, bias, weight.shape[0]!);
  return x.ndim === 4 ? result : squeeze(result, 0);
});

/** One number → the same with a leading spatial dim of size 1. */
function lifted(value: Spatial | "same" | "valid" | undefined, fill: number): Spatial | "valid" | undefined {
  if (value === undefined || value === "valid" || value === "same") return value as undefined;
  return [fill, ...spatial("conv1d", "stride, padding and dilation", value, 1, 0)];
}

/** Convolution of sequences x[batch, in, length] with weight[out, in/groups, k] and bias[out] → [batch, out, length']. */
export const conv1d = named("conv1d", (x: Tensor, weight: Tensor, bias?: Tensor, given: ConvOptions = {}): Tensor => {
  check("conv1d", 1, x, weight, given, options, 1);
  const padding = given.padding === "same" ? "same" : lifted(given.padding, 0);
  const y = conv2d(unsqueeze(x, -2), unsqueeze(weight, 2), bias, {
    groups: given.groups ?? 1,
    stride: (lifted(given.stride, 1) ?? 1) as Spatial,
    padding: padding ?? 0,
    dilation: (lifted(given.dilation, 1) ?? 1) as Spatial,
  });
  return squeeze(y, -2);
});

export interface ConvTransposeOptions extends ConvOptions {
  padding?: Spatial;
  /** Added to one side of the output's size, where several inputs sizes give the same output. Default 0. */
  outputPadding?: Spatial;
}

/**
 * Transposed convolution: the reverse, in shape, of conv2d with the same options: x[batch, in, height, width],
 * weight[in, out/groups, kh, kw], bias[out] → [batch, out, (height − 1) stride − 2 padding + dilation (kh − 1) + outputPadding + 1, …].
 */
export const convTranspose2d = named(
  "convTranspose2d",
  (x: Tensor, weight: Tensor, bias?: Tensor, given: ConvTransposeOptions = {}): Tensor => {
    const checked = check("convTranspose2d", 2, x, weight, given, [...options, "outputPadding"], 0);
    const extra = spatial("convTranspose2d", "outputPadding", given.outputPadding ?? 0, 2, 0);
    const size = [0, 1].map(
      (d) =>
        (checked.x.shape[d + 2]! - 1) * checked.stride[d]! -
        2 * checked.padding[d]! +
        checked.dilation[d]! * (weight.shape[d + 2]! - 1) +
        extra[d]! +
        1,
    );
    const channels = weight.shape[1]! * checked.groups;
    const input = [checked.x.shape[0]!, channels, ...size];
    const y = toInput([checked.x, weight], geometry(checked, input, weight.shape, checked.x.shape));
    const result = withBias("convTranspose2d", y, bias, channels);
    return x.ndim === 4 ? result : squeeze(result, 0);
  },
);
