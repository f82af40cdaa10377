import { expandTo, to } from "../autograd/broadcast.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { resultType } from "../tensor/dtype.ts";
import { ShapeError } from "../tensor/errors.ts";
import { show, sizeOf } from "../tensor/shape.ts";
import { addressOf, empty, packed, type Tensor } from "../tensor/tensor.ts";
import { convBias, convForward, convInput, convWeight, type Geometry } from "../wasm/conv.ts";
import { add } from "./arithmetic.ts";
import { compute } from "./compute.ts";
import { forwardByColumns, inputByColumns, weightByColumns } from "./convColumns.ts";
import {
  check,
  convKinds,
  convTransposeKinds,
  geometry,
  lifted,
  spatial,
  type ConvOptions,
  type ConvTransposeOptions,
  type Spatial,
} from "./convOptions.ts";
import { reshape, squeeze, unsqueeze } from "./reshape.ts";
import { sum } from "./sum.ts";

export type { ConvOptions, ConvTransposeOptions, Spatial } from "./convOptions.ts";

/** Whether the WebAssembly kernels take these: float32, and something to do. */
function fits(g: Geometry, a: Tensor, b: Tensor): boolean {
  return (
    a.dtype === "float32" &&
    b.dtype === "float32" &&
    sizeOf(g.input) > 0 &&
    sizeOf(g.weight) > 0 &&
    sizeOf(g.output) > 0
  );
}

/** Input, weight and perhaps bias → output. */
const correlate: Op<Geometry> = defineOp({
  name: "conv",
  forward([x, w, bias], g) {
    const y = empty(g.output, bias === undefined ? resultType(x!, w!) : resultType(x!, w!, bias));
    if (fits(g, x!, w!) && y.dtype === "float32") {
      const [image, weight] = [packed(x!), packed(w!)];
      const start = bias === undefined ? undefined : packed(bias.dtype === "float32" ? bias : to([bias], "float32"));
      const biasAt = start === undefined ? 0 : addressOf(start);
      compute([image, weight, start], () => convForward(g, addressOf(image), addressOf(weight), biasAt, addressOf(y)));
    } else forwardByColumns(x!, w!, bias, y.storage.array(), g);
    return y;
  },
  keep: (_y, [x, w]) => [x!, w!],
  gradient: (gy, { saved: [x, w], needs, attributes: g }) => [
    needs[0] ? toInput([gy, w!], g) : undefined,
    needs[1] ? toWeight([x!, gy], g) : undefined,
    needs[2] ? channelSum([gy], undefined) : undefined,
  ],
});

/** Output and weight → input: the gradient of a convolution by its input, and the transposed convolution. */
const toInput: Op<Geometry> = defineOp({
  name: "convTranspose",
  forward([y, w], g) {
    if (fits(g, y!, w!)) {
      const x = empty(g.input, "float32");
      const [out, weight] = [packed(y!), packed(w!)];
      compute([out, weight], () => convInput(g, addressOf(out), addressOf(weight), addressOf(x)));
      return x;
    }
    const x = filled(g.input, 0, resultType(y!, w!));
    inputByColumns(y!, w!, x.storage.array(), g);
    return x;
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
    const w = empty(g.weight, resultType(x!, y!));
    if (fits(g, x!, y!)) {
      const [image, out] = [packed(x!), packed(y!)];
      compute([image, out], () => convWeight(g, addressOf(image), addressOf(out), addressOf(w)));
    } else w.storage.array().set(weightByColumns(x!, y!, g));
    return w;
  },
  keep: (_w, [x, y]) => [x!, y!],
  gradient: (gw, { saved: [x, y], needs, attributes: g }) => [
    needs[0] ? toInput([y!, gw], g) : undefined,
    needs[1] ? correlate([x!, gw], g) : undefined,
  ],
});

