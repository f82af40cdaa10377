import { differentiate } from "../../autograd/differentiate.ts";
import { elementwise, type Elementwise, type Formula } from "../../autograd/elementwise.ts";
import { within } from "../../autograd/mode.ts";
import { defineOp, type Op } from "../../autograd/op.ts";
import { mean, sum } from "../../ops/sum.ts";
import { parse, write } from "../../tensor/formula.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Reduction } from "./reduction.ts";

/** Input and target of one shape, the numbers of the formula in their order, and what becomes of the losses. */
export type PairLoss = (input: Tensor, target: Tensor, reduction?: Reduction, scalars?: readonly number[]) => Tensor;

interface Reduced {
  readonly reduction: "mean" | "sum";
  readonly scalars: readonly number[];
}

/**
 * A loss of input and target, declared by its formula as any elementwise operation. Mean and sum are one op: its gradient
 * is one pass, into which the gradient of the reduction goes as a factor.
 */
export function pairLoss<Input extends string, Scalar extends string = never>(
  formula: Omit<Formula<Input, Scalar>, "inputs"> & { inputs: readonly [input: Input, target: Input] },
): PairLoss {
  const { name, inputs, scalars = [], derivatives = {} } = formula;
  const losses = elementwise(formula);
  const value = parse(formula.formula);
  const slopes = new Map<number, Elementwise>();
  /** g · share · derivative by one of the two. */
  const slope = (side: number): Elementwise => {
    let found = slopes.get(side);
    if (found === undefined) {
      const by = inputs[side]!;
      const derivative = (derivatives as { [name: string]: string })[by] ?? write(differentiate(value, by));
      found = elementwise({
        name: `${name}Backward`,
        formula: `g0 * share0 * (${derivative})`,
        inputs: ["g0", ...inputs],
        scalars: [...scalars, "share0"],
      });
      slopes.set(side, found);
    }
    return found;
  };
  const reduced: Op<Reduced> = defineOp({
    name,
    forward: (pair, attributes) =>
      within(false, name, () => (attributes.reduction === "mean" ? mean : sum)(losses(pair, attributes.scalars))),
    keep: (_y, pair) => pair,
    gradient(g, { saved: [input, target], attributes, needs }) {
      const share = attributes.reduction === "mean" ? 1 / input!.numel() : 1;
      return needs.map((need, side) =>
        need ? slope(side)([g, input!, target!], [...attributes.scalars, share]) : undefined,
      );
    },
  });
  return (input, target, reduction = "mean", values = []) => {
    return reduction === "none"
      ? losses([input, target], values)
      : reduced([input, target], { reduction, scalars: values });
  };
}
