import type { Tensor } from "../tensor/tensor.ts";
import { atLeast0, flag, Optimizer, type ParamGroup, type Params, type ParamState, type Rule } from "./optimizer.ts";
import { compute, nextStep, run, slot } from "./rule.ts";

export interface AdadeltaOptions {
  /** Scale of the step. Default 1. */
  lr: number;
  /** How slowly both averages forget, ρ. Default 0.9. */
  rho: number;
  /** Starts the steps and keeps the divisor from 0; added inside the roots. Default 1e-6. */
  eps: number;
  /** Added to the gradient as weightDecay · w. Default 0. */
  weightDecay: number;
  /** Climb instead of descend. Default false. */
  maximize: boolean;
}
const defaults: AdadeltaOptions = { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false };

/**
 * Adadelta: the step is as large as recent steps were, per unit of recent gradients; it needs no learning rate.
 *
 *     s ← ρ s + (1 − ρ) g²
 *     d = √(a + ε) / √(s + ε) · g
 *     a ← ρ a + (1 − ρ) d²
 *     w ← w − lr · d
 *
 * Zeiler 2012, arXiv:1212.5701. Same results as torch.optim.Adadelta.
 */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(params: Params<AdadeltaOptions>, options?: Partial<AdadeltaOptions>) {
    super(params, options, defaults, {
      lr: atLeast0,
      rho: ["a number from 0 to 1", (x) => typeof x === "number" && x >= 0 && x <= 1],
      eps: atLeast0,
      weightDecay: atLeast0,
      maximize: flag,
    });
  }

  protected override rule({ weightDecay, maximize }: ParamGroup<AdadeltaOptions>): Rule {
    return [
      maximize && "g = -g",
      weightDecay !== 0 && "g = g + weightDecay * w",
      "s = rho * s + (1 - rho) * g * g",
      "d = sqrt(a + eps) / sqrt(s + eps) * g",
      "a = rho * a + (1 - rho) * d * d",
      "w = w - lr * d",
    ];
  }

  protected override get stateNames(): readonly string[] {
    return ["step", "square_avg", "acc_delta"];
  }

  protected override update(w: Tensor, g: Tensor, state: ParamState, group: ParamGroup<AdadeltaOptions>): void {
    const { lr, rho, eps, weightDecay } = group;
    nextStep(state);
    run(
      this.rule(group),
      { w, g, s: slot(state, "square_avg", w), a: slot(state, "acc_delta", w) },
      { lr, rho, eps, weightDecay },
    );
  }

  /** lr · √(a + ε) / √(s + ε), with the a that the next step will use. */
  protected override rate(
    _w: Tensor,
    state: ParamState | undefined,
    { lr, eps }: ParamGroup<AdadeltaOptions>,
  ): Tensor | number {
    if (state?.["step"] === undefined) return NaN;
    return compute(
      "s == 0 ? nothing : lr * sqrt(a + eps) / sqrt(s + eps)",
      { s: state["square_avg"] as Tensor, a: state["acc_delta"] as Tensor },
      { lr, eps, nothing: NaN },
    );
  }
}
