import { elementwise } from "../autograd/elementwise.ts";
import { named } from "../autograd/functions.ts";
import { eye } from "../tensor/create.ts";
import { describe, OptionError } from "../tensor/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkSquare } from "./lu.ts";
import { matmul } from "./matmul.ts";
import { inverse } from "./solve.ts";
import { clone } from "./to.ts";

/** Of the shape of a, with gradient 0 by it. */
const identity = elementwise({ name: "matrixPower", formula: "one", inputs: ["a", "one"] });

/** Each matrix a[…, n, n] multiplied with itself: a·a for 2, the identity for 0, the inverse for −1. */
export const matrixPower = named("matrixPower", (a: Tensor, power: number): Tensor => {
  const n = checkSquare("matrixPower", "a", a);
  if (!Number.isInteger(power))
    throw new OptionError(`matrixPower: the power must be a whole number, got ${describe(power)}.`);
  if (power === 0) return identity([a, eye(n, n, { dtype: a.dtype })]);
  let square = power < 0 ? inverse(a) : a;
  let result: Tensor | undefined;
  for (let rest = Math.abs(power); ; square = matmul(square, square)) {
    if (rest % 2 === 1) result = result === undefined ? square : matmul(result, square);
    rest = Math.floor(rest / 2);
    if (rest === 0) return result === a ? clone(a) : result!;
  }
});
