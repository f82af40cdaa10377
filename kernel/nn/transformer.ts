import { add } from "../ops/arithmetic.ts";
import { gelu } from "../ops/activations.ts";
import { relu } from "../ops/relu.ts";
import { describe, OptionError } from "../tensor/errors.ts";
import { checkOptions, either, is, oneOf, type Kinds } from "../tensor/options.ts";
import { sizeArguments } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { MultiheadAttention } from "./attention.ts";
import { copyModule } from "./copy.ts";
import { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";
import { ModuleList } from "./containers.ts";
import { Module } from "./module.ts";
import { LayerNorm } from "./normalize.ts";

export interface TransformerEncoderLayerOptions {
  /** Width of the hidden layer. Default 2048. */
  dimFeedforward?: number;
  /** Default 0.1. */
  dropout?: number;
  /** "relu" (default), "gelu", or a function. */
  activation?: "relu" | "gelu" | ((x: Tensor) => Tensor);
  /** Default 1e-5. */
  layerNormEps?: number;
  /** [batch, time, dModel] instead of [time, batch, dModel]. Default false. */
  batchFirst?: boolean;
  /** Normalise before each part instead of after it. Default false. */
  normFirst?: boolean;
  /** Additive biases in all linear layers and norms. Default true. */
  bias?: boolean;
}
const kinds: Kinds = {
  dimFeedforward: is.from1,
  dropout: is.share,
  activation: either(oneOf("relu", "gelu"), is.callable),
  layerNormEps: is.atLeast0,
  batchFirst: is.flag,
  normFirst: is.flag,
  bias: is.flag,
};

/** Masks as for `MultiheadAttention`: bool, true to leave out, or numbers added to the scores. */
export interface EncoderLayerMasks {
  /** [time, time]. */
  srcMask?: Tensor | undefined;
  /** [batch, time]: places that mean nothing. */
  srcKeyPaddingMask?: Tensor | undefined;
  /** Each place sees only itself and what is before. Default false. */
  isCausal?: boolean | undefined;
}
export interface EncoderMasks extends Omit<EncoderLayerMasks, "srcMask"> {
  /** [time, time]. */
  mask?: Tensor | undefined;
}

/** Self-attention, then two linear layers, each with a residual and LayerNorm. Vaswani et al. 2017, arXiv:1706.03762. */
export class TransformerEncoderLayer extends Module {
  selfAttn: MultiheadAttention;
  linear1: Linear;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  private readonly drop: Dropout;
  private readonly activation: (x: Tensor) => Tensor;
  private readonly normFirst: boolean;

  constructor(dModel: number, nhead: number, options: TransformerEncoderLayerOptions = {}) {
    super();
    const who = "TransformerEncoderLayer";
    checkOptions(who, options, kinds);
    const {
      dimFeedforward = 2048,
      dropout = 0.1,
      activation = "relu",
      layerNormEps: eps = 1e-5,
      batchFirst = false,
      bias = true,
    } = options;
    this.selfAttn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias });
    this.linear2 = new Linear(dimFeedforward, dModel, { bias });
    this.norm1 = new LayerNorm(dModel, { eps, bias });
    this.norm2 = new LayerNorm(dModel, { eps, bias });
    this.drop = new Dropout(dropout);
    this.activation = activation === "relu" ? relu : activation === "gelu" ? (x) => gelu(x) : activation;
    this.normFirst = options.normFirst ?? false;
  }
  override get stateNames(): { readonly [property: string]: string } {
    return { selfAttn: "self_attn" };
  }

  override forward(src: Tensor, masks: EncoderLayerMasks = {}): Tensor {
    checkOptions("TransformerEncoderLayer.forward", masks, {
      srcMask: is.tensor,
      srcKeyPaddingMask: is.tensor,
      isCausal: is.flag,
    });
    const options = {
      attnMask: masks.srcMask,
      keyPaddingMask: masks.srcKeyPaddingMask,
      isCausal: masks.isCausal,
      needWeights: false,
    };
    const attend = (y: Tensor): Tensor => this.drop.forward(this.selfAttn.forward(y, y, y, options)[0]);
    const feed = (y: Tensor): Tensor =>
      this.drop.forward(this.linear2.forward(this.drop.forward(this.activation(this.linear1.forward(y)))));
    if (this.normFirst) {
      const y = add(src, attend(this.norm1.forward(src)));
      return add(y, feed(this.norm2.forward(y)));
    }
    const y = this.norm1.forward(add(src, attend(src)));
    return this.norm2.forward(add(y, feed(y)));
  }
}

/**
 * `numLayers` layers on top of each other, then `norm` if one is given. The layers are copies of the one given and, as
 * in PyTorch, start from the same values.
 */
export class TransformerEncoder extends Module {
  layers: ModuleList;
  norm: Module | undefined;

  constructor(encoderLayer: TransformerEncoderLayer, numLayers: number, options: { norm?: Module } = {}) {
    super();
    const who = "TransformerEncoder";
    if (!(encoderLayer instanceof Module))
      throw new OptionError(`${who}: needs a TransformerEncoderLayer first, got ${describe(encoderLayer)}.`);
    sizeArguments(who, [numLayers]);
    checkOptions(who, options, { norm: ["a module", (x) => x instanceof Module] });
    this.layers = new ModuleList(Array.from({ length: numLayers }, () => copyModule(encoderLayer)));
    this.norm = options.norm;
  }

  override forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    checkOptions("TransformerEncoder.forward", masks, {
      mask: is.tensor,
      srcKeyPaddingMask: is.tensor,
      isCausal: is.flag,
    });
    const { mask, ...rest } = masks;
    let x = src;
    for (const layer of this.layers) x = layer.forward(x, { srcMask: mask, ...rest }) as Tensor;
    return this.norm === undefined ? x : (this.norm.forward(x) as Tensor);
  }
}
