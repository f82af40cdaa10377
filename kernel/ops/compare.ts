import { boolean } from "../autograd/elementwise.ts";
import { binary, unary } from "../autograd/functions.ts";

/** Comparison, elementwise with broadcasting, gives bool. No gradient flows through it. NaN equals nothing. */
const comparison = { dtype: boolean, differentiable: false };

/** a = b */
export const eq = binary("eq", "a == b", comparison);
/** a ≠ b */
export const ne = binary("ne", "a != b", comparison);
/** a < b */
export const lt = binary("lt", "a < b", comparison);
/** a ≤ b */
export const le = binary("le", "a <= b", comparison);
/** a > b */
export const gt = binary("gt", "a > b", comparison);
/** a ≥ b */
export const ge = binary("ge", "a >= b", comparison);

/** Whether an element is NaN. */
export const isnan = unary("isnan", "x != x", comparison);
/** Whether an element is neither NaN nor infinite. */
export const isfinite = unary("isfinite", "x - x == 0", comparison);
/** Whether an element is ±Infinity. */
export const isinf = unary("isinf", "x == x && x - x != 0", comparison);
