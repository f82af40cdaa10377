import { checkTensor } from "../autograd/functions.ts";
import { checkMask, scaledDotProductAttention } from "../ops/attention.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { linear } from "../ops/linear.ts";
import { logicalNot, logicalOr } from "../ops/logical.ts";
import { matmul } from "../ops/matmul.ts";
import { mean } from "../ops/sum.ts";
import { split } from "../ops/cat.ts";
import { reshape, squeeze, unsqueeze } from "../ops/reshape.ts";
import { softmax } from "../ops/softmax.ts";
import { to } from "../ops/to.ts";
import { transpose } from "../ops/transpose.ts";
import { triu } from "../ops/triangle.ts";
import { maskedFill, where } from "../ops/where.ts";
import { ones } from "../tensor/create.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is, type Kinds } from "../tensor/options.ts";
import { show, sizeArguments } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { dropout } from "./dropout.ts";
import { constant, xavierUniform } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

export interface MultiheadAttentionOptions {
  /** Probability of dropping an attention weight while training. Default 0. */
  dropout?: number;
  /** Default true. */
  bias?: boolean;
  /** [batch, time, …] instead of [time, batch, …]. Default false. */
  batchFirst?: boolean;
}
export interface AttendOptions {
  /**
   * bool: true where attention is NOT allowed (as in PyTorch; `scaledDotProductAttention` means it the other way round),
   * or numbers added to the scores. [queries, keys], [batch · heads, queries, keys], or what broadcasts to
   * [batch, heads, queries, keys].
   */
  attnMask?: Tensor | undefined;
  /** Keys that nobody looks at: bool [batch, keys], true to leave out; or numbers added to their scores. */
  keyPaddingMask?: Tensor | undefined;
  /** Each place sees only itself and what is before. Default false. */
  isCausal?: boolean | undefined;
  /** Also give the attention weights. Default true; without them it is faster. */
  needWeights?: boolean | undefined;
  /** Their mean over the heads [batch, queries, keys] instead of [batch, heads, queries, keys]. Default true. */
  averageAttnWeights?: boolean | undefined;
}
const attendKinds: Kinds = {
  attnMask: is.tensor,
  keyPaddingMask: is.tensor,
  isCausal: is.flag,
  needWeights: is.flag,
  averageAttnWeights: is.flag,
};

