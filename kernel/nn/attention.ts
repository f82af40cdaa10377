import { scaledDotProductAttention } from "../ops/attention.ts";
import { linear } from "../ops/linear.ts";
import { split } from "../ops/cat.ts";
import { reshape } from "../ops/reshape.ts";
import { transpose } from "../ops/transpose.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { show, sizeArguments } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { constant, xavierUniform } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

export interface MultiheadAttentionOptions {
  /** Default true. */
  bias?: boolean;
  /** [batch, time, …] instead of [time, batch, …]. Default false. */
  batchFirst?: boolean;
}
export interface AttendOptions {
  /** bool: true where attention is allowed; or numbers added to the scores. Broadcasts to [batch, heads, queries, keys]. */
  attnMask?: Tensor;
  /** Each place sees only itself and what is before. Default false. */
  isCausal?: boolean;
}

/** Attention in several heads, each on its own part of the embedding. Vaswani et al. 2017, arXiv:1706.03762. */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  private readonly batchFirst: boolean;
  inProjWeight: Parameter;
  inProjBias: Parameter | undefined;
  outProj: Linear;

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    checkOptions("MultiheadAttention", options, ["bias", "batchFirst"]);
    sizeArguments("MultiheadAttention", [embedDim, numHeads]);
    if (embedDim % numHeads !== 0)
      throw new OptionError(`MultiheadAttention: embedDim ${embedDim} does not divide into ${numHeads} heads.`);
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.batchFirst = options.batchFirst ?? false;
    const bias = options.bias ?? true;
    this.inProjWeight = new Parameter(empty([3 * embedDim, embedDim], "float32"));
    this.inProjBias = bias ? new Parameter(empty([3 * embedDim], "float32")) : undefined;
    this.outProj = new Linear(embedDim, embedDim, { bias });
    xavierUniform(this.inProjWeight);
    if (this.inProjBias !== undefined) constant(this.inProjBias, 0);
    if (this.outProj.bias !== undefined) constant(this.outProj.bias, 0);
  }

  override get stateNames(): { readonly [property: string]: string } {
    return { inProjWeight: "in_proj_weight", inProjBias: "in_proj_bias", outProj: "out_proj" };
  }

  override forward(query: Tensor, key: Tensor = query, value: Tensor = key, options: AttendOptions = {}): Tensor {
    for (const [name, x] of Object.entries({ query, key, value })) {
      if (x.ndim !== 3 || x.shape[2] !== this.embedDim) {
        throw new ShapeError(
          `MultiheadAttention: ${name} must be [batch, time, ${this.embedDim}] (or time first), got ${show(x.shape)}.`,
        );
      }
    }
    const weights = split(this.inProjWeight, this.embedDim);
    const biases = this.inProjBias === undefined ? [] : split(this.inProjBias, this.embedDim);
    const [q, k, v] = [query, key, value].map((x, i) => this.toHeads(linear(x, weights[i]!, biases[i]))) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    // [batch, heads, time, part] → as the input was.
    const joined = transpose(scaledDotProductAttention(q, k, v, options), 1, 2);
    const [batch, time] = joined.shape as [number, number];
    const flat = reshape(joined, [batch, time, this.embedDim]);
    return this.outProj.forward(this.batchFirst ? flat : transpose(flat, 0, 1));
  }
  private toHeads(x: Tensor): Tensor {
    const [batch, time] = (this.batchFirst ? x : (x = transpose(x, 0, 1))).shape as [number, number];
    return transpose(reshape(x, [batch, time, this.numHeads, this.embedDim / this.numHeads]), 1, 2);
  }
  override extraRepr(): string {
    return `embedDim=${this.embedDim}, numHeads=${this.numHeads}`;
  }
}
