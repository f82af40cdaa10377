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
import { compute, nextStep, run, slot } from "./rule.ts";

export interface AdamaxOptions {
  /** Step size. Default 0.002. */
  lr: number;
  /** How slowly the mean and the maximum forget. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to |g|; keeps the divisor from 0. Default 1e-8. */
  eps: number;
  /** Added to the gradient as weightDecay · w. Default 0. */
  weightDecay: number;
  /** Climb instead of descend. Default false. */
  maximize: boolean;
}
const defaults: AdamaxOptions = { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false };

/**
 * Adamax: Adam with the maximum in the place of the root mean square.
 *
 *     m ← β₁ m + (1 − β₁) g
 *     u ← max(β₂ u, |g| + ε)
 *     w ← w − lr / (1 − β₁ᵗ) · m / u
 *
 * Kingma & Ba 2015, arXiv:1412.6980, Algorithm 2. Same results as torch.optim.Adamax.
 */
export class Adamax extends Optimizer<AdamaxOptions> {
  constructor(params: Params<AdamaxOptions>, options?: Partial<AdamaxOptions>) {
    super(params, options, defaults, {
      lr: atLeast0,
      betas: twoShares,
      eps: atLeast0,
      weightDecay: atLeast0,
      maximize: flag,
    });
  }

  /** correct1 = 1 − β₁ᵗ. */
  protected override rule({ weightDecay, maximize }: ParamGroup<AdamaxOptions>): Rule {
    return [
      maximize && "g = -g",
      weightDecay !== 0 && "g = g + weightDecay * w",
      "m = b1 * m + (1 - b1) * g",
      "u = max(b2 * u, abs(g) + eps)",
      "w = w - lr / correct1 * m / u",
    ];
  }

  protected override get stateNames(): readonly string[] {
    return ["step", "exp_avg", "exp_inf"];
  }

  protected override update(w: Tensor, g: Tensor, state: ParamState, group: ParamGroup<AdamaxOptions>): void {
    const {
      lr,
      betas: [b1, b2],
      eps,
      weightDecay,
    } = group;
    const t = nextStep(state);
    run(
      this.rule(group),
      { w, g, m: slot(state, "exp_avg", w), u: slot(state, "exp_inf", w) },
      { lr, b1, b2, eps, weightDecay, correct1: 1 - b1 ** t },
    );
  }

  /** lr / u. Where no gradient has ever been, u is not above ε yet: NaN. */
  protected override rate(
    _w: Tensor,
    state: ParamState | undefined,
    { lr, eps }: ParamGroup<AdamaxOptions>,
  ): Tensor | number {
    if (state?.["step"] === undefined) return NaN;
    return compute("u <= eps ? nothing : lr / u", { u: state["exp_inf"] as Tensor }, { lr, eps, nothing: NaN });
  }
}
