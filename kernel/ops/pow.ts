import { binary, unary } from "../autograd/functions.ts";

/**
 * aᵇ, elementwise with broadcasting.
 *
 * Gradient: b·aᵇ⁻¹ by a (0 where b is 0), aᵇ·ln a by b (0 where a is 0 and b ≥ 0, the limit from the right).
 */
export const pow = binary("pow", "a ** b", {
  derivatives: { a: "b == 0 ? 0 : b * a ** (b - 1)", b: "a == 0 && b >= 0 ? 0 : y * log(a)" },
});

/** x². */
export const square = unary("square", "x * x", { derivative: "2 * x" });
