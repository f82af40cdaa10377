import { checkTensor, named } from "../autograd/functions.ts";
import { ones } from "../tensor/create.ts";
import { DTypeError, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, mul } from "./arithmetic.ts";
import { matmul } from "./matmul.ts";
import { softmax } from "./softmax.ts";
import { transpose } from "./transpose.ts";
import { triu } from "./triangle.ts";
import { maskedFill } from "./where.ts";
import { logicalNot } from "./logical.ts";
import { to } from "./to.ts";

export interface AttentionOptions {
  /** bool: true where attention is allowed; or numbers that are added to the scores. Broadcasts to [..., queries, keys]. */
  attnMask?: Tensor;
  /** Each query sees only the keys up to its own place. Default false. */
  isCausal?: boolean;
  /** Default 1/√d. */
  scale?: number;
}

/** Refuses a mask of whole numbers: whether 1 means "look" or is to be added nobody can tell. */
export function checkMask(who: string, name: string, mask: Tensor): void {
  if (checkTensor(who, name, mask).dtype === "int32") {
    throw new DTypeError(
      `${who}: ${name} must be bool, or float32 or float64 to be added to the scores, got int32. Use ${name}.to("bool").`,
    );
  }
}

/**
 * softmax(q · kᵀ · scale) · v for q[…, queries, d], k[…, keys, d], v[…, keys, e] → […, queries, e].
 *
 * Vaswani et al. 2017, arXiv:1706.03762, eq. 1.
 */
export const scaledDotProductAttention = named(
  "scaledDotProductAttention",
  (q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor => {
    const who = "scaledDotProductAttention";
    checkOptions(who, options, { attnMask: is.tensor, isCausal: is.flag, scale: is.number });
    for (const [name, x] of Object.entries({ query: q, key: k, value: v })) {
      if (checkTensor(who, name, x).ndim < 2)
        throw new ShapeError(`${who}: ${name} needs at least 2 dims, got ${show(x.shape)}.`);
    }
    const { attnMask, isCausal = false, scale = 1 / Math.sqrt(q.shape.at(-1)!) } = options;
    if (attnMask !== undefined) checkMask(who, "attnMask", attnMask);
    if (isCausal && attnMask !== undefined) throw new OptionError(`${who}: give attnMask or isCausal, not both.`);
    let scores = mul(matmul(q, transpose(k, -2, -1)), scale);
    if (isCausal) {
      const future = to(triu(ones(q.shape.at(-2)!, k.shape.at(-2)!), 1), "bool");
      scores = maskedFill(scores, future, -Infinity);
    } else if (attnMask !== undefined) {
      scores = attnMask.dtype === "bool" ? maskedFill(scores, logicalNot(attnMask), -Infinity) : add(scores, attnMask);
    }
    return matmul(softmax(scores, -1), v);
  },
);
