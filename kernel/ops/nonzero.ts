import { checkTensor, named } from "../autograd/functions.ts";
import { expandTo } from "../autograd/broadcast.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { broadcastShapes } from "../tensor/shape.ts";
import { elements, empty, type Tensor } from "../tensor/tensor.ts";
import { unbind } from "./cat.ts";
import { ne } from "./compare.ts";
import { gather } from "./gather.ts";
import { reshape } from "./reshape.ts";
import { sum, type Dims } from "./sum.ts";
import { contiguous } from "./to.ts";
import { checkCondition } from "./where.ts";

/** The places, counted row by row, of the elements that are not 0: int32. */
export function placesOf(x: Tensor): Tensor {
  const size = x.numel();
  const { data, start } = elements(x);
  const found: number[] = [];
  for (let i = 0; i < size; i++) if (data[start + i] !== 0) found.push(i);
  const y = empty([found.length], "int32");
  y.storage.array().set(found);
  return y;
}

export interface Nonzero {
  (x: Tensor, options?: { asTuple?: false }): Tensor;
  (x: Tensor, options: { asTuple: true }): Tensor[];
}

/**
 * The indices of the elements that are not 0: int32 [count, dims], row by row; with `{ asTuple: true }` one vector per
 * dim, as `x.index(…)` takes them.
 */
export const nonzero = named("nonzero", ((x: Tensor, options: { asTuple?: boolean } = {}) => {
  checkTensor("nonzero", "x", x);
  checkOptions("nonzero", options, { asTuple: is.flag });
  const places = placesOf(x);
  // With asTuple a single number counts as a vector of one, as in PyTorch.
  const shape = options.asTuple && x.ndim === 0 ? [1] : x.shape;
  const y = empty([places.numel(), shape.length], "int32");
  const from = places.storage.array();
  const to = y.storage.array();
  for (let k = 0; k < from.length; k++) {
    let rest = from[k]!;
    for (let d = shape.length - 1; d >= 0; d--) {
      const index = rest % shape[d]!;
      to[k * shape.length + d] = index;
      rest = (rest - index) / shape[d]!;
    }
  }
  return options.asTuple ? unbind(y, 1).map((column) => contiguous(column)) : y;
}) as Nonzero);

/** As nonzero. */
export const argwhere = named("argwhere", (x: Tensor): Tensor => nonzero(checkTensor("argwhere", "x", x)));

/** How many elements are not 0, over the dims, all by default. */
export const countNonzero = named("countNonzero", (x: Tensor, dim?: Dims): Tensor =>
  sum(ne(checkTensor("countNonzero", "x", x), 0), dim),
);

/** The elements where the mask holds, as a vector; x and mask broadcast. Gradient: back to their places, 0 elsewhere. */
export const maskedSelect = named("maskedSelect", (x: Tensor, mask: Tensor): Tensor => {
  checkTensor("maskedSelect", "x", x);
  checkCondition("maskedSelect", mask);
  const shape = broadcastShapes("maskedSelect", x.shape, mask.shape);
  return gather(reshape(expandTo(x, shape), -1), 0, placesOf(expandTo(mask, shape)));
});
