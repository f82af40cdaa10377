import { Adam, adamDefaults, type AdamOptions } from "./adam.ts";
import type { Params, Rule } from "./optimizer.ts";

/**
 * Adam with decoupled weight decay: the weights shrink by themselves, untouched by the scaling of the gradient.
 *
 *     w ← w − lr · weightDecay · w       and then Adam without decay; weightDecay default 0.01
 *
 * Loshchilov & Hutter 2019, arXiv:1711.05101. Same results as torch.optim.AdamW.
 */
export class AdamW extends Adam {
  constructor(params: Params<AdamOptions>, options?: Partial<AdamOptions>) {
    super(params, options, { ...adamDefaults, weightDecay: 1e-2 });
  }
  protected override decay({ weightDecay }: AdamOptions): Rule {
    return [weightDecay !== 0 && "w = w * (1 - lr * weightDecay)"];
  }
}
