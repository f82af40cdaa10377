import { checkTensor, named } from "../autograd/functions.ts";
import { describe, OptionError } from "../tensor/errors.ts";
import { checkDim } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cat } from "./cat.ts";
import { flatten, reshape } from "./reshape.ts";
import { narrow } from "./slice.ts";
import { clone } from "./to.ts";

function along(x: Tensor, shift: number, dim: number): Tensor {
  const size = x.shape[dim] ?? 0;
  const by = size === 0 ? 0 : ((shift % size) + size) % size;
  return by === 0 ? x : cat([narrow(x, dim, size - by, by), narrow(x, dim, 0, size - by)], dim);
}

/**
 * The elements moved on by `shifts` places along `dims`; what leaves at the end comes in at the start. Without dims the
 * flattened tensor is rolled.
 */
export const roll = named(
  "roll",
  (x: Tensor, shifts: number | readonly number[], dims?: number | readonly number[]): Tensor => {
    checkTensor("roll", "x", x);
    const by = typeof shifts === "number" ? [shifts] : shifts;
    if (!Array.isArray(by) || !by.every(Number.isInteger)) {
      throw new OptionError(`roll: shifts must be a whole number or an array of them, got ${describe(shifts)}.`);
    }
    if (dims === undefined) {
      if (by.length !== 1)
        throw new OptionError(`roll: ${by.length} shifts need as many dims; give them after the shifts.`);
      const y = along(flatten(x), by[0]!, 0);
      return reshape(y.isView ? clone(y) : y, x.shape);
    }
    const places = (typeof dims === "number" ? [dims] : dims).map((d) => checkDim("roll", d, x.ndim));
    if (places.length !== by.length) {
      throw new OptionError(`roll: ${by.length} shifts need as many dims, got ${places.length}.`);
    }
    const y = places.reduce((y, dim, i) => along(y, by[i]!, dim), x);
    // A tensor of its own, also where nothing moved.
    return y === x ? clone(x) : y;
  },
);
