import { elementwise } from "../autograd/elementwise.ts";
import { checkTensor, named, toTensors, type Operand } from "../autograd/functions.ts";
import { DTypeError } from "../tensor/errors.ts";
import { filled } from "../tensor/create.ts";
import { resultType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { to } from "./to.ts";

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
  const { dtype } = checkTensor("maskedFill", "x", x);
  if (dtype === "int32" && typeof value === "number" && Math.trunc(value) !== (value | 0)) {
    throw new DTypeError(`maskedFill: ${value} does not fit into int32. Use x.to("float32") first.`);
  }
  checkCondition("maskedFill", mask);
  const fill = typeof value === "number" ? filled([], value, dtype) : to(toTensors("maskedFill", value)[0]!, dtype);
  return choose([mask, fill, x]);
});
