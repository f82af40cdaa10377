import { floating } from "../autograd/elementwise.ts";
import { unary } from "../autograd/functions.ts";

/** √x; NaN below 0. Its gradient is infinite at 0. */
export const sqrt = unary("sqrt", "sqrt(x)", { dtype: floating, derivative: "0.5 / y" });

/** 1/√x. */
export const rsqrt = unary("rsqrt", "1 / sqrt(x)", { dtype: floating, derivative: "-0.5 * y * y * y" });
