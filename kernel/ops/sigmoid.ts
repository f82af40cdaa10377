import { floating } from "../autograd/elementwise.ts";
import { unary } from "../autograd/functions.ts";

/**
 * Logistic sigmoid σ(x) = 1 / (1 + e⁻ˣ), in (0, 1); saturates to exactly 0 or 1, never NaN.
 *
 * Gradient: y (1 − y).
 */
export const sigmoid = unary("sigmoid", "1 / (1 + exp(-x))", { dtype: floating, derivative: "y * (1 - y)" });

/** ln σ(x), without overflow: min(x, 0) − ln(1 + e^(−|x|)). Gradient: σ(−x). */
export const logSigmoid = unary("logSigmoid", "min(x, 0) - log1p(exp(-abs(x)))", {
  dtype: floating,
  derivative: "sigmoid(-x)",
});
