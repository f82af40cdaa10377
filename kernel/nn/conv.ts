import {
  conv1d,
  conv2d,
  convTranspose2d,
  type ConvOptions,
  type ConvTransposeOptions,
  type Spatial,
} from "../ops/conv.ts";
import { OptionError, describe } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { sizeArguments } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { kaimingUniform, uniform } from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

interface LayerOptions {
  /** Learn an additive bias. Default true. */
  bias?: boolean;
}

/** What the convolution layers share: weight and bias, started as PyTorch starts them. */
abstract class Convolution<Options extends ConvOptions> extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  protected readonly options: Options;
  weight: Parameter;
  bias: Parameter | undefined;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Spatial,
    options: Options & LayerOptions,
    known: readonly string[],
    dims: number,
    transposed: boolean,
  ) {
    super();
    const who = new.target.name;
    checkOptions(who, options, ["bias", ...known]);
    const kernel = typeof kernelSize === "number" ? Array<number>(dims).fill(kernelSize) : [...kernelSize];
    sizeArguments(who, [inChannels, outChannels, ...kernel]);
    const { bias = true, ...rest } = options;
    const groups = options.groups ?? 1;
    if (!Number.isInteger(groups) || groups < 1 || inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new OptionError(
        `${who}: ${inChannels} and ${outChannels} channels must both divide into ${describe(groups)} groups.`,
      );
    }
    if (kernel.length !== dims)
      throw new OptionError(`${who}: kernelSize must be a number or an array of ${dims}, got ${describe(kernelSize)}.`);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernel;
    this.options = rest as unknown as Options;
    const shape = transposed
      ? [inChannels, outChannels / groups, ...kernel]
      : [outChannels, inChannels / groups, ...kernel];
    this.weight = new Parameter(empty(shape, "float32"));
    this.bias = bias ? new Parameter(empty([outChannels], "float32")) : undefined;
    this.resetParameters();
  }

  /** Draws the initial values again: evenly distributed in ±1/√(inputs per output). */
  resetParameters(): void {
    kaimingUniform(this.weight, { a: Math.sqrt(5) });
    const fan = this.weight.shape.slice(1).reduce((a, b) => a * b, 1);
    if (this.bias !== undefined) uniform(this.bias, { a: -1 / Math.sqrt(fan), b: 1 / Math.sqrt(fan) });
  }
  override extraRepr(): string {
    const rest = Object.entries(this.options).map(
      ([name, value]) => `, ${name}=${Array.isArray(value) ? `[${value.join(", ")}]` : String(value)}`,
    );
    return `${this.inChannels}, ${this.outChannels}, kernelSize=[${this.kernelSize.join(", ")}]${rest.join("")}`;
  }
}

const options = ["stride", "padding", "dilation", "groups"];

/** Convolution of images [batch, inChannels, height, width]; see `nn.functional.conv2d`. */
export class Conv2d extends Convolution<ConvOptions> {
  constructor(inChannels: number, outChannels: number, kernelSize: Spatial, given: ConvOptions & LayerOptions = {}) {
    super(inChannels, outChannels, kernelSize, given, options, 2, false);
  }
  override forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.options);
  }
}

/** Convolution of sequences [batch, inChannels, length]. */
export class Conv1d extends Convolution<ConvOptions> {
  constructor(inChannels: number, outChannels: number, kernelSize: Spatial, given: ConvOptions & LayerOptions = {}) {
    super(inChannels, outChannels, kernelSize, given, options, 1, false);
  }
  override forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this.bias, this.options);
  }
}

/** Transposed convolution of images: enlarges what Conv2d with the same options reduces. */
export class ConvTranspose2d extends Convolution<ConvTransposeOptions> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Spatial,
    given: ConvTransposeOptions & LayerOptions = {},
  ) {
    super(inChannels, outChannels, kernelSize, given, [...options, "outputPadding"], 2, true);
  }
  override forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }
}
