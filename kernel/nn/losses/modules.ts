/** Losses as modules: `new nn.CrossEntropyLoss({ labelSmoothing: 0.1 }).forward(logits, target)`. */
import { checkOptions } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";
import { binaryCrossEntropy, binaryCrossEntropyWithLogits } from "./binary.ts";
import { crossEntropy, klDiv, nllLoss } from "./classification.ts";
import { huberLoss, l1Loss, mseLoss, smoothL1Loss } from "./regression.ts";

type Loss<Options> = (input: Tensor, target: Tensor, options?: Options) => Tensor;

function loss<Options extends object>(
  name: string,
  known: readonly (keyof Options & string)[],
  f: Loss<Options>,
): new (options?: Options) => Module & { forward(input: Tensor, target: Tensor): Tensor } {
  return {
    [name]: class extends Module {
      private readonly options: Options;
      constructor(options: Options = {} as Options) {
        super();
        checkOptions(name, options, known);
        this.options = { ...options };
      }
      override forward(input: Tensor, target: Tensor): Tensor {
        return f(input, target, this.options);
      }
    },
  }[name]!;
}
type OptionsOf<F> = F extends (input: Tensor, target: Tensor, options?: infer O) => Tensor ? NonNullable<O> : never;

export const MSELoss = loss<OptionsOf<typeof mseLoss>>("MSELoss", ["reduction"], mseLoss);
export const L1Loss = loss<OptionsOf<typeof l1Loss>>("L1Loss", ["reduction"], l1Loss);
export const SmoothL1Loss = loss<OptionsOf<typeof smoothL1Loss>>("SmoothL1Loss", ["reduction", "beta"], smoothL1Loss);
export const HuberLoss = loss<OptionsOf<typeof huberLoss>>("HuberLoss", ["reduction", "delta"], huberLoss);
export const NLLLoss = loss<OptionsOf<typeof nllLoss>>("NLLLoss", ["reduction", "weight", "ignoreIndex"], nllLoss);
export const CrossEntropyLoss = loss<OptionsOf<typeof crossEntropy>>(
  "CrossEntropyLoss",
  ["reduction", "weight", "ignoreIndex", "labelSmoothing"],
  crossEntropy,
);
export const BCELoss = loss<OptionsOf<typeof binaryCrossEntropy>>(
  "BCELoss",
  ["reduction", "weight"],
  binaryCrossEntropy,
);
export const BCEWithLogitsLoss = loss<OptionsOf<typeof binaryCrossEntropyWithLogits>>(
  "BCEWithLogitsLoss",
  ["reduction", "weight", "posWeight"],
  binaryCrossEntropyWithLogits,
);
export const KLDivLoss = loss<OptionsOf<typeof klDiv>>("KLDivLoss", ["reduction", "logTarget"], klDiv);
