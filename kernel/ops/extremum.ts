import { binary } from "../autograd/functions.ts";

/** The larger of a and b, elementwise with broadcasting; NaN wins. Gradient: to the larger one, half each when equal. */
export const maximum = binary("maximum", "max(a, b)");

/** The smaller of a and b, elementwise with broadcasting; NaN wins. Gradient: to the smaller one, half each when equal. */
export const minimum = binary("minimum", "min(a, b)");
