import {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool2d,
  maxPool2d,
  type AvgPoolOptions,
  type MaxPoolOptions,
  type WithIndices,
} from "../ops/pool.ts";
import { avgPoolKinds, maxPoolKinds, outputKind, type OutputSize } from "../ops/poolOptions.ts";
import { spatialKind } from "../ops/convOptions.ts";
import type { Spatial } from "../ops/conv.ts";
import { checkKind, checkOptions, is, type Kinds } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";
import { adaptiveAvgPool1d, adaptiveMaxPool1d, avgPool1d, maxPool1d } from "./pool1d.ts";

type Pool<Size, Options> = (x: Tensor, size: Size, options?: Options) => Tensor;
/** A pooling layer. With `{ returnIndices: true }` its `forward` gives [values, indices] instead. */
interface Layer<Size, Options extends object, Own> {
  new (
    size: Size,
    options: Options & { returnIndices: true },
  ): Module & Own & { forward(x: Tensor): [values: Tensor, indices: Tensor] };
  new (size: Size, options?: Options): Module & Own & { forward(x: Tensor): Tensor };
}

/** A class of modules for a pooling; options as for the function of the same name. */
function pooling<Options extends object>(
  name: string,
  known: Kinds,
  pool: Pool<Spatial, Options> | WithIndices<Spatial, Options>,
): Layer<Spatial, Options, { readonly kernelSize: Spatial }> {
  return {
    [name]: class extends Module {
      readonly kernelSize: Spatial;
      private readonly options: Options;
      constructor(kernelSize: Spatial, options: Options = {} as Options) {
        super();
        checkKind(name, "kernelSize", kernelSize, spatialKind(1));
        checkOptions(name, options, known);
        this.kernelSize = kernelSize;
        this.options = { ...options };
      }
      override forward(x: Tensor): Tensor {
        return (pool as Pool<Spatial, Options>)(x, this.kernelSize, this.options);
      }
      override extraRepr(): string {
        const rest = Object.entries(this.options).map(([key, value]) => `, ${key}=${String(value)}`);
        return `kernelSize=${String(this.kernelSize)}${rest.join("")}`;
      }
    },
  }[name] as never as Layer<Spatial, Options, { readonly kernelSize: Spatial }>;
}

/** The largest element of each window. */
export const MaxPool2d = pooling<MaxPoolOptions>("MaxPool2d", maxPoolKinds, maxPool2d);
/** The largest element of each window of a sequence. */
export const MaxPool1d = pooling<MaxPoolOptions>("MaxPool1d", maxPoolKinds, maxPool1d);
/** The mean of each window. */
export const AvgPool2d = pooling<AvgPoolOptions>("AvgPool2d", avgPoolKinds, avgPool2d);
/** The mean of each window of a sequence. */
export const AvgPool1d = pooling<AvgPoolOptions>("AvgPool1d", avgPoolKinds, avgPool1d);

/** A class of modules whose windows follow from the size of the result. */
function adaptive<Size, Options extends object = Record<never, never>>(
  name: string,
  pool: Pool<Size, Options> | WithIndices<Size, Options>,
  known: Kinds = {},
): Layer<Size, Options, { readonly outputSize: Size }> {
  return {
    [name]: class extends Module {
      readonly outputSize: Size;
      private readonly options: Options;
      constructor(outputSize: Size, options: Options = {} as Options) {
        super();
        checkKind(name, "outputSize", outputSize, outputKind);
        checkOptions(name, options, known);
        this.outputSize = outputSize;
        this.options = { ...options };
      }
      override forward(x: Tensor): Tensor {
        return (pool as Pool<Size, Options>)(x, this.outputSize, this.options);
      }
      override extraRepr(): string {
        return `outputSize=${String(this.outputSize)}`;
      }
    },
  }[name] as never as Layer<Size, Options, { readonly outputSize: Size }>;
}
const indexed = { returnIndices: is.flag };

/** Means of windows that divide the image into `outputSize`. */
export const AdaptiveAvgPool2d = adaptive<OutputSize>("AdaptiveAvgPool2d", adaptiveAvgPool2d);
/** Means of pieces that divide the sequence into `outputSize`. */
export const AdaptiveAvgPool1d = adaptive<number>("AdaptiveAvgPool1d", adaptiveAvgPool1d);
/** The largest elements of windows that divide the image into `outputSize`. */
export const AdaptiveMaxPool2d = adaptive<OutputSize, { returnIndices?: boolean }>(
  "AdaptiveMaxPool2d",
  adaptiveMaxPool2d,
  indexed,
);
/** The largest elements of pieces that divide the sequence into `outputSize`. */
export const AdaptiveMaxPool1d = adaptive<number, { returnIndices?: boolean }>(
  "AdaptiveMaxPool1d",
  adaptiveMaxPool1d,
  indexed,
);
