import { floating } from "../autograd/elementwise.ts";
import { binary, unary } from "../autograd/functions.ts";

/** Sine of an angle in radians. */
export const sin = unary("sin", "sin(x)", { dtype: floating });
/** Cosine of an angle in radians. */
export const cos = unary("cos", "cos(x)", { dtype: floating });
/** Tangent of an angle in radians. */
export const tan = unary("tan", "tan(x)", { dtype: floating, derivative: "1 + y * y" });
/** Angle in [−π/2, π/2] with the sine x. */
export const asin = unary("asin", "asin(x)", { dtype: floating });
/** Angle in [0, π] with the cosine x. */
export const acos = unary("acos", "acos(x)", { dtype: floating });
/** Angle in (−π/2, π/2) with the tangent x. */
export const atan = unary("atan", "atan(x)", { dtype: floating });
/** Angle of the point (b, a), in (−π, π]. */
export const atan2 = binary("atan2", "atan2(a, b)", { dtype: floating });
/** Hyperbolic sine. */
export const sinh = unary("sinh", "sinh(x)", { dtype: floating });
/** Hyperbolic cosine. */
export const cosh = unary("cosh", "cosh(x)", { dtype: floating });
/** Hyperbolic tangent, in (−1, 1). Gradient: 1 − y². */
export const tanh = unary("tanh", "tanh(x)", { dtype: floating, derivative: "1 - y * y" });
