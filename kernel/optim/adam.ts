import type { Tensor } from "../tensor/tensor.ts";
import {
  atLeast0,
  flag,
  Optimizer,
  twoShares,
  type ParamGroup,
  type Params,
  type ParamState,
  type Ranges,
  type Rule,
} from "./optimizer.ts";
import { compute, nextStep, run, slot } from "./rule.ts";

export interface AdamOptions {
  /** Step size. Default 0.001. */
  lr: number;
  /** How slowly the two averages forget: β₁ for the gradient, β₂ for its square. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Keeps the divisor from 0. Default 1e-8. */
  eps: number;
  /** Default 0. Added to the gradient as weightDecay · w (AdamW shrinks the weights instead; default 0.01). */
  weightDecay: number;
  /** Divide by the largest v so far: AMSGrad. Default false. */
  amsgrad: boolean;
  /** Climb instead of descend. Default false. */
  maximize: boolean;
}
export const adamDefaults: AdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
};

/**
 * Adam: steps scaled by running estimates of the gradient's mean and mean square.
 *
 *     m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
 *     m̂ = m / (1 − β₁ᵗ)              v̂ = v / (1 − β₂ᵗ)
 *     w ← w − lr · m̂ / (√v̂ + ε)                       t = 1, 2, …
 *
 * With `amsgrad`, v̂ = max(v, all earlier v) / (1 − β₂ᵗ) (Reddi et al. 2018, arXiv:1904.09237; the maximum before the
 * correction, as in PyTorch).
 *
 * Kingma & Ba 2015, arXiv:1412.6980, Algorithm 1. Same results as torch.optim.Adam.
 */
export class Adam<Options extends AdamOptions = AdamOptions> extends Optimizer<Options> {
  constructor(
    params: Params<Options>,
    options?: Partial<Options>,
    defaults: Options = adamDefaults as Options,
    more: Ranges<Options> = {},
  ) {
    super(params, options, defaults, {
      lr: atLeast0,
      betas: twoShares,
      eps: atLeast0,
      weightDecay: atLeast0,
      amsgrad: flag,
      maximize: flag,
      ...more,
    } as Ranges<Options>);
  }

  /** The lines that apply the weight decay. AdamW has another. */
  protected decay({ weightDecay }: AdamOptions): Rule {
    return [weightDecay !== 0 && "g = g + weightDecay * w"];
  }

  /** correct1 = 1 − β₁ᵗ, correct2 = 1 − β₂ᵗ. */
  protected override rule(group: ParamGroup<Options>): Rule {
    const { amsgrad, maximize } = group;
    return [
      maximize && "g = -g",
      ...this.decay(group),
      "m = b1 * m + (1 - b1) * g",
      "v = b2 * v + (1 - b2) * g * g",
      amsgrad && "vmax = max(vmax, v)",
      `w = w - lr * (m / correct1) / (sqrt(${amsgrad ? "vmax" : "v"} / correct2) + eps)`,
    ];
  }

  protected override get stateNames(): readonly string[] {
    return ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq?"];
  }

  protected override update(w: Tensor, g: Tensor, state: ParamState, group: ParamGroup<Options>): void {
    const {
      lr,
      betas: [b1, b2],
      eps,
      weightDecay,
      amsgrad,
    } = group;
    const t = nextStep(state);
    const tensors = { w, g, m: slot(state, "exp_avg", w), v: slot(state, "exp_avg_sq", w) };
    run(this.rule(group), amsgrad ? { ...tensors, vmax: slot(state, "max_exp_avg_sq", w) } : tensors, {
      lr,
      b1,
      b2,
      eps,
      weightDecay,
      correct1: 1 - b1 ** t,
      correct2: 1 - b2 ** t,
    });
  }

  /** lr / (√v̂ + ε). */
  protected override rate(
    _w: Tensor,
    state: ParamState | undefined,
    { lr, betas, eps, amsgrad }: ParamGroup<Options>,
  ): Tensor | number {
    if (state === undefined || state["step"] === undefined) return NaN;
    const v = state[amsgrad ? "max_exp_avg_sq" : "exp_avg_sq"] as Tensor;
    return compute(
      "v == 0 ? nothing : lr / (sqrt(v / correct2) + eps)",
      { v },
      { lr, eps, correct2: 1 - betas[1] ** (state["step"] as number), nothing: NaN },
    );
  }
}
