import { elementwise, numeric } from "../autograd/elementwise.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { resultType } from "../tensor/dtype.ts";
import { OptionError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { maximum, minimum } from "./extremum.ts";
import { to } from "./to.ts";

const between = elementwise({
  name: "clamp",
  formula: "min(max(x, low), high)",
  inputs: ["x"],
  scalars: ["low", "high"],
  derivatives: { x: "x >= low && x <= high ? 1 : 0" },
});

export interface ClampOptions {
  min?: number | Tensor;
  max?: number | Tensor;
}

/**
 * Each element kept within [min, max]; one of them may be left out, and both may be tensors that broadcast.
 *
 * Gradient: 1 where the element is within, bounds included, else 0.
 */
export const clamp = named("clamp", (x: Tensor, options: ClampOptions): Tensor => {
  checkTensor("clamp", "x", x);
  checkOptions("clamp", options, { min: is.operand, max: is.operand });
  const { min, max } = options ?? {};
  if (min === undefined && max === undefined) {
    throw new OptionError("clamp: give { min }, { max } or both.");
  }
  if (typeof min === "object" || typeof max === "object") {
    const raised = min === undefined ? x : maximum(x, min);
    return max === undefined ? raised : minimum(raised, max);
  }
  const bounds = [min, max].filter((bound) => bound !== undefined);
  const wide = bounds.every((bound) => Number.isFinite(bound)) ? resultType(x, ...bounds) : x.dtype;
  return between([wide === x.dtype ? x : to(x, wide)], [min ?? -Infinity, max ?? Infinity]);
});

const within = elementwise({
  name: "hardtanh",
  dtype: numeric("hardtanh"),
  formula: "min(max(x, low), high)",
  inputs: ["x"],
  scalars: ["low", "high"],
  derivatives: { x: "x > low && x < high ? 1 : 0" },
});

/** As clamp between minVal (default −1) and maxVal (default 1), but with gradient 0 at the bounds. */
export const hardtanh = named("hardtanh", (x: Tensor, options: { minVal?: number; maxVal?: number } = {}): Tensor => {
  checkOptions("hardtanh", options, { minVal: is.number, maxVal: is.number });
  return within([checkTensor("hardtanh", "x", x)], [options.minVal ?? -1, options.maxVal ?? 1]);
});
