import { elementwise } from "../autograd/elementwise.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { checkOptions, is } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clamp } from "./clamp.ts";

/** Each element, at least `min` (a number, or a tensor that broadcasts). */
export const clampMin = named("clampMin", (x: Tensor, min: number | Tensor): Tensor => clamp(x, { min }));
/** Each element, at most `max` (a number, or a tensor that broadcasts). */
export const clampMax = named("clampMax", (x: Tensor, max: number | Tensor): Tensor => clamp(x, { max }));

const replace = elementwise({
  name: "nanToNum",
  formula: "x != x ? nan : x - x == 0 ? x : x > 0 ? top : bottom",
  inputs: ["x"],
  scalars: ["nan", "top", "bottom"],
  derivatives: { x: "x - x == 0 ? 1 : 0" },
});

/** NaN replaced by `nan` (default 0), ∞ by `posinf` and −∞ by `neginf` (default: the largest finite numbers). */
export const nanToNum = named(
  "nanToNum",
  (x: Tensor, options: { nan?: number; posinf?: number; neginf?: number } = {}): Tensor => {
    checkOptions("nanToNum", options, { nan: is.value, posinf: is.value, neginf: is.value });
    const largest = checkTensor("nanToNum", "x", x).dtype === "float64" ? Number.MAX_VALUE : 3.4028234663852886e38;
    return replace([x], [options.nan ?? 0, options.posinf ?? largest, options.neginf ?? -largest]);
  },
);
