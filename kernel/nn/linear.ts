import { checkDType, type DType } from "../tensor/dtype.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { sizeArguments } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { linear } from "../ops/linear.ts";
import { kaimingUniform, uniform } from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

export interface LinearOptions {
  /** Learn an additive bias. Default true. */
  bias?: boolean;
  dtype?: DType;
}

/**
 * Affine map y = x · weightᵀ + bias: x[…, inFeatures] → […, outFeatures].
 *
 * Weight [outFeatures, inFeatures] and bias start evenly distributed in ±1/√inFeatures, as in PyTorch.
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | undefined;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    checkOptions("Linear", options, { bias: is.flag, dtype: is.any });
    sizeArguments("Linear", [inFeatures, outFeatures]);
    const dtype = checkDType("Linear", options.dtype ?? "float32");
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(empty([outFeatures, inFeatures], dtype));
    this.bias = (options.bias ?? true) ? new Parameter(empty([outFeatures], dtype)) : undefined;
    this.resetParameters();
  }

  /** Draws the initial values again. */
  resetParameters(): void {
    kaimingUniform(this.weight, { a: Math.sqrt(5) });
    const bound = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0;
    if (this.bias !== undefined) uniform(this.bias, { a: -bound, b: bound });
  }

  override forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
  override extraRepr(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${this.bias !== undefined}`;
  }
}
