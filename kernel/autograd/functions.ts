/** How ops become the functions that a user calls: numbers are accepted for tensors, and anything else is refused. */
import { holds, resultType, type DType } from "../tensor/dtype.ts";
import { describe, DTypeError, OptionError } from "../tensor/errors.ts";
import { filled } from "../tensor/create.ts";
import { Tensor } from "../tensor/tensor.ts";
import { to } from "./broadcast.ts";
import { elementwise, type ResultRule } from "./elementwise.ts";

/** What an elementwise operation takes: a number stands for a 0-d tensor. */
export type Operand = Tensor | number;

/** A function on tensors that knows its name. */
export type Named<F> = F & { readonly opName: string };

export function named<F extends (...args: never[]) => unknown>(name: string, f: F): Named<F> {
  Object.defineProperty(f, "name", { value: name });
  return Object.assign(f, { opName: name });
}

/** Refuses what is not a tensor, saying which argument of which function it was. */
export function checkTensor(who: string, argument: string, x: unknown): Tensor {
  if (x instanceof Tensor) return x;
  const promise = typeof (x as { then?: unknown } | undefined)?.then === "function" ? " Did you forget await?" : "";
  throw new OptionError(`${who}: ${argument} must be a tensor, got ${describe(x)}.${promise}`);
}

/** Operands as tensors; a number takes the dtype that PyTorch's promotion gives it among the others. */
export function toTensors(who: string, ...operands: readonly Operand[]): Tensor[] {
  let dtype: DType | undefined;
  return operands.map((x, i) => {
    if (x instanceof Tensor) return x;
    if (typeof x !== "number")
      throw new OptionError(`${who}: argument ${i + 1} must be a tensor or a number, got ${describe(x)}.`);
    return filled([], x, (dtype ??= resultType(...operands)));
  });
}

/** Refuses a source whose elements a tensor `x` cannot take without losing fractions. */
export function checkSource(who: string, x: Tensor, source: Tensor): void {
  if (!holds(x.dtype, checkTensor(who, "source", source).dtype)) {
    throw new DTypeError(
      `${who}: a source of ${source.dtype} does not fit into a tensor of ${x.dtype}. Use x.to("${source.dtype}"), or source.to("${x.dtype}") to cut fractions off.`,
    );
  }
}

/** What a tensor of `dtype` is to be filled with, in that dtype; a fraction is cut off for int32, as in PyTorch. */
export function fillValue(who: string, value: Operand, dtype: DType): Tensor {
  const [given] = toTensors(who, value);
  if (typeof value !== "number") return to([given!], dtype);
  if (dtype === "int32" && Math.trunc(value) !== (value | 0)) {
    throw new DTypeError(`${who}: ${value} does not fit into int32. Use x.to("float32") first.`);
  }
  return filled([], value, dtype);
}

/** A function of one tensor, elementwise, declared by its formula in `x` (and derivative in `x` and the result `y`). */
export function unary(
  name: string,
  formula: string,
  {
    derivative,
    dtype,
    differentiable = true,
  }: { derivative?: string; dtype?: ResultRule; differentiable?: boolean } = {},
): Named<(x: Tensor) => Tensor> {
  const op = elementwise({
    name,
    formula,
    inputs: ["x"],
    differentiable,
    ...(derivative === undefined ? {} : { derivatives: { x: derivative } }),
    ...(dtype === undefined ? {} : { dtype }),
  });
  return named(name, (x: Tensor) => op([checkTensor(name, "x", x)]));
}

/** A function of two operands that broadcast, declared by its formula in `a` and `b`. */
export function binary(
  name: string,
  formula: string,
  {
    derivatives = {},
    dtype,
    differentiable = true,
  }: { derivatives?: { a?: string; b?: string }; dtype?: ResultRule; differentiable?: boolean } = {},
): Named<(a: Operand, b: Operand) => Tensor> {
  const op = elementwise({
    name,
    formula,
    inputs: ["a", "b"],
    derivatives,
    differentiable,
    ...(dtype === undefined ? {} : { dtype }),
  });
  // Two tensors are the usual case, and there is nothing to convert then.
  return named(name, (a: Operand, b: Operand) =>
    op(a instanceof Tensor && b instanceof Tensor ? [a, b] : toTensors(name, a, b)),
  );
}
