import { isFloating, resultType, type DType } from "../tensor/dtype.ts";
import { DTypeError } from "../tensor/errors.ts";
import { names, parse, write, type Expression } from "../tensor/formula.ts";
import { compileLoop, type Loop } from "../tensor/loop.ts";
import { broadcastShapes, sameShape, type Shape } from "../tensor/shape.ts";
import { empty, emptyLike, type Tensor } from "../tensor/tensor.ts";
import { filled } from "../tensor/create.ts";
import { defineOp } from "./op.ts";
import { differentiate, is, substitute, times } from "./differentiate.ts";

/** Decides the dtype of a result. */
export type ResultRule = (inputs: readonly Tensor[]) => DType;

/** The common dtype of the inputs. */
export const promoted: ResultRule = (inputs) => common(inputs) ?? resultType(...inputs);
/** The common dtype, and float32 where that would be int32 or bool: for functions whose results are not whole. */
export const floating: ResultRule = (inputs) => {
  const dtype = promoted(inputs);
  return dtype === "int32" || dtype === "bool" ? "float32" : dtype;
};
const computeWithBools = 'Use to("int32") to compute with 0 and 1.';
/** The common dtype, which must not be bool; with `nor`, no input may be bool either. */
export function numeric(name: string, advice = computeWithBools, nor = false): ResultRule {
  return (inputs) => {
    const dtype = common(inputs);
    if (dtype !== undefined && dtype !== "bool") return dtype;
    if (dtype === "bool" || (nor && inputs.some((x) => x.dtype === "bool"))) {
      throw new DTypeError(`${name}: not for bool tensors. ${advice}`);
    }
    return resultType(...inputs);
  };
}
/** The common dtype, which must be a floating one: for functions that would lose the fraction of their results. */
export function onlyFloating(name: string): ResultRule {
  return (inputs) => {
    const dtype = promoted(inputs);
    if (isFloating(dtype)) return dtype;
    throw new DTypeError(`${name}: needs float32 or float64, got ${dtype}. Use x.to("float32").`);
  };
}
/** The dtype that all inputs have, if there is one: nothing to promote then. */
function common(inputs: readonly Tensor[]): DType | undefined {
  const { dtype } = inputs[0]!;
  for (let i = 1; i < inputs.length; i++) if (inputs[i]!.dtype !== dtype) return undefined;
  return dtype;
}
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

  // Which values a rule needs follows from which inputs want a gradient; planned once for each such pattern.
  const plans: (Plan | undefined)[] = [];
  const plan = (wanted: number): Plan => (plans[wanted] ??= makePlan(wanted, inputs, slope));

  const op = defineOp<readonly number[]>({
    name,
    forward(xs, values) {
      const shape = commonShape(name, xs);
      const type = dtype(xs);
      const y = shape === xs[0]!.shape ? emptyLike(xs[0]!, type) : empty(shape, type);
      loop ??= compileLoop([{ target: "y", value }], { operands: ["y", ...inputs], writes: ["y"], scalars });
      const operands: Tensor[] = [y];
      for (let i = 0; i < xs.length; i++) operands.push(xs[i]!);
      loop(shape, operands, values);
      return y;
    },
    // Only what some wanted derivative reads is kept.
    keep(y, xs) {
      let wanted = 0;
      for (let i = 0; i < xs.length; i++) if (xs[i]!.requiresGrad) wanted |= 1 << i;
      const { keeps } = plan(wanted);
      const kept: Tensor[] = [];
      for (let i = 0; i < keeps.length; i++) kept.push(keeps[i] === inputs.length ? y : xs[keeps[i]!]!);
      return kept;
    },
    gradient: !differentiable
      ? undefined
      : (g, { saved, attributes, needs }) => {
          let wanted = 0;
          for (let i = 0; i < needs.length; i++) if (needs[i]) wanted |= 1 << i;
          const { slopes: by } = plan(wanted);
          const gradients: (Tensor | undefined)[] = [];
          for (let i = 0; i < by.length; i++) gradients.push(by[i]?.(g, saved, attributes));
          return gradients;
        },
  });
  return (xs, values = none) => op(xs, values);
}

const none: readonly number[] = [];

/** What a call whose inputs want gradients in one pattern keeps, and how each gradient comes from it. */
interface Plan {
  /** Positions of the inputs that are kept; as many as there are inputs stands for the result. */
  readonly keeps: readonly number[];
  readonly slopes: readonly (
    ((g: Tensor, saved: readonly Tensor[], scalars: readonly number[]) => Tensor) | undefined
  )[];
}

function makePlan(wanted: number, inputs: readonly string[], slope: (i: number) => Slope): Plan {
  const slopes = inputs.map((_, i) => ((wanted & (1 << i)) === 0 ? undefined : slope(i)));
  const read = new Set(slopes.flatMap((s) => s?.reads ?? []));
  const names = [...inputs, "y"];
  const keeps = names.flatMap((input, i) => (read.has(input) ? [i] : []));
  return {
    keeps,
    slopes: slopes.map((s) => {
      if (s === undefined) return undefined;
      const places = s.reads.map((input) => keeps.indexOf(names.indexOf(input)));
      return (g, saved, scalars) => {
        const values: Tensor[] = [g];
        for (let i = 0; i < places.length; i++) values.push(saved[places[i]!]!);
        return s.times(values, scalars);
      };
    }),
  };
}

/** The shape that the inputs broadcast to: the first one's own array where that is it. */
function commonShape(name: string, xs: readonly Tensor[]): Shape {
  const first = xs[0]!.shape;
  for (let i = 1; i < xs.length; i++) {
    // A number beside a tensor is the usual case.
    if (xs[i]!.shape.length !== 0 && !sameShape(first, xs[i]!.shape))
      return broadcastShapes(name, ...xs.map((x) => x.shape));
  }
  return first.length > 0 ? first : broadcastShapes(name, ...xs.map((x) => x.shape));
}

/** The derivative by one input, as an operation that multiplies it onto a gradient. */
interface Slope {
  /** Inputs (or "y") that it reads. */
  readonly reads: readonly string[];
  times(gradientAndReads: readonly Tensor[], scalars: readonly number[]): Tensor;
}

function makeSlope(
  op: string,
  by: string,
  derivative: Expression,
  inputs: readonly string[],
  scalars: readonly string[],
): Slope {
  if (is(derivative, 0)) return { reads: [], times: ([g]) => filled(g!.shape, 0, g!.dtype) };
  if (is(derivative, 1)) return { reads: [], times: ([g]) => g! };
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
  const same = positions.length === scalars.length;
  return {
    reads,
    times: (values, all) => multiply(values, same ? all : positions.map((i) => all[i]!)),
  };
}

/** `letter0`, `letter1`, …: the first that is not taken. */
function fresh(letter: string, taken: readonly string[]): string {
  for (let i = 0; ; i++) if (!taken.includes(`${letter}${i}`)) return `${letter}${i}`;
}
