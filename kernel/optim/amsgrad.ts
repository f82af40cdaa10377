import { Adam, adamDefaults, type AdamOptions } from "./adam.ts";
import type { Params } from "./optimizer.ts";

/**
 * Adam with `{ amsgrad: true }`: the divisor never falls, so a rare large gradient is not forgotten.
 *
 * Reddi, Kale & Kumar 2018, "On the Convergence of Adam and Beyond", arXiv:1904.09237.
 */
export class AMSGrad extends Adam {
  constructor(params: Params<AdamOptions>, options?: Partial<AdamOptions>) {
    super(params, options, { ...adamDefaults, amsgrad: true });
  }
}
