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

export interface RAdamOptions {
  /** Step size. Default 0.001. */
  lr: number;
  /** How slowly the two averages forget. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Keeps the divisor from 0. Default 1e-8. */
  eps: number;
  /** Default 0. Added to the gradient as weightDecay · w, unless decoupled. */
  weightDecay: number;
  /** Shrink the weights instead, as AdamW. Default false. */
  decoupledWeightDecay: boolean;
  /** Climb instead of descend. Default false. */
  maximize: boolean;
}
const defaults: RAdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  decoupledWeightDecay: false,
  maximize: false,
};

/**
 * The factor r by which the scaled step is rectified after t steps, or undefined while v rests on too few squares to
 * divide by (ρₜ ≤ 5), when the step is the plain mean.
 *
 *     ρ∞ = 2/(1 − β₂) − 1        ρₜ = ρ∞ − 2 t β₂ᵗ/(1 − β₂ᵗ)
 *     r = √((ρₜ − 4)(ρₜ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρₜ))
 */
function rectification(b2: number, t: number): number | undefined {
  const limit = 2 / (1 - b2) - 1;
  const length = limit - (2 * t * b2 ** t) / (1 - b2 ** t);
  if (length <= 5) return undefined;
  return Math.sqrt(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length));
}

/**
 * RAdam: Adam whose first steps, while the variance is not known yet, are plain momentum.
 *
 *     m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²          m̂ = m / (1 − β₁ᵗ)
 *     w ← w − lr · r · m̂ √(1 − β₂ᵗ) / (√v + ε)     where r is defined, else   w ← w − lr · m̂
 *
 * Liu et al. 2020, arXiv:1908.03265. Same results as torch.optim.RAdam.
 */
export class RAdam extends Optimizer<RAdamOptions> {
  constructor(params: Params<RAdamOptions>, options?: Partial<RAdamOptions>) {
    super(params, options, defaults, {
      lr: atLeast0,
      betas: twoShares,
      eps: atLeast0,
      weightDecay: atLeast0,
      decoupledWeightDecay: flag,
      maximize: flag,
    });
  }

  /** correct1 = 1 − β₁ᵗ, scale = r √(1 − β₂ᵗ). Not rectified: the first steps, while r is not defined. */
  protected override rule(
    { weightDecay, decoupledWeightDecay, maximize }: ParamGroup<RAdamOptions>,
    rectified = true,
  ): Rule {
    return [
      maximize && "g = -g",
      weightDecay !== 0 && (decoupledWeightDecay ? "w = w * (1 - lr * weightDecay)" : "g = g + weightDecay * w"),
      "m = b1 * m + (1 - b1) * g",
      "v = b2 * v + (1 - b2) * g * g",
      rectified ? "w = w - lr * (m / correct1) * scale / (sqrt(v) + eps)" : "w = w - lr * (m / correct1)",
    ];
  }

  protected override get stateNames(): readonly string[] {
    return ["step", "exp_avg", "exp_avg_sq"];
  }

  protected override update(w: Tensor, g: Tensor, state: ParamState, group: ParamGroup<RAdamOptions>): void {
    const {
      lr,
      betas: [b1, b2],
      eps,
      weightDecay,
    } = group;
    const t = nextStep(state);
    const r = rectification(b2, t);
    run(
      this.rule(group, r !== undefined),
      { w, g, m: slot(state, "exp_avg", w), v: slot(state, "exp_avg_sq", w) },
      { lr, b1, b2, eps, weightDecay, correct1: 1 - b1 ** t, scale: (r ?? 0) * Math.sqrt(1 - b2 ** t) },
    );
  }

  /** lr · r √(1 − β₂ᵗ) / (√v + ε), or lr while r is not defined. */
  protected override rate(
    _w: Tensor,
    state: ParamState | undefined,
    { lr, betas, eps }: ParamGroup<RAdamOptions>,
  ): Tensor | number {
    const t = state?.["step"] as number | undefined;
    if (t === undefined) return NaN;
    const r = rectification(betas[1], t);
    if (r === undefined) return lr;
    const scale = lr * r * Math.sqrt(1 - betas[1] ** t);
    return compute(
      "v == 0 ? nothing : scale / (sqrt(v) + eps)",
      { v: state!["exp_avg_sq"] as Tensor },
      { scale, eps, nothing: NaN },
    );
  }
}
