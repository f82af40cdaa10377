import { noGrad } from "../autograd/mode.ts";
import { batchNorm, groupNorm, layerNorm } from "../ops/normalize.ts";
import { filled } from "../tensor/create.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkOptions, is, orNull } from "../tensor/options.ts";
import { show, sizeArguments, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";
import { Buffer, Parameter } from "./parameter.ts";
import { instanceNorm, rmsNorm } from "./rmsNorm.ts";

export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Learn a scale and a shift. Default true. */
  affine?: boolean;
}
export interface BatchNormLayerOptions extends NormOptions {
  /** Share of the new batch in the running values; null for the mean of all batches. Default 0.1. */
  momentum?: number | null;
  /** Keep running values for evaluation. Without them every batch is standardised by itself. Default true. */
  trackRunningStats?: boolean;
}

/** Scale (1) and shift (0), or neither. */
function affine(shape: Shape, wanted: boolean): { weight: Parameter | undefined; bias: Parameter | undefined } {
  const make = (value: number): Parameter | undefined =>
    wanted ? new Parameter(filled(shape, value, "float32")) : undefined;
  return { weight: make(1), bias: make(0) };
}

abstract class BatchNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  weight: Parameter | undefined;
  bias: Parameter | undefined;
  runningMean: Buffer | undefined;
  runningVar: Buffer | undefined;
  numBatchesTracked: Buffer | undefined;

  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super();
    checkOptions(new.target.name, options, {
      eps: is.atLeast0,
      momentum: orNull(is.number),
      affine: is.flag,
      trackRunningStats: is.flag,
    });
    sizeArguments(new.target.name, [numFeatures]);
    this.numFeatures = numFeatures;
    this.eps = options.eps ?? 1e-5;
    this.momentum = options.momentum === undefined ? 0.1 : options.momentum;
    ({ weight: this.weight, bias: this.bias } = affine([numFeatures], options.affine ?? true));
    if (options.trackRunningStats === false) return;
    this.runningMean = new Buffer(filled([numFeatures], 0, "float32"));
    this.runningVar = new Buffer(filled([numFeatures], 1, "float32"));
    this.numBatchesTracked = new Buffer(filled([], 0, "int32"));
  }

  override get stateNames(): { readonly [property: string]: string } {
    return { runningMean: "running_mean", runningVar: "running_var", numBatchesTracked: "num_batches_tracked" };
  }
  protected abstract dims(): readonly number[];

  override forward(x: Tensor): Tensor {
    if (!this.dims().includes(x.ndim)) {
      throw new ShapeError(
        `${this.constructor.name}: needs an input of ${this.dims().join(" or ")} dims, got ${show(x.shape)}.`,
      );
    }
    const { runningMean, runningVar, numBatchesTracked: batches, eps } = this;
    const follow = this.training && batches !== undefined;
    if (follow) noGrad(() => batches.add_(1));
    const momentum = this.momentum ?? (follow ? 1 / batches.item() : 0);
    const training = this.training || runningMean === undefined;
    return batchNorm(x, runningMean, runningVar, this.weight, this.bias, { training, momentum, eps });
  }
  override extraRepr(): string {
    return `${this.numFeatures}, eps=${this.eps}, momentum=${this.momentum}`;
  }
}

/** Each feature of [batch, features] or [batch, features, length] standardised over the batch. */
export class BatchNorm1d extends BatchNorm {
  protected override dims(): readonly number[] {
    return [2, 3];
  }
}
/** Each channel of [batch, channels, height, width] standardised over the batch. */
export class BatchNorm2d extends BatchNorm {
  protected override dims(): readonly number[] {
    return [4];
  }
}

