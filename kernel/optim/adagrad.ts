import type { SparseTensor } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { atLeast0, flag, Optimizer, type ParamGroup, type Params, type ParamState, type Rule } from "./optimizer.ts";
import { runRows, sparseDecay } from "./rows.ts";
import { compute, nextStep, run, slot } from "./rule.ts";

export interface AdagradOptions {
  /** Step size. Default 0.01. */
  lr: number;
  /** The step size falls as lr / (1 + (t − 1) · lrDecay). Default 0. */
  lrDecay: number;
  /** Added to the gradient as weightDecay · w. Default 0. */
  weightDecay: number;
  /** What the sum of squares starts from. Default 0. */
  initialAccumulatorValue: number;
  /** Keeps the divisor from 0. Default 1e-10. */
  eps: number;
  /** Climb instead of descend. Default false. */
  maximize: boolean;
}
const defaults: AdagradOptions = {
  lr: 1e-2,
  lrDecay: 0,
  weightDecay: 0,
  initialAccumulatorValue: 0,
  eps: 1e-10,
  maximize: false,
};

/**
 * Adagrad: the gradient over the root of the sum of all its squares so far.
 *
 *     s ← s + g²
 *     w ← w − lr / (1 + (t − 1) lrDecay) · g / (√s + ε)
 *
 * A sparse gradient moves only its rows, and changes only their sums; weight decay is refused with it.
 *
 * Duchi, Hazan & Singer 2011, JMLR 12. Same results as torch.optim.Adagrad.
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(params: Params<AdagradOptions>, options?: Partial<AdagradOptions>) {
    super(params, options, defaults, {
      lr: atLeast0,
      lrDecay: atLeast0,
      weightDecay: atLeast0,
      initialAccumulatorValue: atLeast0,
      eps: atLeast0,
      maximize: flag,
    });
  }

  /** lr already holds its decay, lr / (1 + (t − 1) lrDecay). */
  protected override rule({ weightDecay, maximize }: ParamGroup<AdagradOptions>): Rule {
    return [
      maximize && "g = -g",
      weightDecay !== 0 && "g = g + weightDecay * w",
      "s = s + g * g",
      "w = w - lr * g / (sqrt(s) + eps)",
    ];
  }

  protected override get stateNames(): readonly string[] {
    return ["step", "sum"];
  }

  protected override update(w: Tensor, g: Tensor, state: ParamState, group: ParamGroup<AdagradOptions>): void {
    const s = slot(state, "sum", w, group.initialAccumulatorValue);
    run(this.rule(group), { w, g, s }, this.numbers(state, group));
  }
  protected override updateSparse(
    w: Tensor,
    g: SparseTensor,
    state: ParamState,
    group: ParamGroup<AdagradOptions>,
  ): void {
    if (group.weightDecay !== 0) throw sparseDecay("Adagrad", group.weightDecay);
    const s = slot(state, "sum", w, group.initialAccumulatorValue);
    runRows(this.rule(group), g, { w, s }, this.numbers(state, group));
  }
  private numbers(state: ParamState, { lr, lrDecay, weightDecay, eps }: AdagradOptions): { [name: string]: number } {
    return { lr: lr / (1 + (nextStep(state) - 1) * lrDecay), weightDecay, eps };
  }

  /** lr / (1 + (t − 1) lrDecay) / (√s + ε). */
  protected override rate(
    _w: Tensor,
    state: ParamState | undefined,
    group: ParamGroup<AdagradOptions>,
  ): Tensor | number {
    if (state?.["step"] === undefined) return NaN;
    const lr = group.lr / (1 + ((state["step"] as number) - 1) * group.lrDecay);
    return compute(
      "s == 0 ? nothing : lr / (sqrt(s) + eps)",
      { s: state["sum"] as Tensor },
      { lr, eps: group.eps, nothing: NaN },
    );
  }
}
