import { resultType, type DType } from "../tensor/dtype.ts";
import { names, parse, write, type Expression } from "../tensor/formula.ts";
import { compileLoop, type Loop } from "../tensor/loop.ts";
import { broadcastShapes } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { filled } from "../tensor/create.ts";
import { defineOp } from "./op.ts";
import { differentiate, is, substitute, times } from "./differentiate.ts";

/** Decides the dtype of a result. */
export type ResultRule = (inputs: readonly Tensor[]) => DType;

/** The common dtype of the inputs. */
export const promoted: ResultRule = (inputs) => resultType(...inputs);
/** The common dtype, and float32 where that would be int32 or bool: for functions whose results are not whole. */
export const floating: ResultRule = (inputs) => {
  const dtype = resultType(...inputs);
  return dtype === "int32" || dtype === "bool" ? "float32" : dtype;
};
/** True or false. */
export const boolean: ResultRule = () => "bool";

export interface Formula<Input extends string, Scalar extends string> {
  name: string;
  /** The value of one element, in terms of the inputs and scalars: see tensor/formula.ts for the notation. */
  formula: string;
  inputs: readonly Input[];
  /** Plain numbers that the formula uses. */
  scalars?: readonly Scalar[];
  /**
   * Derivatives by each input, in terms of inputs, scalars and the result `y`. What is not given is derived from the
   * formula; give one where that is more accurate or cheaper, or where a special value needs it.
   */
  derivatives?: { readonly [I in Input]?: string };
  dtype?: ResultRule;
  /** False where no gradient flows: comparison. */
  differentiable?: boolean;
}

/** An elementwise operation: tensors that broadcast, and the scalars in their declared order. */
export type Elementwise = (inputs: readonly Tensor[], scalars?: readonly number[]) => Tensor;

/** Gradients of gradients lead to the same formulas again and again; each is compiled once. */
const made = new Map<string, Elementwise>();

/**
 * Declares an elementwise operation by its formula. Forward and each gradient run as one fused loop, and gradients are
 * elementwise operations themselves, so they can be differentiated to any order.
 */
export function elementwise<Input extends string, Scalar extends string = never>({
  name,
  formula,
  inputs,
  scalars = [],
  derivatives = {},
  dtype = promoted,
  differentiable = true,
}: Formula<Input, Scalar>): Elementwise {
  const value = parse(formula);
  let loop: Loop | undefined;
  const slopes = new Map<number, Slope>();
  const slope = (i: number): Slope => {
    let found = slopes.get(i);
    if (found === undefined) {
      const given = derivatives[inputs[i]!];
      found = makeSlope(
        name,
        inputs[i]!,
        given === undefined ? differentiate(value, inputs[i]!) : parse(given),
        inputs,
        scalars,
      );
      slopes.set(i, found);
    }
    return found;
  };

  const op = defineOp<readonly number[]>({
    name,
    forward(xs, values) {
      const shape = xs.length === 1 ? xs[0]!.shape : broadcastShapes(name, ...xs.map((x) => x.shape));
      const y = empty(shape, dtype(xs));
      loop ??= compileLoop([{ target: "y", value }], { operands: ["y", ...inputs], writes: ["y"], scalars });
      loop(shape, [y, ...xs], values);
      return y;
    },
    // Only what some wanted derivative reads is kept.
    keep(y, xs) {
      const used = new Set<string>();
      xs.forEach((x, i) => x.requiresGrad && slope(i).reads.forEach((read) => used.add(read)));
      return [
        ...inputs.map((input, i) => (used.has(input) ? xs[i]! : undefined)),
        used.has("y") ? y : undefined,
      ].filter((x) => x !== undefined);
    },
    gradient: !differentiable
      ? undefined
      : (g, { saved, attributes, needs }) => {
          const used = new Set<string>();
          needs.forEach((need, i) => need && slope(i).reads.forEach((read) => used.add(read)));
          const kept = [...inputs, "y"].filter((input) => used.has(input));
          return needs.map((need, i) =>
            need ? slope(i).times(g, (read) => saved[kept.indexOf(read)]!, attributes) : undefined,
          );
        },
  });
  return (xs, values = []) => op(xs, values);
}

/** The derivative by one input, as an operation that multiplies it onto a gradient. */
interface Slope {
  /** Inputs (or "y") that it reads. */
  readonly reads: readonly string[];
  times(g: Tensor, value: (read: string) => Tensor, scalars: readonly number[]): Tensor;
}

function makeSlope(
  op: string,
  by: string,
  derivative: Expression,
  inputs: readonly string[],
  scalars: readonly string[],
): Slope {
  if (is(derivative, 0)) return { reads: [], times: (g) => filled(g.shape, 0, g.dtype) };
  if (is(derivative, 1)) return { reads: [], times: (g) => g };
  const found = names(derivative);
  const reads = [...inputs, "y"].filter((input) => found.has(input));
  const used = scalars.filter((scalar) => found.has(scalar));
  // The result of the new operation is called y as well, so the value kept from this one needs another name.
  const taken = [...inputs, ...scalars];
  const g = fresh("g", taken);
  const y = fresh("y", taken);
  const name = `${op}Backward`;
  const formula = write(times({ kind: "name", name: g }, substitute(derivative, { y: { kind: "name", name: y } })));
  const key = [name, by, ...reads, ...used, formula].join(" ");
  let product = made.get(key);
  if (product === undefined) {
    const operands = [g, ...reads.map((read) => (read === "y" ? y : read))];
    product = elementwise({ name, formula, inputs: operands, scalars: used });
    made.set(key, product);
  }
  const multiply = product;
  const positions = used.map((scalar) => scalars.indexOf(scalar));
  return {
    reads,
    times: (gradient, value, values) =>
      multiply(
        [gradient, ...reads.map(value)],
        positions.map((i) => values[i]!),
      ),
  };
}

/** `letter0`, `letter1`, …: the first that is not taken. */
function fresh(letter: string, taken: readonly string[]): string {
  for (let i = 0; ; i++) if (!taken.includes(`${letter}${i}`)) return `${letter}${i}`;
}
