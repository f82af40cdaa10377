import { elementwise, type Elementwise } from "../autograd/elementwise.ts";
import { binary, named, unary, type Operand } from "../autograd/functions.ts";
import { resultType } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";

const general = binary("pow", "a ** b", {
  derivatives: { a: "b == 0 ? 0 : b * a ** (b - 1)", b: "a == 0 && b >= 0 ? 0 : y * log(a)" },
});

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
 * Gradient: b·aᵇ⁻¹ by a (0 where b is 0), aᵇ·ln a by b (0 where a is 0 and b ≥ 0, the limit from the right).
 */
export const pow = named("pow", (a: Operand, b: Operand): Tensor =>
  a instanceof Tensor && typeof b === "number" && Number.isInteger(2 * b) && Math.abs(b) <= 8
    ? power(b)([a])
    : general(a, b),
);

/** x². */
export const square = unary("square", "x * x", {
  derivative: "2 * x",
  dtype: ([x]) => (x!.dtype === "bool" ? "int32" : x!.dtype),
});
