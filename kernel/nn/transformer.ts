import { add } from "../ops/arithmetic.ts";
import { gelu } from "../ops/activations.ts";
import { relu } from "../ops/relu.ts";
import { describe, OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { MultiheadAttention, type AttendOptions } from "./attention.ts";
import { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { LayerNorm } from "./normalize.ts";

export interface TransformerEncoderLayerOptions {
  /** Width of the hidden layer. Default 2048. */
  dimFeedforward?: number;
  /** Default 0.1. */
  dropout?: number;
  /** Default "relu". */
  activation?: "relu" | "gelu";
  /** Default 1e-5. */
  layerNormEps?: number;
  /** [batch, time, dModel] instead of [time, batch, dModel]. Default false. */
  batchFirst?: boolean;
  /** Normalise before each part instead of after it. Default false. */
  normFirst?: boolean;
}
const known = ["dimFeedforward", "dropout", "activation", "layerNormEps", "batchFirst", "normFirst"];

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
    checkOptions(who, options, known);
    const {
      dimFeedforward = 2048,
      dropout = 0.1,
      activation = "relu",
      layerNormEps: eps = 1e-5,
      batchFirst = false,
    } = options;
    if (activation !== "relu" && activation !== "gelu") {
      throw new OptionError(`${who}: activation must be "relu" or "gelu", got ${describe(activation)}.`);
    }
    this.selfAttn = new MultiheadAttention(dModel, nhead, { batchFirst });
    this.linear1 = new Linear(dModel, dimFeedforward);
    this.linear2 = new Linear(dimFeedforward, dModel);
    this.norm1 = new LayerNorm(dModel, { eps });
    this.norm2 = new LayerNorm(dModel, { eps });
    this.drop = new Dropout(dropout);
    this.activation = activation === "relu" ? relu : (x) => gelu(x);
    this.normFirst = options.normFirst ?? false;
  }
  override get stateNames(): { readonly [property: string]: string } {
    return { selfAttn: "self_attn" };
  }

  override forward(x: Tensor, options: AttendOptions = {}): Tensor {
    const attend = (y: Tensor): Tensor => this.drop.forward(this.selfAttn.forward(y, y, y, options));
    const feed = (y: Tensor): Tensor =>
      this.drop.forward(this.linear2.forward(this.drop.forward(this.activation(this.linear1.forward(y)))));
    if (this.normFirst) {
      const y = add(x, attend(this.norm1.forward(x)));
      return add(y, feed(this.norm2.forward(y)));
    }
    const y = this.norm1.forward(add(x, attend(x)));
    return this.norm2.forward(add(y, feed(y)));
  }
}
