import { OptionError } from "../tensor/errors.ts";
import { show } from "../tensor/shape.ts";
import type { SparseTensor } from "../tensor/sparse.ts";
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
import { runRows } from "./rows.ts";
import { compute, nextStep, slot } from "./rule.ts";

export interface SparseAdamOptions {
  /** Step size. Default 0.001. */
  lr: number;
  /** How slowly the two averages forget. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Keeps the divisor from 0; beside the uncorrected √v. Default 1e-8. */
  eps: number;
  /** Climb instead of descend. Default false. */
  maximize: boolean;
}
const defaults: SparseAdamOptions = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, maximize: false };

/**
 * Adam for sparse gradients, such as those of `new nn.Embedding(n, d, { sparse: true })`: only the rows that the
 * gradient has move, and only their averages change. The steps t are counted for all rows together.
 *
 *     m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
 *     w ← w − lr √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)
 *
 * Same results as torch.optim.SparseAdam. A dense gradient is refused.
 */
export class SparseAdam extends Optimizer<SparseAdamOptions> {
  constructor(params: Params<SparseAdamOptions>, options?: Partial<SparseAdamOptions>) {
    super(params, options, defaults, { lr: atLeast0, betas: twoShares, eps: atLeast0, maximize: flag });
  }

  /** step = lr √(1 − β₂ᵗ) / (1 − β₁ᵗ). */
  protected override rule({ maximize }: ParamGroup<SparseAdamOptions>): Rule {
    return [
      maximize && "g = -g",
      "m = b1 * m + (1 - b1) * g",
      "v = b2 * v + (1 - b2) * g * g",
      "w = w - step * m / (sqrt(v) + eps)",
    ];
  }

  protected override get stateNames(): readonly string[] {
    return ["step", "exp_avg", "exp_avg_sq"];
  }

  protected override update(w: Tensor): void {
    throw new OptionError(
      `SparseAdam: the gradient of the parameter ${show(w.shape)} is dense. Use optim.Adam for it; SparseAdam is for an Embedding with { sparse: true }.`,
    );
  }

  protected override updateSparse(
    w: Tensor,
    g: SparseTensor,
    state: ParamState,
    group: ParamGroup<SparseAdamOptions>,
  ): void {
    const {
      betas: [b1, b2],
      eps,
    } = group;
    const step = stepSize(group, nextStep(state));
    const tensors = { w, m: slot(state, "exp_avg", w), v: slot(state, "exp_avg_sq", w) };
    runRows(this.rule(group), g, tensors, { step, b1, b2, eps });
  }

  /** lr √(1 − β₂ᵗ) / (√v + ε): the mean's own correction left out, as for Adam. */
  protected override rate(
    _w: Tensor,
    state: ParamState | undefined,
    { lr, betas, eps }: ParamGroup<SparseAdamOptions>,
  ): Tensor | number {
    if (state?.["step"] === undefined) return NaN;
    const scale = lr * Math.sqrt(1 - betas[1] ** (state["step"] as number));
    return compute(
      "v == 0 ? nothing : scale / (sqrt(v) + eps)",
      { v: state["exp_avg_sq"] as Tensor },
      { scale, eps, nothing: NaN },
    );
  }
}

function stepSize({ lr, betas: [b1, b2] }: SparseAdamOptions, t: number): number {
  return (lr * Math.sqrt(1 - b2 ** t)) / (1 - b1 ** t);
}
