import { unary } from "../autograd/functions.ts";

/** The largest whole number ≤ x. Gradients of all four are 0. */
export const floor = unary("floor", "floor(x)");
/** The smallest whole number ≥ x. */
export const ceil = unary("ceil", "ceil(x)");
/** The nearest whole number, halves to the even one. */
export const round = unary("round", "round(x)");
/** x without its fraction. */
export const trunc = unary("trunc", "trunc(x)");
