/** Losses as modules: `new nn.CrossEntropyLoss({ labelSmoothing: 0.1 }).forward(logits, target)`. */
import { checkOptions } from "../../tensor/options.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";
import { Buffer } from "../parameter.ts";
import { binaryCrossEntropy, binaryCrossEntropyWithLogits } from "./binary.ts";
import { crossEntropy, klDiv, nllLoss } from "./classification.ts";
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
  poissonNllLoss,
  softMarginLoss,
} from "./likelihood.ts";
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
  known: readonly (keyof Split<F>["options"] & string)[],
  f: F,
): new (options?: Split<F>["options"]) => Module & { forward(...tensors: Split<F>["tensors"]): Tensor } {
  return {
    [name]: class extends Module {
      private readonly options: object;
      constructor(options: object = {}) {
        super();
        checkOptions(name, options, known);
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

export const MSELoss = loss("MSELoss", ["reduction"], mseLoss);
export const L1Loss = loss("L1Loss", ["reduction"], l1Loss);
export const SmoothL1Loss = loss("SmoothL1Loss", ["reduction", "beta"], smoothL1Loss);
export const HuberLoss = loss("HuberLoss", ["reduction", "delta"], huberLoss);
export const NLLLoss = loss("NLLLoss", ["reduction", "weight", "ignoreIndex"], nllLoss);
export const CrossEntropyLoss = loss(
  "CrossEntropyLoss",
  ["reduction", "weight", "ignoreIndex", "labelSmoothing"],
  crossEntropy,
);
export const BCELoss = loss("BCELoss", ["reduction", "weight"], binaryCrossEntropy);
export const BCEWithLogitsLoss = loss(
  "BCEWithLogitsLoss",
  ["reduction", "weight", "posWeight"],
  binaryCrossEntropyWithLogits,
);
export const KLDivLoss = loss("KLDivLoss", ["reduction", "logTarget"], klDiv);

export const PoissonNLLLoss = loss("PoissonNLLLoss", ["reduction", "logInput", "full", "eps"], poissonNllLoss);
export const GaussianNLLLoss = loss("GaussianNLLLoss", ["reduction", "full", "eps"], gaussianNllLoss);
export const SoftMarginLoss = loss("SoftMarginLoss", ["reduction"], softMarginLoss);
export const MultiLabelSoftMarginLoss = loss(
  "MultiLabelSoftMarginLoss",
  ["reduction", "weight"],
  multilabelSoftMarginLoss,
);
export const MultiMarginLoss = loss("MultiMarginLoss", ["reduction", "p", "margin"], multiMarginLoss);
export const MarginRankingLoss = loss("MarginRankingLoss", ["reduction", "margin"], marginRankingLoss);
export const HingeEmbeddingLoss = loss("HingeEmbeddingLoss", ["reduction", "margin"], hingeEmbeddingLoss);
export const CosineEmbeddingLoss = loss("CosineEmbeddingLoss", ["reduction", "margin"], cosineEmbeddingLoss);
export const TripletMarginLoss = loss(
  "TripletMarginLoss",
  ["reduction", "margin", "p", "eps", "swap"],
  tripletMarginLoss,
);
/** `nn.functional.cosineSimilarity` as a module. */
export const CosineSimilarity = loss("CosineSimilarity", ["dim", "eps"], cosineSimilarity);
/** `nn.functional.pairwiseDistance` as a module. */
export const PairwiseDistance = loss("PairwiseDistance", ["p", "eps", "keepdim"], pairwiseDistance);
