import { adaptiveAvgPool2d, avgPool2d, maxPool2d, type PoolOptions } from "../ops/pool.ts";
import type { Spatial } from "../ops/conv.ts";
import { checkOptions } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** The largest element of each window. */
export class MaxPool2d extends Module {
  readonly kernelSize: Spatial;
  private readonly options: PoolOptions;

  constructor(kernelSize: Spatial, options: PoolOptions = {}) {
    super();
    checkOptions("MaxPool2d", options, ["stride", "padding"]);
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }
  override forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }
  override extraRepr(): string {
    return `kernelSize=${String(this.kernelSize)}`;
  }
}

/** The mean of each window. */
export class AvgPool2d extends Module {
  readonly kernelSize: Spatial;
  private readonly options: PoolOptions & { countIncludePad?: boolean };

  constructor(kernelSize: Spatial, options: PoolOptions & { countIncludePad?: boolean } = {}) {
    super();
    checkOptions("AvgPool2d", options, ["stride", "padding", "countIncludePad"]);
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }
  override forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }
  override extraRepr(): string {
    return `kernelSize=${String(this.kernelSize)}`;
  }
}

/** Means of windows that divide the image into `outputSize`. */
export class AdaptiveAvgPool2d extends Module {
  readonly outputSize: Spatial;

  constructor(outputSize: Spatial) {
    super();
    this.outputSize = outputSize;
  }
  override forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
  override extraRepr(): string {
    return `outputSize=${String(this.outputSize)}`;
  }
}
