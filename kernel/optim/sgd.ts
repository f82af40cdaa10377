import { OptionError } from "../tensor/errors.ts";
import type { SparseTensor } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { atLeast0, flag, Optimizer, type ParamGroup, type Params, type ParamState, type Rule } from "./optimizer.ts";
import { runRows, sparseDecay } from "./rows.ts";
import { run, slot } from "./rule.ts";

export interface SGDOptions {
  /** Step size. Default 0.001. */
  lr: number;
  /** Share of the last direction that is kept, μ. Default 0. */
  momentum: number;
  /** Share of the gradient that is left out of the direction, τ, from the second step on. Default 0. */
  dampening: number;
  /** Added to the gradient as weightDecay · w. Default 0. */
  weightDecay: number;
  /** Look ahead: Nesterov's momentum. Default false. */
  nesterov: boolean;
  /** Climb instead of descend. Default false. */
  maximize: boolean;
}
const defaults: SGDOptions = { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false };

/**
 * Stochastic gradient descent, with momentum.
 *
 *     b ← μ b + (1 − τ) g            (b = g at the first step)
 *     w ← w − lr · b                 Nesterov: w ← w − lr · (g + μ b)
 *
 * A sparse gradient moves only its rows; with momentum the direction b is that of all rows, and all move. Weight decay
 * would move all, and is refused with it.
 *
 * Momentum: Polyak 1964; Sutskever et al. 2013. Same results as torch.optim.SGD.
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: Params<SGDOptions>, options?: Partial<SGDOptions>) {
    super(params, options, defaults, {
      lr: atLeast0,
      momentum: atLeast0,
      weightDecay: atLeast0,
      nesterov: flag,
      maximize: flag,
    });
    const { nesterov, momentum, dampening } = this.defaults;
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new OptionError(
        `SGD: nesterov needs momentum > 0 and dampening 0, got momentum ${momentum} and dampening ${dampening}.`,
      );
    }
  }

  protected override rule({ momentum, weightDecay, nesterov, maximize }: ParamGroup<SGDOptions>): Rule {
    const gradient: Rule = [maximize && "g = -g", weightDecay !== 0 && "g = g + weightDecay * w"];
    if (momentum === 0) return [...gradient, "w = w - lr * g"];
    return [
      ...gradient,
      "b = momentum * b + (1 - dampening) * g",
      nesterov ? "w = w - lr * (g + momentum * b)" : "w = w - lr * b",
    ];
  }

  protected override get stateNames(): readonly string[] {
    return ["momentum_buffer?"];
  }

  protected override update(w: Tensor, g: Tensor, state: ParamState, group: ParamGroup<SGDOptions>): void {
    const { lr, momentum, weightDecay } = group;
    if (momentum === 0) return run(this.rule(group), { w, g }, { lr, weightDecay });
    // The first direction is the gradient itself, undampened.
    const dampening = "momentum_buffer" in state ? group.dampening : 0;
    const b = slot(state, "momentum_buffer", w);
    run(this.rule(group), { w, g, b }, { lr, momentum, dampening, weightDecay });
  }

  protected override updateSparse(w: Tensor, g: SparseTensor, state: ParamState, group: ParamGroup<SGDOptions>): void {
    if (group.weightDecay !== 0) throw sparseDecay("SGD", group.weightDecay);
    if (group.momentum !== 0) this.update(w, g.toDense(), state, group);
    else runRows(this.rule(group), g, { w }, { lr: group.lr, weightDecay: 0 });
  }

  protected override rate(_w: Tensor, _state: ParamState | undefined, { lr }: ParamGroup<SGDOptions>): number {
    return lr;
  }
}
