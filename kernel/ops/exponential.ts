import { floating } from "../autograd/elementwise.ts";
import { unary } from "../autograd/functions.ts";

/** eˣ. Gradient: the result. */
export const exp = unary("exp", "exp(x)", { dtype: floating, derivative: "y" });

/** eˣ − 1, accurate near 0. */
export const expm1 = unary("expm1", "expm1(x)", { dtype: floating, derivative: "y + 1" });

/** Natural logarithm; −Infinity at 0, NaN below. */
export const log = unary("log", "log(x)", { dtype: floating });

/** ln(1 + x), accurate near 0. */
export const log1p = unary("log1p", "log1p(x)", { dtype: floating });

/** Logarithm to base 2. */
export const log2 = unary("log2", "log2(x)", { dtype: floating });

/** Logarithm to base 10. */
export const log10 = unary("log10", "log10(x)", { dtype: floating });
