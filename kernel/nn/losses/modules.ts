/** Losses as modules: `new nn.CrossEntropyLoss({ labelSmoothing: 0.1 }).forward(logits, target)`. */
import { checkOptions, is, type Kind, type Kinds } from "../../tensor/options.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";
import { Buffer } from "../parameter.ts";
import { binaryCrossEntropy, binaryCrossEntropyWithLogits } from "./binary.ts";
import { crossEntropy, klDiv, klReductions, nllLoss } from "./classification.ts";
import {
  cosineEmbeddingLoss,
  cosineSimilarity,
  hingeEmbeddingLoss,
  marginRankingLoss,
  pairwiseDistance,
  tripletMarginLoss,
} from "./distance.ts";
import {
  gaussianNllLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  oneOrTwo,
  poissonNllLoss,
  softMarginLoss,
} from "./likelihood.ts";
import { reductions } from "./reduction.ts";
import { huberLoss, l1Loss, mseLoss, smoothL1Loss } from "./regression.ts";

type Loss = (...args: never[]) => Tensor;
/** What a loss takes: tensors, and its options at the end. */
type Split<F extends Loss> = Required<Parameters<F>> extends [...infer T, infer O] ? { tensors: T; options: O } : never;

/**
 * A class of modules whose options are those of the loss. Tensors among them, the weights of classes, are buffers: part
 * of `stateDict()`, and converted by `to()`. One that is learned stays what it is.
 */
function loss<F extends Loss>(
  name: string,
  known: { readonly [O in keyof Split<F>["options"]]-?: Kind },
  f: F,
): new (options?: Split<F>["options"]) => Module & { forward(...tensors: Split<F>["tensors"]): Tensor } {
  return {
    [name]: class extends Module {
      private readonly options: object;
      constructor(options: object = {}) {
        super();
        checkOptions(name, options, known as Kinds);
        this.options = { ...options };
        for (const [option, x] of Object.entries(options))
          if (x instanceof Tensor) Object.assign(this, { [option]: x.requiresGrad ? x : new Buffer(x) });
      }
      override get stateNames() {
        return { posWeight: "pos_weight" };
      }
      override forward(...tensors: readonly unknown[]): Tensor {
        const options = { ...this.options };
        for (const [name, x] of Object.entries(this)) if (x instanceof Tensor) Object.assign(options, { [name]: x });
        return f(...([...tensors, options] as never[]));
      }
    },
  }[name] as never;
}

export const MSELoss = loss("MSELoss", { reduction: reductions }, mseLoss);
export const L1Loss = loss("L1Loss", { reduction: reductions }, l1Loss);
export const SmoothL1Loss = loss("SmoothL1Loss", { reduction: reductions, beta: is.atLeast0 }, smoothL1Loss);
export const HuberLoss = loss("HuberLoss", { reduction: reductions, delta: is.positive }, huberLoss);
export const NLLLoss = loss("NLLLoss", { reduction: reductions, weight: is.tensor, ignoreIndex: is.whole }, nllLoss);
export const CrossEntropyLoss = loss(
  "CrossEntropyLoss",
  { reduction: reductions, weight: is.tensor, ignoreIndex: is.whole, labelSmoothing: is.share },
  crossEntropy,
);
export const BCELoss = loss("BCELoss", { reduction: reductions, weight: is.operand }, binaryCrossEntropy);
export const BCEWithLogitsLoss = loss(
  "BCEWithLogitsLoss",
  { reduction: reductions, weight: is.operand, posWeight: is.tensor },
  binaryCrossEntropyWithLogits,
);
export const KLDivLoss = loss("KLDivLoss", { reduction: klReductions, logTarget: is.flag }, klDiv);

export const PoissonNLLLoss = loss(
  "PoissonNLLLoss",
  { reduction: reductions, logInput: is.flag, full: is.flag, eps: is.atLeast0 },
  poissonNllLoss,
);
export const GaussianNLLLoss = loss(
  "GaussianNLLLoss",
  { reduction: reductions, full: is.flag, eps: is.atLeast0 },
  gaussianNllLoss,
);
export const SoftMarginLoss = loss("SoftMarginLoss", { reduction: reductions }, softMarginLoss);
export const MultiLabelSoftMarginLoss = loss(
  "MultiLabelSoftMarginLoss",
  { reduction: reductions, weight: is.operand },
  multilabelSoftMarginLoss,
);
export const MultiMarginLoss = loss(
  "MultiMarginLoss",
  { reduction: reductions, p: oneOrTwo, margin: is.number },
  multiMarginLoss,
);
export const MarginRankingLoss = loss(
  "MarginRankingLoss",
  { reduction: reductions, margin: is.number },
  marginRankingLoss,
);
export const HingeEmbeddingLoss = loss(
  "HingeEmbeddingLoss",
  { reduction: reductions, margin: is.number },
  hingeEmbeddingLoss,
);
export const CosineEmbeddingLoss = loss(
  "CosineEmbeddingLoss",
  { reduction: reductions, margin: is.number },
  cosineEmbeddingLoss,
);
export const TripletMarginLoss = loss(
  "TripletMarginLoss",
  { reduction: reductions, margin: is.number, p: is.number, eps: is.atLeast0, swap: is.flag },
  tripletMarginLoss,
);
/** `nn.functional.cosineSimilarity` as a module. */
export const CosineSimilarity = loss("CosineSimilarity", { dim: is.whole, eps: is.atLeast0 }, cosineSimilarity);
/** `nn.functional.pairwiseDistance` as a module. */
export const PairwiseDistance = loss(
  "PairwiseDistance",
  { p: is.number, eps: is.atLeast0, keepdim: is.flag },
  pairwiseDistance,
);
