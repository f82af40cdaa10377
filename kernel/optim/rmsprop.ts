import type { Tensor } from "../tensor/tensor.ts";
import { atLeast0, flag, Optimizer, type ParamGroup, type Params, type ParamState, type Rule } from "./optimizer.ts";
import { compute, nextStep, run, slot } from "./rule.ts";

export interface RMSpropOptions {
  /** Step size. Default 0.01. */
  lr: number;
  /** How slowly the average of the squares forgets, α. Default 0.99. */
  alpha: number;
  /** Keeps the divisor from 0; added after the root. Default 1e-8. */
  eps: number;
  /** Added to the gradient as weightDecay · w. Default 0. */
  weightDecay: number;
  /** Share of the last direction that is kept, μ. Default 0. */
  momentum: number;
  /** Divide by the standard deviation of the gradient instead of its root mean square. Default false. */
  centered: boolean;
  /** Climb instead of descend. Default false. */
  maximize: boolean;
}
const defaults: RMSpropOptions = {
  lr: 1e-2,
  alpha: 0.99,
  eps: 1e-8,
  weightDecay: 0,
  momentum: 0,
  centered: false,
  maximize: false,
};

/**
 * RMSprop: the gradient over a running root mean square of itself.
 *
 *     v ← α v + (1 − α) g²            centered: a ← α a + (1 − α) g,  d = √(v − a²) + ε,  else d = √v + ε
 *     w ← w − lr · g / d              momentum: b ← μ b + g / d,  w ← w − lr · b
 *
 * Hinton 2012, lecture 6e; centered: Graves 2013, arXiv:1308.0850. Same results as torch.optim.RMSprop.
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(params: Params<RMSpropOptions>, options?: Partial<RMSpropOptions>) {
    super(params, options, defaults, {
      lr: atLeast0,
      alpha: atLeast0,
      eps: atLeast0,
      weightDecay: atLeast0,
      momentum: atLeast0,
      centered: flag,
      maximize: flag,
    });
  }

  protected override rule({ weightDecay, momentum, centered, maximize }: ParamGroup<RMSpropOptions>): Rule {
    return [
      maximize && "g = -g",
      weightDecay !== 0 && "g = g + weightDecay * w",
      "v = alpha * v + (1 - alpha) * g * g",
      centered && "a = alpha * a + (1 - alpha) * g",
      centered ? "d = sqrt(max(v - a * a, 0)) + eps" : "d = sqrt(v) + eps",
      momentum > 0 && "b = momentum * b + g / d",
      momentum > 0 ? "w = w - lr * b" : "w = w - lr * g / d",
    ];
  }

  protected override get stateNames(): readonly string[] {
    return ["step", "square_avg", "momentum_buffer?", "grad_avg?"];
  }

  protected override update(w: Tensor, g: Tensor, state: ParamState, group: ParamGroup<RMSpropOptions>): void {
    const { lr, alpha, eps, weightDecay, momentum, centered } = group;
    nextStep(state);
    const tensors: { [name: string]: Tensor } = { w, g, v: slot(state, "square_avg", w) };
    if (momentum > 0) tensors["b"] = slot(state, "momentum_buffer", w);
    if (centered) tensors["a"] = slot(state, "grad_avg", w);
    run(this.rule(group), tensors, { lr, alpha, eps, weightDecay, momentum });
  }

  /** lr / d. */
  protected override rate(
    _w: Tensor,
    state: ParamState | undefined,
    { lr, eps, centered }: ParamGroup<RMSpropOptions>,
  ): Tensor | number {
    const v = state?.["square_avg"] as Tensor | undefined;
    if (v === undefined) return NaN;
    const numbers = { lr, eps, nothing: NaN };
    return centered
      ? compute(
          "v == 0 ? nothing : lr / (sqrt(max(v - a * a, 0)) + eps)",
          { v, a: state!["grad_avg"] as Tensor },
          numbers,
        )
      : compute("v == 0 ? nothing : lr / (sqrt(v) + eps)", { v }, numbers);
  }
}
