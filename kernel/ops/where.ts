import { elementwise } from "../autograd/elementwise.ts";
import { checkTensor, fillValue, named, toTensors, type Operand } from "../autograd/functions.ts";
import { DTypeError } from "../tensor/errors.ts";
import { resultType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";

const choose = elementwise({
  name: "where",
  formula: "condition ? a : b",
  inputs: ["condition", "a", "b"],
  dtype: ([, a, b]) => resultType(a!, b!),
});

/** Refuses a mask of another dtype. */
export function checkCondition(who: string, condition: Tensor): Tensor {
  checkTensor(who, who === "where" ? "condition" : "mask", condition);
  if (condition.dtype !== "bool") {
    throw new DTypeError(`${who}: the condition must be a bool tensor, got ${condition.dtype}. Compare it: x.ne(0).`);
  }
  return condition;
}

/** a where the condition holds, else b; all three broadcast. The branch not taken gets the gradient 0. */
export const where = named("where", (condition: Tensor, a: Operand, b: Operand): Tensor =>
  choose([checkCondition("where", condition), ...toTensors("where", a, b)]),
);

/** x with `value`, in the dtype of x, where the mask holds. */
export const maskedFill = named("maskedFill", (x: Tensor, mask: Tensor, value: Operand): Tensor => {
  checkTensor("maskedFill", "x", x);
  checkCondition("maskedFill", mask);
  return choose([mask, fillValue("maskedFill", value, x.dtype), x]);
});
