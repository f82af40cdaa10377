import { numeric } from "../autograd/elementwise.ts";
import { binary, named, toTensors, type Operand } from "../autograd/functions.ts";
import { within } from "../autograd/mode.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { AutogradError, OptionError } from "../tensor/errors.ts";
import { resultType } from "../tensor/dtype.ts";
import { elements, type Tensor } from "../tensor/tensor.ts";

/** Operands as tensors. Whole numbers have no Infinity to be the result of a division by 0. */
function operands(who: string, a: Operand, b: Operand): Tensor[] {
  const [dividend, divisor] = toTensors(who, a, b) as [Tensor, Tensor];
  if (resultType(a, b) === "int32") {
    const { data, start } = elements(divisor);
    const at = data.subarray(start, start + divisor.numel()).indexOf(0);
    if (at >= 0) {
      throw new OptionError(
        `${who}: whole numbers cannot be divided by 0, and element ${at} of the divisor is 0. Use x.to("float32") for Infinity or NaN there.`,
      );
    }
  }
  return [dividend, divisor];
}

const floored = binary("floorDivide", "b == 0 ? a / b : round((a - mod(a, b)) / b)", {
  differentiable: false,
  dtype: numeric("floorDivide"),
});
const floorOp: Op<undefined> = defineOp({
  name: "floorDivide",
  forward: ([a, b]) => within(false, "", () => floored(a!, b!)),
  gradient() {
    throw new AutogradError(
      "floorDivide: it has no gradient, as in PyTorch: a whole number does not follow small changes. Use div(), or detach() what no gradient is wanted for.",
    );
  },
});
/** ⌊a / b⌋, elementwise with broadcasting, as Python's //; the dtype stays. It has no gradient. */
export const floorDivide = named("floorDivide", (a: Operand, b: Operand): Tensor =>
  floorOp(operands("floorDivide", a, b), undefined),
);

const truncated = binary("fmod", "a % b", {
  derivatives: { a: "1", b: "-trunc(a / b)" },
  dtype: numeric("fmod"),
});
/** Remainder of a / b with the sign of a, as C's fmod. Gradient: 1 by a, −trunc(a/b) by b. */
export const fmod = named("fmod", (a: Operand, b: Operand): Tensor => {
  const [dividend, divisor] = operands("fmod", a, b);
  return truncated(dividend!, divisor!);
});

const modulo = binary("remainder", "mod(a, b)", { dtype: numeric("remainder") });
/** Remainder of a / b with the sign of b, as Python's %. Gradient: 1 by a, −⌊a/b⌋ by b. */
export const remainder = named("remainder", (a: Operand, b: Operand): Tensor => {
  const [dividend, divisor] = operands("remainder", a, b);
  return modulo(dividend!, divisor!);
});
