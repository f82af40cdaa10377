import { noGrad } from "../autograd/mode.ts";
import { add, div, mul } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { norm } from "../ops/norm.ts";
import { transpose } from "../ops/transpose.ts";
import { OptionError } from "../tensor/errors.ts";
import { show } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import {
  atLeast0,
  flag,
  Optimizer,
  type ParamGroup,
  type ParamGroupInput,
  type Params,
  type ParamState,
  type Rule,
} from "./optimizer.ts";
import { run, slot } from "./rule.ts";

export interface MuonOptions {
  /** Step size. Default 0.001. */
  lr: number;
  /** Shrinks the weights by lr · weightDecay. Default 0.1. */
  weightDecay: number;
  /** Share of the last direction that is kept, μ. Default 0.95. */
  momentum: number;
  /** Look ahead: Nesterov's momentum. Default true. */
  nesterov: boolean;
  /** a, b, c of the iteration. Default [3.4445, −4.775, 2.0315]. */
  nsCoefficients: readonly [number, number, number];
  /** The least norm that the direction is divided by. Default 1e-7. */
  eps: number;
  /** Iterations. Default 5. */
  nsSteps: number;
  /**
   * How lr depends on the matrix: "original" · √max(1, rows/columns) (default), or "match_rms_adamw"
   * · 0.2 √max(rows, columns), so that learning rates found for AdamW fit.
   */
  adjustLrFn: "original" | "match_rms_adamw";
  /** Climb instead of descend. Default false. */
  maximize: boolean;
}
const defaults: MuonOptions = {
  lr: 1e-3,
  weightDecay: 0.1,
  momentum: 0.95,
  nesterov: true,
  nsCoefficients: [3.4445, -4.775, 2.0315],
  eps: 1e-7,
  nsSteps: 5,
  adjustLrFn: "original",
  maximize: false,
};

/**
 * Muon: momentum, made (nearly) orthogonal by a Newton–Schulz iteration, for the weight matrices of hidden layers.
 *
 *     b ← b + (1 − μ)(g − b)                 u = g + μ (b − g), without nesterov u = b
 *     X = u / ‖u‖, transposed if it has more rows than columns
 *     nsSteps times:  A = X Xᵀ,  X ← a X + (b A + c A A) X
 *     w ← (1 − lr · weightDecay) w − lr' X   lr' = lr √max(1, rows/columns)
 *
 * Only for parameters of two dims; give the others (biases, embeddings, norms) to AdamW. Jordan et al. 2024,
 * https://kellerjordan.github.io/posts/muon. As torch.optim.Muon, which iterates in bfloat16; this iterates in the
 * parameter's own dtype, so the two differ by bfloat16's rounding.
 */
export class Muon extends Optimizer<MuonOptions> {
  constructor(params: Params<MuonOptions>, options?: Partial<MuonOptions>) {
    super(params, options, defaults, {
      lr: atLeast0,
      weightDecay: atLeast0,
      momentum: atLeast0,
      nesterov: flag,
      nsCoefficients: ["three numbers", (x) => Array.isArray(x) && x.length === 3 && x.every(Number.isFinite)],
      eps: atLeast0,
      nsSteps: ["a whole number from 0 to 99", (x) => Number.isInteger(x) && x >= 0 && x < 100],
      adjustLrFn: ['"original" or "match_rms_adamw"', (x) => x === "original" || x === "match_rms_adamw"],
      maximize: flag,
    });
  }

  override addParamGroup(input: ParamGroupInput<MuonOptions>): void {
    super.addParamGroup(input);
    const odd = this.paramGroups.at(-1)!.params.find((x) => x.ndim !== 2);
    if (odd !== undefined) {
      throw new OptionError(
        `Muon: takes matrices only, got a parameter ${show(odd.shape)}. Give the others to optim.AdamW: model.parameters().filter((p) => p.ndim !== 2).`,
      );
    }
  }

  /** x is u made orthogonal, adjusted = lr'. */
  protected override rule(group: ParamGroup<MuonOptions>): Rule {
    return [...direction(group), "x = orthogonal(u)", ...move(group)];
  }

  protected override get stateNames(): readonly string[] {
    return ["momentum_buffer"];
  }

  protected override update(w: Tensor, g: Tensor, state: ParamState, group: ParamGroup<MuonOptions>): void {
    const { lr, momentum, weightDecay } = group;
    const u = empty(w.shape, w.dtype);
    run(direction(group), { u, g, b: slot(state, "momentum_buffer", w) }, { momentum });
    run(move(group), { w, x: orthogonal(u, group) }, { lr, weightDecay, adjusted: adjusted(w, group) });
  }

  /** lr': what each orthogonal direction of the step is multiplied by. */
  protected override rate(w: Tensor, _state: ParamState | undefined, group: ParamGroup<MuonOptions>): number {
    return adjusted(w, group);
  }
}

function direction({ nesterov, maximize }: MuonOptions): Rule {
  return [maximize && "g = -g", "b = b + (1 - momentum) * (g - b)", nesterov ? "u = g + momentum * (b - g)" : "u = b"];
}
function move({ weightDecay }: MuonOptions): Rule {
  return [weightDecay !== 0 && "w = w * (1 - lr * weightDecay)", "w = w - adjusted * x"];
}

/** A matrix with the singular vectors of `u` whose singular values are all near 1 (0.7 … 1.2 with the default numbers). */
function orthogonal(u: Tensor, { nsCoefficients: [a, b, c], nsSteps, eps }: MuonOptions): Tensor {
  return noGrad(() => {
    const [rows, columns] = u.shape as [number, number];
    let x = div(u, Math.max(norm(u).item(), eps));
    if (rows > columns) x = transpose(x, 0, 1);
    for (let step = 0; step < nsSteps; step++) {
      const square = matmul(x, transpose(x, 0, 1));
      const polynomial = add(mul(square, b), mul(matmul(square, square), c));
      x = add(mul(x, a), matmul(polynomial, x));
    }
    return rows > columns ? transpose(x, 0, 1) : x;
  });
}

function adjusted(w: Tensor, { lr, adjustLrFn }: MuonOptions): number {
  const [rows, columns] = w.shape as [number, number];
  return adjustLrFn === "original"
    ? lr * Math.sqrt(Math.max(1, rows / columns))
    : lr * 0.2 * Math.sqrt(Math.max(rows, columns));
}