/**
 * Attention in several heads, each on its own part of the embedding: `forward(query, key, value)` → [output, weights].
 *
 * Vaswani et al. 2017, arXiv:1706.03762.
 */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly dropout: number;
  private readonly batchFirst: boolean;
  inProjWeight: Parameter;
  inProjBias: Parameter | undefined;
  outProj: Linear;

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    checkOptions("MultiheadAttention", options, { dropout: is.share, bias: is.flag, batchFirst: is.flag });
    sizeArguments("MultiheadAttention", [embedDim, numHeads]);
    if (embedDim % numHeads !== 0)
      throw new OptionError(`MultiheadAttention: embedDim ${embedDim} does not divide into ${numHeads} heads.`);
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.dropout = options.dropout ?? 0;
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

  override forward(
    query: Tensor,
    key: Tensor = query,
    value: Tensor = key,
    options: AttendOptions = {},
  ): [output: Tensor, weights: Tensor | undefined] {
    checkOptions("MultiheadAttention.forward", options, attendKinds);
    for (const [name, x] of Object.entries({ query, key, value })) checkTensor("MultiheadAttention", name, x);
    if ([query, key, value].every((x) => x.ndim === 2)) return this.single(query, key, value, options);
    for (const [name, x] of Object.entries({ query, key, value })) {
      if (x.ndim !== 3 || x.shape[2] !== this.embedDim) {
        throw new ShapeError(
          `MultiheadAttention: ${name} must be [batch, time, ${this.embedDim}] (or time first), or all three [time, ${this.embedDim}], got ${show(x.shape)}.`,
        );
      }
    }
    const { needWeights = true, averageAttnWeights = true } = options;
    const [q, k, v] = this.project(query, key, value);
    const p = this.training ? this.dropout : 0;
    let joined: Tensor;
    let weights: Tensor | undefined;
    if (needWeights || p > 0) {
      const mask = this.mask(q, k, options);
      let scores = mul(matmul(q, transpose(k, -2, -1)), 1 / Math.sqrt(q.shape[3]!));
      if (mask !== undefined) scores = mask.dtype === "bool" ? maskedFill(scores, mask, -Infinity) : add(scores, mask);
      const attention = dropout(softmax(scores, -1), { p });
      joined = matmul(attention, v);
      if (needWeights) weights = averageAttnWeights ? mean(attention, 1) : attention;
    } else {
      // Left to the op, which knows a causal mask without one being made.
      const onlyCausal = options.isCausal && options.attnMask === undefined && options.keyPaddingMask === undefined;
      const mask = onlyCausal ? undefined : this.mask(q, k, options);
      const attnMask = mask?.dtype === "bool" ? logicalNot(mask) : mask;
      joined = scaledDotProductAttention(q, k, v, onlyCausal ? { isCausal: true } : attnMask ? { attnMask } : {});
    }
    // [batch, heads, time, part] → as the input was.
    joined = transpose(joined, 1, 2);
    const [batch, time] = joined.shape as [number, number];
    const output = this.outProj.forward(reshape(joined, [batch, time, this.embedDim]));
    return [this.batchFirst ? output : transpose(output, 0, 1), weights];
  }

  /** One sequence, without a batch. */
  private single(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    { keyPaddingMask, ...options }: AttendOptions,
  ): [output: Tensor, weights: Tensor | undefined] {
    const batch = this.batchFirst ? 0 : 1;
    // What is one tensor stays one: it is projected at once.
    const [q, k, v] = [query, key, value].map((x) => unsqueeze(x, batch)) as [Tensor, Tensor, Tensor];
    const [output, weights] = this.forward(q, key === query ? q : k, value === key ? (key === query ? q : k) : v, {
      ...options,
      ...(keyPaddingMask === undefined ? {} : { keyPaddingMask: unsqueeze(keyPaddingMask, 0) }),
    });
    return [squeeze(output, batch), weights === undefined ? undefined : squeeze(weights, 0)];
  }

  private project(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor, Tensor] {
    const { inProjWeight: weight, inProjBias: bias, embedDim } = this;
    if (query === key && key === value) {
      // One product instead of three.
      return split(linear(query, weight, bias), embedDim, 2).map((x) => this.toHeads(x)) as [Tensor, Tensor, Tensor];
    }
    const weights = split(weight, embedDim);
    const biases = bias === undefined ? [] : split(bias, embedDim);
    return [query, key, value].map((x, i) => this.toHeads(linear(x, weights[i]!, biases[i]))) as [
      Tensor,
      Tensor,
      Tensor,
    ];
  }
  private toHeads(x: Tensor): Tensor {
    const first = this.batchFirst ? x : transpose(x, 0, 1);
    const [batch, time] = first.shape as [number, number];
    return transpose(reshape(first, [batch, time, this.numHeads, this.embedDim / this.numHeads]), 1, 2);
  }

  /** All masks in one, PyTorch's way round: true to leave out, or numbers to add. Broadcasts to [batch, heads, queries, keys]. */
  private mask(q: Tensor, k: Tensor, { attnMask, keyPaddingMask, isCausal }: AttendOptions): Tensor | undefined {
    const [batch, heads, queries] = q.shape as [number, number, number];
    const keys = k.shape[2]!;
    const masks: Tensor[] = [];
    for (const [name, mask] of Object.entries({ attnMask, keyPaddingMask })) {
      if (mask !== undefined) checkMask("MultiheadAttention", name, mask);
    }
    if (isCausal) masks.push(to(triu(ones(queries, keys), 1), "bool"));
    if (attnMask !== undefined) {
      const perHead = attnMask.ndim === 3 && attnMask.shape[0] === batch * heads && batch * heads !== 1;
      masks.push(perHead ? reshape(attnMask, [batch, heads, ...attnMask.shape.slice(1)]) : attnMask);
    }
    if (keyPaddingMask !== undefined) {
      if (show(keyPaddingMask.shape) !== show([batch, keys]))
        throw new ShapeError(
          `MultiheadAttention: keyPaddingMask must be ${show([batch, keys])} (batch, keys), got ${show(keyPaddingMask.shape)}.`,
        );
      masks.push(reshape(keyPaddingMask, [batch, 1, 1, keys]));
    }
    if (masks.length === 0) return undefined;
    if (masks.every((mask) => mask.dtype === "bool")) return masks.reduce((a, b) => logicalOr(a, b));
    return masks.map((mask) => (mask.dtype === "bool" ? numbers(mask, q) : mask)).reduce((a, b) => add(a, b));
  }
  override extraRepr(): string {
    return `embedDim=${this.embedDim}, numHeads=${this.numHeads}`;
  }
}

/** −Infinity where the mask is true, else 0. */
function numbers(mask: Tensor, like: Tensor): Tensor {
  return to(where(mask, -Infinity, 0), like.dtype);
}
