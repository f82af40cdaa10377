import type { Tensor } from "../tensor/tensor.ts";
import {
  atLeast0,
  flag,
  Optimizer,
  twoShares,
  type ParamGroup,
  type Params,
  type ParamState,
  type Rule,
} from "./optimizer.ts";
import { run, slot } from "./rule.ts";

export interface LionOptions {
  /** How far every element moves. Default 0.0001: three to ten times smaller than for Adam. */
  lr: number;
  /** β₁ for the direction of a step, β₂ for what is remembered. Default [0.9, 0.99]. */
  betas: readonly [number, number];
  /** Shrinks the weights by lr · weightDecay, as AdamW. Default 0. */
  weightDecay: number;
  /** Climb instead of descend. Default false. */
  maximize: boolean;
}
const defaults: LionOptions = { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, maximize: false };

/**
 * Lion: every element moves by lr, in the direction of the sign of a mean gradient.
 *
 *     c = β₁ m + (1 − β₁) g
 *     w ← w − lr (sign(c) + weightDecay · w)
 *     m ← β₂ m + (1 − β₂) g
 *
 * Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", arXiv:2302.06675. PyTorch has none.
 */
export class Lion extends Optimizer<LionOptions> {
  constructor(params: Params<LionOptions>, options?: Partial<LionOptions>) {
    super(params, options, defaults, { lr: atLeast0, betas: twoShares, weightDecay: atLeast0, maximize: flag });
  }

  protected override rule({ weightDecay, maximize }: ParamGroup<LionOptions>): Rule {
    return [
      maximize && "g = -g",
      "c = b1 * m + (1 - b1) * g",
      weightDecay !== 0 ? "w = w - lr * (sign(c) + weightDecay * w)" : "w = w - lr * sign(c)",
      "m = b2 * m + (1 - b2) * g",
    ];
  }

  protected override get stateNames(): readonly string[] {
    return ["exp_avg"];
  }

  protected override update(w: Tensor, g: Tensor, state: ParamState, group: ParamGroup<LionOptions>): void {
    const {
      lr,
      betas: [b1, b2],
      weightDecay,
    } = group;
    run(this.rule(group), { w, g, m: slot(state, "exp_avg", w) }, { lr, b1, b2, weightDecay });
  }

  /** lr: of the mean gradient only the sign is used. */
  protected override rate(_w: Tensor, _state: ParamState | undefined, { lr }: ParamGroup<LionOptions>): number {
    return lr;
  }
}
