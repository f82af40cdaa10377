import { floating, numeric } from "../autograd/elementwise.ts";
import { binary, unary } from "../autograd/functions.ts";

/** a + b (of bools: or), elementwise with broadcasting. */
export const add = binary("add", "a + b");

/** a − b, elementwise with broadcasting. */
export const sub = binary("sub", "a - b", {
  // Nor of a bool and a number, as in PyTorch: 1 − mask is more likely meant as "not".
  dtype: numeric("sub", 'Use logicalXor() or logicalNot() for masks, or to("int32") to compute with 0 and 1.', true),
});

/** a · b, elementwise with broadcasting. */
export const mul = binary("mul", "a * b");

/** a / b, elementwise with broadcasting; whole numbers give float32. Division by 0 gives ±Infinity or NaN. */
export const div = binary("div", "a / b", { dtype: floating, derivatives: { a: "1 / b", b: "-(y / b)" } });

/** −x. */
export const neg = unary("neg", "-x", {
  dtype: numeric("neg", 'Use logicalNot() to turn a mask around, or to("int32") to compute with 0 and 1.'),
});

/** 1 / x. */
export const reciprocal = unary("reciprocal", "1 / x", { dtype: floating, derivative: "-(y * y)" });
