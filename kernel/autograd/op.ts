import { poll } from "../tensor/poll.ts";
import { MemoryError } from "../tensor/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { anomaly, checkForward } from "./anomaly.ts";
import { gradMode } from "./mode.ts";
import { Node, type Rule } from "./node.ts";

/** An operation on tensors: how it is computed, and its gradient beside it. */
export interface Definition<Attributes> {
  /** As in error messages and in what is printed of a result. */
  name: string;
  /** Computes the result: a new tensor, or a new view; never an input itself. */
  forward(inputs: readonly Tensor[], attributes: Attributes): Tensor;
  /** Which values the rule needs; they are kept until the graph is freed. Default: none. */
  keep?(y: Tensor, inputs: readonly Tensor[], attributes: Attributes): readonly Tensor[];
  /** The gradient, in ops. `undefined` for an op whose result has none (argmax, comparison). */
  gradient: Rule<Attributes> | undefined;
  /**
   * For an op of one input whose gradient is nearly everywhere 0: adds it to `target`, which has the input's shape, in
   * place. Used where the gradient is not recorded, so that many small parts of one tensor do not make a tensor each.
   */
  addGradient?(target: Tensor, g: Tensor, attributes: Attributes): void;
}

/** An operation made runnable: inputs, and whatever else it needs to know as one object. */
export type Op<Attributes> = (inputs: readonly Tensor[], attributes: Attributes) => Tensor;

export function defineOp<Attributes = undefined>({
  name,
  forward,
  keep,
  gradient,
  addGradient,
}: Definition<Attributes>): Op<Attributes> {
  return (inputs, attributes) => {
    poll();
    let y: Tensor;
    try {
      y = forward(inputs, attributes);
    } catch (error) {
      if (error instanceof MemoryError) error.message = `${name}: ${error.message}`;
      throw error;
    }
    if (y.isView && gradient !== undefined && gradMode.enabled && y.storage === inputs[0]!.storage) {
      y.base = inputs[0]!.base ?? inputs[0]!;
    }
    if (gradient !== undefined && gradMode.enabled && wanted(inputs)) {
      const node = new Node(name, gradient, inputs, attributes, keep?.(y, inputs, attributes));
      if (addGradient !== undefined) node.addGradient = addGradient;
      y.setHistory(node as Node);
    }
    if (anomaly.enabled) checkForward(name, y, inputs, y.history);
    return y;
  };
}

function wanted(inputs: readonly Tensor[]): boolean {
  for (const x of inputs) if (x.requiresGrad) return true;
  return false;
}
