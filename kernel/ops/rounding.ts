import { numeric } from "../autograd/elementwise.ts";
import { unary } from "../autograd/functions.ts";

/** The largest whole number ≤ x. Gradients of all four are 0. */
export const floor = unary("floor", "floor(x)", { dtype: numeric("floor") });
/** The smallest whole number ≥ x. */
export const ceil = unary("ceil", "ceil(x)", { dtype: numeric("ceil") });
/** The nearest whole number, halves to the even one. */
export const round = unary("round", "round(x)", { dtype: numeric("round") });
/** x without its fraction. */
export const trunc = unary("trunc", "trunc(x)", { dtype: numeric("trunc") });
