import { adaptiveAvgPool2d, adaptiveMaxPool2d, avgPool2d, maxPool2d, type AvgPoolOptions } from "../ops/pool.ts";
import type { OutputSize } from "../ops/poolOptions.ts";
import type { Spatial } from "../ops/conv.ts";
import { checkOptions } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";
import {
  adaptiveAvgPool1d,
  adaptiveMaxPool1d,
  avgPool1d,
  avgPoolNames,
  maxPool1d,
  maxPoolNames,
  type MaxPoolLayerOptions,
} from "./pool1d.ts";

type Pool<Options> = (x: Tensor, kernelSize: Spatial, options?: Options) => Tensor;

/** A class of modules for a pooling; options as for the function of the same name. */
function pooling<Options extends object>(
  name: string,
  known: readonly string[],
  pool: Pool<Options>,
): new (
  kernelSize: Spatial,
  options?: Options,
) => Module & { readonly kernelSize: Spatial; forward(x: Tensor): Tensor } {
  return {
    [name]: class extends Module {
      readonly kernelSize: Spatial;
      private readonly options: Options;
      constructor(kernelSize: Spatial, options: Options = {} as Options) {
        super();
        checkOptions(name, options, known);
        this.kernelSize = kernelSize;
        this.options = { ...options };
      }
      override forward(x: Tensor): Tensor {
        return pool(x, this.kernelSize, this.options);
      }
      override extraRepr(): string {
        const rest = Object.entries(this.options).map(([key, value]) => `, ${key}=${String(value)}`);
        return `kernelSize=${String(this.kernelSize)}${rest.join("")}`;
      }
    },
  }[name]!;
}

/** The largest element of each window. */
export const MaxPool2d = pooling<MaxPoolLayerOptions>("MaxPool2d", maxPoolNames, (x, size, options) =>
  maxPool2d(x, size, options),
);
/** The largest element of each window of a sequence. */
export const MaxPool1d = pooling<MaxPoolLayerOptions>("MaxPool1d", maxPoolNames, maxPool1d);
/** The mean of each window. */
export const AvgPool2d = pooling<AvgPoolOptions>("AvgPool2d", avgPoolNames, avgPool2d);
/** The mean of each window of a sequence. */
export const AvgPool1d = pooling<AvgPoolOptions>("AvgPool1d", avgPoolNames, avgPool1d);

/** A class of modules whose windows follow from the size of the result. */
function adaptive<Size>(
  name: string,
  pool: (x: Tensor, outputSize: Size) => Tensor,
): new (outputSize: Size) => Module & { readonly outputSize: Size; forward(x: Tensor): Tensor } {
  return {
    [name]: class extends Module {
      readonly outputSize: Size;
      constructor(outputSize: Size) {
        super();
        this.outputSize = outputSize;
      }
      override forward(x: Tensor): Tensor {
        return pool(x, this.outputSize);
      }
      override extraRepr(): string {
        return `outputSize=${String(this.outputSize)}`;
      }
    },
  }[name]!;
}

/** Means of windows that divide the image into `outputSize`. */
export const AdaptiveAvgPool2d = adaptive<OutputSize>("AdaptiveAvgPool2d", adaptiveAvgPool2d);
/** Means of pieces that divide the sequence into `outputSize`. */
export const AdaptiveAvgPool1d = adaptive<number>("AdaptiveAvgPool1d", adaptiveAvgPool1d);
/** The largest elements of windows that divide the image into `outputSize`. */
export const AdaptiveMaxPool2d = adaptive<OutputSize>("AdaptiveMaxPool2d", (x, size) => adaptiveMaxPool2d(x, size));
/** The largest elements of pieces that divide the sequence into `outputSize`. */
export const AdaptiveMaxPool1d = adaptive<number>("AdaptiveMaxPool1d", adaptiveMaxPool1d);
