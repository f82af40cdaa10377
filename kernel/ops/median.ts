import { expandTo } from "../autograd/broadcast.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { isFloating } from "../tensor/dtype.ts";
import { describe, DTypeError, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is, oneOf } from "../tensor/options.ts";
import { checkDim, show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, div, mul, sub } from "./arithmetic.ts";
import { stack } from "./cat.ts";
import { eq, isnan } from "./compare.ts";
import { logicalAnd, logicalOr } from "./logical.ts";
import { any, type ValuesAndIndices } from "./max.ts";
import { flatten, reshape } from "./reshape.ts";
import { select } from "./slice.ts";
import { elementInOrder, sort } from "./sort.ts";
import { sum, type ReduceOptions } from "./sum.ts";
import { to } from "./to.ts";
import { where } from "./where.ts";

/** The middle element along a dim, the lower one of two; NaN if there is one. */
function middle(x: Tensor, dim: number, keepdim: boolean): ValuesAndIndices {
  const count = x.shape[dim] ?? 1;
  if (count === 0) throw new ShapeError(`median: there is no middle element in ${show(x.shape)}.`);
  const found = elementInOrder(x, dim, (count - 1) >> 1, { keepdim });
  if (!isFloating(x.dtype)) return found;
  // NaN counts as the largest: where it comes first in descending order, the median is NaN.
  const largest = elementInOrder(x, dim, 0, { descending: true, keepdim });
  const lost = isnan(largest.values);
  if (any(lost).item() === 0) return found;
  return {
    values: where(lost, largest.values, found.values),
    indices: where(lost, largest.indices, found.indices),
  };
}

const ofAll: Op<undefined> = defineOp({
  name: "median",
  forward([x]) {
    if (x!.numel() > 0) return middle(flatten(x!), 0, false).values;
    if (isFloating(x!.dtype)) return filled([], NaN, x!.dtype);
    throw new ShapeError(`median: there is no middle element in ${show(x!.shape)}, and ${x!.dtype} has no NaN.`);
  },
  keep: (y, [x]) => [x!, y],
  // Equal ones share the gradient.
  gradient(g, { saved: [x, y] }) {
    const hit = logicalOr(eq(x!, y!), logicalAnd(isnan(x!), isnan(y!)));
    return [mul(expandTo(g, x!.shape), div(to(hit, g.dtype), sum(hit)))];
  },
});

export interface Median {
  /** Of all elements. Equal ones share the gradient. */
  (x: Tensor): Tensor;
  /** Along one dim; the gradient goes to the element chosen. */
  (x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices;
}

/** The middle element, the lower one of two: `median(x)`; `median(x, dim)` → { values, indices }. NaN if there is one, or nothing. */
export const median = named("median", ((x: Tensor, dim?: number, options: ReduceOptions = {}) => {
  checkTensor("median", "x", x);
  checkOptions("median", options, { keepdim: is.flag });
  if (dim === undefined || dim === null) return ofAll([x], undefined);
  return middle(x, checkDim("median", dim, x.ndim), options.keepdim ?? false);
}) as Median);

export interface QuantileOptions extends ReduceOptions {
  /** Between two elements: the weighted mean (default), the lower, the higher, the nearest, or their midpoint. */
  interpolation?: "linear" | "lower" | "higher" | "nearest" | "midpoint";
}
const interpolations = ["linear", "lower", "higher", "nearest", "midpoint"];

/**
 * The value that a share `q` (0 … 1; a number, or several as an array) of the elements lies below, along a dim or
 * (default) of all. Several give a dim in front. NaN if there is one.
 */
export const quantile = named(
  "quantile",
  (x: Tensor, q: number | readonly number[], dim?: number | null, options: QuantileOptions = {}): Tensor => {
    checkTensor("quantile", "x", x);
    checkOptions("quantile", options, { keepdim: is.flag, interpolation: oneOf(...interpolations) });
    const { keepdim = false, interpolation = "linear" } = options;
    if (!isFloating(x.dtype)) throw new DTypeError(`quantile: needs float32 or float64, got ${x.dtype}.`);
    const flat = dim === undefined || dim === null;
    const source = flat || x.ndim === 0 ? flatten(x) : x;
    const d = flat ? 0 : checkDim("quantile", dim, x.ndim);
    const last = source.shape[d]! - 1;
    if (last < 0) throw new ShapeError(`quantile: there are no elements in ${show(x.shape)}.`);
    const { values } = sort(source, d);
    const top = select(values, d, last);
    if (typeof q !== "number" && !Array.isArray(q))
      throw new OptionError(`quantile: q must be a number from 0 to 1 or an array of them, got ${describe(q)}.`);
    const one = (share: number): Tensor => {
      if (typeof share !== "number" || !(share >= 0 && share <= 1))
        throw new OptionError(`quantile: q must be from 0 to 1, got ${describe(share)}.`);
      const at = share * last;
      const low = Math.floor(at);
      const rest = at - low;
      // Halves go to the even place, as in PyTorch.
      const near = rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? 0 : 1;
      const weight = { linear: rest, lower: 0, higher: Math.ceil(rest), nearest: near, midpoint: rest === 0 ? 0 : 0.5 }[
        interpolation
      ];
      const below = select(values, d, low);
      const between = weight === 0 ? below : add(below, mul(sub(select(values, d, low + 1), below), weight));
      return where(isnan(top), top, between);
    };
    const found = typeof q === "number" ? one(q) : stack((q as readonly number[]).map(one));
    if (!keepdim) return found;
    const lead = typeof q === "number" ? [] : [(q as readonly number[]).length];
    const kept = flat ? x.shape.map(() => 1) : x.shape.map((n, i) => (i === d ? 1 : n));
    return reshape(found, [...lead, ...kept]);
  },
);
