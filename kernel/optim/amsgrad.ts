import type { Tensor } from "../tensor/tensor.ts";
import { Adam, adamDefaults, type AdamOptions } from "./adam.ts";
import type { ParamGroup, ParamGroupInput, Params, ParamState, Rule } from "./optimizer.ts";
import { compute, nextStep, run, slot } from "./rule.ts";

export interface AMSGradOptions extends AdamOptions {
  /**
   * Three forms are in use:
   *
   * - "torch" (default): the largest v so far, then both corrections, as PyTorch. ε 1e-8.
   * - "paper": Algorithm 2 of the paper. No correction; no ε unless one is given.
   * - "keras": both corrections in the step size, so that ε is not corrected. ε 1e-7.
   */
  variant: "torch" | "paper" | "keras";
}
const epsOf: { readonly [variant: string]: number } = { torch: 1e-8, paper: 0, keras: 1e-7 };

/**
 * Adam with a divisor that never falls, so a rare large gradient is not forgotten: v̂ is the largest v so far.
 *
 *     m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²          v̂ ← max(v̂, v)
 *     "torch"  w ← w − lr · m / (1 − β₁ᵗ) / (√(v̂ / (1 − β₂ᵗ)) + ε)
 *     "paper"  w ← w − lr · m / (√v̂ + ε)
 *     "keras"  w ← w − lr √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v̂ + ε)
 *
 * Reddi, Kale & Kumar 2018, "On the Convergence of Adam and Beyond", arXiv:1904.09237. By default the same results as
 * torch.optim.Adam with amsgrad=True.
 */
export class AMSGrad extends Adam<AMSGradOptions> {
  constructor(params: Params<AMSGradOptions>, options: Partial<AMSGradOptions> = {}) {
    const variant = options.variant ?? "torch";
    const defaults: AMSGradOptions = { ...adamDefaults, amsgrad: true, variant, eps: epsOf[variant] ?? 0 };
    super(params, options, defaults, {
      amsgrad: ["true (without it, it is optim.Adam)", (x) => x === true],
      variant: ['"torch", "paper" or "keras"', (x) => typeof x === "string" && x in epsOf],
    });
  }

  /** A group with another variant than the optimizer's has that variant's ε. */
  override addParamGroup(input: ParamGroupInput<AMSGradOptions>): void {
    const eps = input?.variant !== undefined && input.eps === undefined ? epsOf[input.variant] : undefined;
    super.addParamGroup(eps === undefined ? input : { ...input, eps });
  }

  /** step = lr, for Keras lr √(1 − β₂ᵗ) / (1 − β₁ᵗ). */
  protected override rule(group: ParamGroup<AMSGradOptions>): Rule {
    if (group.variant === "torch") return super.rule(group);
    return [
      group.maximize && "g = -g",
      ...this.decay(group),
      "m = b1 * m + (1 - b1) * g",
      "v = b2 * v + (1 - b2) * g * g",
      "vmax = max(vmax, v)",
      // No gradient yet: without ε it would be 0 / 0.
      "w = vmax == 0 ? w : w - step * m / (sqrt(vmax) + eps)",
    ];
  }

  protected override update(w: Tensor, g: Tensor, state: ParamState, group: ParamGroup<AMSGradOptions>): void {
    if (group.variant === "torch") return super.update(w, g, state, group);
    const {
      betas: [b1, b2],
      eps,
      weightDecay,
    } = group;
    const step = stepSize(group, nextStep(state));
    run(
      this.rule(group),
      {
        w,
        g,
        m: slot(state, "exp_avg", w),
        v: slot(state, "exp_avg_sq", w),
        vmax: slot(state, "max_exp_avg_sq", w),
      },
      { step, b1, b2, eps, weightDecay },
    );
  }

  protected override rate(
    w: Tensor,
    state: ParamState | undefined,
    group: ParamGroup<AMSGradOptions>,
  ): Tensor | number {
    if (group.variant === "torch" || state?.["step"] === undefined) return super.rate(w, state, group);
    return compute(
      "vmax == 0 ? nothing : step / (sqrt(vmax) + eps)",
      { vmax: state["max_exp_avg_sq"] as Tensor },
      { step: stepSize(group, state["step"] as number), eps: group.eps, nothing: NaN },
    );
  }
}

function stepSize({ variant, lr, betas: [b1, b2] }: AMSGradOptions, t: number): number {
  return variant === "keras" ? (lr * Math.sqrt(1 - b2 ** t)) / (1 - b1 ** t) : lr;
}
