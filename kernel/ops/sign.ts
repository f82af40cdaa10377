import { numeric } from "../autograd/elementwise.ts";
import { unary } from "../autograd/functions.ts";

/** |x|. Gradient: the sign of x, 0 at 0. */
export const abs = unary("abs", "abs(x)", { dtype: numeric("abs") });

/** −1, 0 or 1. Its gradient is 0. */
export const sign = unary("sign", "sign(x)");
