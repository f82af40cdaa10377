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

export interface NAdamOptions {
  /** Step size. Default 0.002. */
  lr: number;
  /** How slowly the two averages forget. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Keeps the divisor from 0. Default 1e-8. */
  eps: number;
  /** Default 0. Added to the gradient as weightDecay · w, unless decoupled. */
  weightDecay: number;
  /** ψ: how fast the momentum warms up to β₁. Default 0.004. */
  momentumDecay: number;
  /** Shrink the weights instead, as AdamW. Default false. */
  decoupledWeightDecay: boolean;
  /** Climb instead of descend. Default false. */
  maximize: boolean;
  /**
   * "torch" (default): the paper's rule, as PyTorch 2 computes it. "torch-1.13": as PyTorch up to 1.13 did, with μₜ once
   * too often in the second factor, P μₜ μₜ₊₁, and P in single precision.
   */
  variant: "torch" | "torch-1.13";
}
const defaults: NAdamOptions = {
  lr: 2e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  momentumDecay: 4e-3,
  decoupledWeightDecay: false,
  maximize: false,
  variant: "torch",
};

/**
 * NAdam: Adam with Nesterov's momentum, which warms up.
 *
 *     μₜ = β₁ (1 − ½ · 0.96^(tψ))        P = μ₁ μ₂ … μₜ
 *     m ← β₁ m + (1 − β₁) g              v ← β₂ v + (1 − β₂) g²
 *     d = √(v / (1 − β₂ᵗ)) + ε
 *     w ← w − lr (1 − μₜ)/(1 − P) · g/d − lr μₜ₊₁/(1 − P μₜ₊₁) · m/d
 *
 * Dozat 2016. Same results as torch.optim.NAdam of PyTorch 2.
 */
export class NAdam extends Optimizer<NAdamOptions> {
  constructor(params: Params<NAdamOptions>, options?: Partial<NAdamOptions>) {
    super(params, options, defaults, {
      lr: atLeast0,
      betas: twoShares,
      eps: atLeast0,
      weightDecay: atLeast0,
      momentumDecay: atLeast0,
      decoupledWeightDecay: flag,
      maximize: flag,
      variant: ['"torch" or "torch-1.13"', (x) => x === "torch" || x === "torch-1.13"],
    });
  }

  /** correct2 = 1 − β₂ᵗ, ofGradient = (1 − μₜ)/(1 − P), ofMean = μₜ₊₁/(1 − P μₜ₊₁). */
  protected override rule({ weightDecay, decoupledWeightDecay, maximize }: ParamGroup<NAdamOptions>): Rule {
    return [
      maximize && "g = -g",
      weightDecay !== 0 && (decoupledWeightDecay ? "w = w * (1 - lr * weightDecay)" : "g = g + weightDecay * w"),
      "m = b1 * m + (1 - b1) * g",
      "v = b2 * v + (1 - b2) * g * g",
      "d = sqrt(v / correct2) + eps",
      "w = w - lr * (ofGradient * g + ofMean * m) / d",
    ];
  }

  protected override get stateNames(): readonly string[] {
    return ["step", "mu_product", "exp_avg", "exp_avg_sq"];
  }

  protected override update(w: Tensor, g: Tensor, state: ParamState, group: ParamGroup<NAdamOptions>): void {
    const {
      lr,
      betas: [b1, b2],
      eps,
      weightDecay,
      momentumDecay,
      variant,
    } = group;
    const t = nextStep(state);
    const mu = b1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    const muNext = b1 * (1 - 0.5 * 0.96 ** ((t + 1) * momentumDecay));
    const before = (state["mu_product"] as number | undefined) ?? 1;
    const old = variant === "torch-1.13";
    const product = old ? Math.fround(before * Math.fround(mu)) : before * mu;
    const next = old ? Math.fround(Math.fround(product * Math.fround(mu)) * Math.fround(muNext)) : product * muNext;
    state["mu_product"] = product;
    run(
      this.rule(group),
      { w, g, m: slot(state, "exp_avg", w), v: slot(state, "exp_avg_sq", w) },
      {
        lr,
        b1,
        b2,
        eps,
        weightDecay,
        correct2: 1 - b2 ** t,
        ofGradient: (1 - mu) / (1 - product),
        ofMean: muNext / (1 - next),
      },
    );
  }

  /** lr / (√v̂ + ε). */
  protected override rate(
    _w: Tensor,
    state: ParamState | undefined,
    { lr, betas, eps }: ParamGroup<NAdamOptions>,
  ): Tensor | number {
    if (state?.["step"] === undefined) return NaN;
    const correct2 = 1 - betas[1] ** (state["step"] as number);
    return compute(
      "v == 0 ? nothing : lr / (sqrt(v / correct2) + eps)",
      { v: state["exp_avg_sq"] as Tensor },
      { lr, eps, correct2, nothing: NaN },
    );
  }
}