abstract class InstanceNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  weight: Parameter | undefined;
  bias: Parameter | undefined;

  constructor(numFeatures: number, options: NormOptions = {}) {
    super();
    checkOptions(new.target.name, options, { eps: is.atLeast0, affine: is.flag });
    sizeArguments(new.target.name, [numFeatures]);
    this.numFeatures = numFeatures;
    this.eps = options.eps ?? 1e-5;
    ({ weight: this.weight, bias: this.bias } = affine([numFeatures], options.affine ?? false));
  }
  protected abstract readonly dims: number;
  override forward(x: Tensor): Tensor {
    if (x.ndim !== this.dims || x.shape[1] !== this.numFeatures) {
      throw new ShapeError(
        `${this.constructor.name}: needs ${this.dims} dims with ${this.numFeatures} channels in dim 1, got ${show(x.shape)}.`,
      );
    }
    return instanceNorm(x, this.weight, this.bias, { eps: this.eps });
  }
  override extraRepr(): string {
    return `${this.numFeatures}, eps=${this.eps}`;
  }
}
/** Each channel of each example [batch, channels, length] standardised. Affine only if asked for. */
export class InstanceNorm1d extends InstanceNorm {
  protected override readonly dims = 3;
}
/** Each channel of each example [batch, channels, height, width] standardised. Affine only if asked for. */
export class InstanceNorm2d extends InstanceNorm {
  protected override readonly dims = 4;
}

/** Each example over its last dims, whose sizes are given, divided by its root mean square. Zhang & Sennrich 2019, arXiv:1910.07467. */
export class RMSNorm extends Module {
  readonly normalizedShape: Shape;
  /** Undefined: the dtype's own ε. */
  readonly eps: number | undefined;
  weight: Parameter | undefined;

  constructor(normalizedShape: number | Shape, options: { eps?: number; elementwiseAffine?: boolean } = {}) {
    super();
    checkOptions("RMSNorm", options, { eps: is.atLeast0, elementwiseAffine: is.flag });
    this.normalizedShape = sizeArguments("RMSNorm", [normalizedShape] as never);
    this.eps = options.eps;
    this.weight = affine(this.normalizedShape, options.elementwiseAffine ?? true).weight;
  }
  override forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, this.weight, this.eps === undefined ? {} : { eps: this.eps });
  }
  override extraRepr(): string {
    return `${show(this.normalizedShape)}, eps=${String(this.eps)}`;
  }
}

/** Each example standardised over its last dims, whose sizes are given. */
export class LayerNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number;
  weight: Parameter | undefined;
  bias: Parameter | undefined;

  constructor(
    normalizedShape: number | Shape,
    options: { eps?: number; elementwiseAffine?: boolean; bias?: boolean } = {},
  ) {
    super();
    checkOptions("LayerNorm", options, { eps: is.atLeast0, elementwiseAffine: is.flag, bias: is.flag });
    this.normalizedShape = sizeArguments("LayerNorm", [normalizedShape] as never);
    this.eps = options.eps ?? 1e-5;
    ({ weight: this.weight, bias: this.bias } = affine(this.normalizedShape, options.elementwiseAffine ?? true));
    if (options.bias === false) this.bias = undefined;
  }
  override forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, { eps: this.eps });
  }
  override extraRepr(): string {
    return `${show(this.normalizedShape)}, eps=${this.eps}`;
  }
}

/** Groups of channels of each example standardised. */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly eps: number;
  weight: Parameter | undefined;
  bias: Parameter | undefined;

  constructor(numGroups: number, numChannels: number, options: NormOptions = {}) {
    super();
    checkOptions("GroupNorm", options, { eps: is.atLeast0, affine: is.flag });
    sizeArguments("GroupNorm", [numGroups, numChannels]);
    if (numChannels % numGroups !== 0)
      throw new ShapeError(`GroupNorm: ${numChannels} channels do not divide into ${numGroups} groups.`);
    this.numGroups = numGroups;
    this.eps = options.eps ?? 1e-5;
    ({ weight: this.weight, bias: this.bias } = affine([numChannels], options.affine ?? true));
  }
  override forward(x: Tensor): Tensor {
    return groupNorm(x, this.numGroups, this.weight, this.bias, { eps: this.eps });
  }
  override extraRepr(): string {
    return `${this.numGroups}, eps=${this.eps}`;
  }
}
