import { boolean, elementwise } from "../autograd/elementwise.ts";
import { checkTensor, named, toTensors, type Operand } from "../autograd/functions.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { eq } from "./compare.ts";
import { all } from "./max.ts";

const near = elementwise({
  name: "isclose",
  formula: "a == b || (equalNan != 0 && a != a && b != b) || (b - b == 0 && abs(a - b) <= atol + rtol * abs(b))",
  inputs: ["a", "b"],
  scalars: ["rtol", "atol", "equalNan"],
  dtype: boolean,
  differentiable: false,
});

export interface IscloseOptions {
  /** Allowed difference, relative to the second tensor. Default 1e-5. */
  rtol?: number;
  /** Allowed difference, absolute. Default 1e-8. */
  atol?: number;
  /** Whether NaN is close to NaN. Default false. */
  equalNan?: boolean;
}

function compare(who: string, a: Tensor, b: Operand, options: IscloseOptions): Tensor {
  checkTensor(who, "a", a);
  checkOptions(who, options, { rtol: is.atLeast0, atol: is.atLeast0, equalNan: is.flag });
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  return near(toTensors(who, a, b), [rtol, atol, equalNan ? 1 : 0]);
}

/** Whether |a − b| ≤ atol + rtol·|b|, elementwise with broadcasting. */
export const isclose = named("isclose", (a: Tensor, b: Operand, options: IscloseOptions = {}): Tensor =>
  compare("isclose", a, b, options),
);

/** Whether all elements are close, as true or false. */
export const allclose = named(
  "allclose",
  (a: Tensor, b: Operand, options: IscloseOptions = {}): boolean =>
    all(compare("allclose", a, b, options)).item() !== 0,
);

/** Whether two tensors have the same shape and the same elements, as true or false. NaN equals nothing. */
export const equal = named("equal", (a: Tensor, b: Tensor): boolean => {
  checkTensor("equal", "a", a);
  checkTensor("equal", "b", b);
  return sameShape(a.shape, b.shape) && all(eq(a, b)).item() !== 0;
});
