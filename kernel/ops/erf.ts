import { floating } from "../autograd/elementwise.ts";
import { unary } from "../autograd/functions.ts";

/** Error function 2/√π ∫₀ˣ e^(−t²) dt, accurate to about 1e-16. Gradient: 2/√π·e^(−x²). */
export const erf = unary("erf", "erf(x)", { dtype: floating });