/** The sum over images and pixels of each channel: the gradient of a bias. */
const channelSum: Op<undefined> = defineOp({
  name: "convBias",
  forward([y]) {
    const [batch, channels, height, width] = y!.shape as [number, number, number, number];
    if (y!.dtype !== "float32") return sum(y!, [0, 2, 3]);
    const total = empty([channels], "float32");
    const source = packed(y!);
    compute([source], () => convBias(addressOf(source), batch, channels, height * width, addressOf(total)));
    return total;
  },
  gradient: (g, { shapes: [shape] }) => [expandTo(reshape(g, [shape![1]!, 1, 1]), shape!)],
});

function checkBias(who: string, bias: Tensor | undefined, channels: number): void {
  if (bias === undefined) return;
  if (checkTensor(who, "bias", bias).ndim !== 1 || bias.shape[0] !== channels) {
    throw new ShapeError(`${who}: bias must be [${channels}], one per output channel, got ${show(bias.shape)}.`);
  }
}

/**
 * Convolution (cross-correlation) of images x[batch, in, height, width] (or without batch) with weight[out, in/groups,
 * kh, kw] and bias[out] or undefined → [batch, out, oh, ow], oh = ⌊(height + 2 padding − dilation (kh − 1) − 1) / stride⌋ + 1.
 */
export const conv2d = named("conv2d", (x: Tensor, weight: Tensor, bias?: Tensor, given: ConvOptions = {}): Tensor => {
  const checked = check("conv2d", 2, x, weight, given, convKinds, 1);
  const out = [0, 1].map((d) => {
    const reach = checked.dilation[d]! * (weight.shape[d + 2]! - 1) + 1;
    return Math.floor((checked.x.shape[d + 2]! + 2 * checked.padding[d]! - reach) / checked.stride[d]!) + 1;
  });
  if (out.some((n) => n < 1)) {
    throw new ShapeError(
      `conv2d: the kernel of ${show(weight.shape)} is larger than the padded input ${show(x.shape)}.`,
    );
  }
  checkBias("conv2d", bias, weight.shape[0]!);
  const y = correlate(
    bias === undefined ? [checked.x, weight] : [checked.x, weight, bias],
    geometry(checked, checked.x.shape, weight.shape, [checked.x.shape[0]!, weight.shape[0]!, ...out]),
  );
  return x.ndim === 4 ? y : squeeze(y, 0);
});

/** Convolution of sequences x[batch, in, length] with weight[out, in/groups, k] and bias[out] → [batch, out, length']. */
export const conv1d = named("conv1d", (x: Tensor, weight: Tensor, bias?: Tensor, given: ConvOptions = {}): Tensor => {
  check("conv1d", 1, x, weight, given, convKinds, 1);
  const padding = given.padding === "same" ? "same" : lifted(given.padding, 0);
  const y = conv2d(unsqueeze(x, -2), unsqueeze(weight, 2), bias, {
    groups: given.groups ?? 1,
    stride: (lifted(given.stride, 1) ?? 1) as Spatial,
    padding: padding ?? 0,
    dilation: (lifted(given.dilation, 1) ?? 1) as Spatial,
  });
  return squeeze(y, -2);
});

/**
 * Transposed convolution: the reverse, in shape, of conv2d with the same options: x[batch, in, height, width],
 * weight[in, out/groups, kh, kw], bias[out] → [batch, out, (height − 1) stride − 2 padding + dilation (kh − 1) + outputPadding + 1, …].
 */
export const convTranspose2d = named(
  "convTranspose2d",
  (x: Tensor, weight: Tensor, bias?: Tensor, given: ConvTransposeOptions = {}): Tensor => {
    const checked = check("convTranspose2d", 2, x, weight, given, convTransposeKinds, 0);
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
    checkBias("convTranspose2d", bias, channels);
    const result = bias === undefined ? y : add(y, reshape(bias, [channels, 1, 1]));
    return x.ndim === 4 ? result : squeeze(result, 0);
  },
);
