import { numeric } from "../autograd/elementwise.ts";
import { binary } from "../autograd/functions.ts";

/** ⌊a / b⌋, elementwise with broadcasting, as Python's //; the dtype stays. Gradient: 0. */
export const floorDivide = binary("floorDivide", "b == 0 ? a / b : round((a - mod(a, b)) / b)", {
  derivatives: { a: "0", b: "0" },
  dtype: numeric("floorDivide"),
});

/** Remainder of a / b with the sign of a, as C's fmod. Gradient: 1 by a, −trunc(a/b) by b. */
export const fmod = binary("fmod", "a % b", {
  derivatives: { a: "1", b: "-trunc(a / b)" },
  dtype: numeric("fmod"),
});
