import { elementwise, type Elementwise } from "../autograd/elementwise.ts";
import { binary, named, toTensors, unary, type Operand } from "../autograd/functions.ts";
import { resultType, whole } from "../tensor/dtype.ts";
import { OptionError } from "../tensor/errors.ts";
import { Tensor } from "../tensor/tensor.ts";
import { to } from "./to.ts";

const general = binary("pow", "a ** b", {
  derivatives: { a: "b == 0 ? 0 : b * a ** (b - 1)", b: "a == 0 && b >= 0 ? 0 : y * log(a)" },
});

const inDoubles = binary("pow", "b < 0 ? trunc(a ** b) : round(a ** b)", {
  dtype: () => "float64",
  differentiable: false,
});
function wholePower(a: Operand, b: Operand): Tensor {
  if (typeof b === "number" && b < 0) {
    throw new OptionError(
      `pow: whole numbers to the power ${b} are fractions, which int32 cannot hold. Use x.to("float32") first.`,
    );
  }
  const [base, exponent] = toTensors("pow", a, b);
  const y = inDoubles(base!, exponent!);
  for (const value of y.storage.array()) whole("pow", value);
  return to(y, "int32");
}

/** With the exponent in the formula: then it is multiplication, and the kernels have that. */
const fixed = new Map<number, Elementwise>();
function power(exponent: number): Elementwise {
  let op = fixed.get(exponent);
  if (op === undefined) {
    const dtype = (inputs: readonly Tensor[]) => resultType(...inputs, exponent);
    op = elementwise({ name: "pow", formula: `x ** (${exponent})`, inputs: ["x"], dtype });
    fixed.set(exponent, op);
  }
  return op;
}

/**
 * aᵇ, elementwise with broadcasting.
 *
 * Of whole numbers an int32; what does not fit is an error. Gradient: b·aᵇ⁻¹ by a (0 where b is 0), aᵇ·ln a by b (0 where a is 0 and b ≥ 0, the limit from the right).
 */
export const pow = named("pow", (a: Operand, b: Operand): Tensor => {
  if (resultType(a, b) === "int32") return wholePower(a, b);
  return a instanceof Tensor && typeof b === "number" && Number.isInteger(2 * b) && Math.abs(b) <= 8
    ? power(b)([a])
    : general(a, b);
});

/** x². */
export const square = unary("square", "x * x", {
  derivative: "2 * x",
  dtype: ([x]) => (x!.dtype === "bool" ? "int32" : x!.dtype),
});
