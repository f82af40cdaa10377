import {
  conv1d,
  conv2d,
  convTranspose2d,
  type ConvOptions,
  type ConvTransposeOptions,
  type Spatial,
} from "../ops/conv.ts";
import { convKinds, convTransposeKinds, samePadding, spatial } from "../ops/convOptions.ts";
import { pad, padModes, type PadMode } from "../ops/pad.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions, is, oneOf, type Kinds } from "../tensor/options.ts";
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
    known: Kinds,
    dims: number,
    transposed: boolean,
  ) {
    super();
    const who = new.target.name;
    checkOptions(who, options, { ...known, bias: is.flag });
    const kernel = spatial(who, "kernelSize", kernelSize, dims, 1);
    sizeArguments(who, [inChannels, outChannels]);
    for (const name of ["stride", "dilation", "padding", "outputPadding"]) {
      const value = (options as object as { [name: string]: Spatial | string | undefined })[name];
      if (value !== undefined && typeof value !== "string") spatial(who, name, value, dims, 0);
    }
    const { bias = true, ...rest } = options;
    const { groups = 1 } = options;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new OptionError(
        `${who}: ${inChannels} and ${outChannels} channels must both divide into ${groups} groups.`,
      );
    }
    if (options.padding === "same") samePadding(who, kernel, options, dims);
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

interface PaddedOptions extends ConvOptions, LayerOptions {
  /** What the padding holds: "zeros" (default), or the image again, as for `nn.functional.pad`. */
  paddingMode?: "zeros" | Exclude<PadMode, "constant">;
}
const paddedKinds: Kinds = { ...convKinds, paddingMode: oneOf("zeros", ...padModes.slice(1)) };

/** A convolution whose padding may hold something else than zeros: then it is made beforehand. */
abstract class PaddedConvolution extends Convolution<PaddedOptions> {
  private readonly margins: readonly number[] | undefined;
  private readonly mode: PadMode;
  /** What the convolution itself is told. */
  protected readonly inner: ConvOptions;

  constructor(inChannels: number, outChannels: number, kernelSize: Spatial, options: PaddedOptions, dims: number) {
    super(inChannels, outChannels, kernelSize, options, paddedKinds, dims, false);
    const { bias: _, paddingMode = "zeros", ...rest } = options;
    this.mode = paddingMode === "zeros" ? "constant" : paddingMode;
    this.inner = paddingMode === "zeros" ? rest : { ...rest, padding: 0 };
    if (paddingMode === "zeros") return;
    const { padding = 0 } = options;
    const sides =
      padding === "same"
        ? samePadding(new.target.name, this.kernelSize, options, dims)
        : spatial(new.target.name, "padding", padding === "valid" ? 0 : padding, dims, 0).map((n) => [n, n]);
    this.margins = sides.toReversed().flat();
  }
  protected padded(x: Tensor): Tensor {
    return this.margins === undefined ? x : pad(x, this.margins, { mode: this.mode });
  }
}

/** Convolution of images [batch, inChannels, height, width]; see `nn.functional.conv2d`. */
export class Conv2d extends PaddedConvolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Spatial, options: PaddedOptions = {}) {
    super(inChannels, outChannels, kernelSize, options, 2);
  }
  override forward(x: Tensor): Tensor {
    return conv2d(this.padded(x), this.weight, this.bias, this.inner);
  }
}

/** Convolution of sequences [batch, inChannels, length]. */
export class Conv1d extends PaddedConvolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Spatial, options: PaddedOptions = {}) {
    super(inChannels, outChannels, kernelSize, options, 1);
  }
  override forward(x: Tensor): Tensor {
    return conv1d(this.padded(x), this.weight, this.bias, this.inner);
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
    super(inChannels, outChannels, kernelSize, given, convTransposeKinds, 2, true);
  }
  override forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }
}
