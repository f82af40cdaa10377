import { checkTensor, named } from "../autograd/functions.ts";
import { filled } from "../tensor/create.ts";
import { isFloating } from "../tensor/dtype.ts";
import { describe, DTypeError, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is, type Kind } from "../tensor/options.ts";
import { sameShape, show } from "../tensor/shape.ts";
import { elements, empty, packed, type Tensor } from "../tensor/tensor.ts";
import { checkIndices } from "./gather.ts";

/**
 * How often each whole number 0, 1, 2, … comes in a vector (int32, ≥ 0): int32 [largest + 1], at least `minlength`. With
 * weights their sums, in the weights' dtype. No gradient.
 */
export const bincount = named(
  "bincount",
  (x: Tensor, options: { weights?: Tensor; minlength?: number } = {}): Tensor => {
    checkOptions("bincount", options, { weights: is.tensor, minlength: is.count });
    if (checkIndices("bincount", x).ndim !== 1) throw new ShapeError(`bincount: needs a vector, got ${show(x.shape)}.`);
    const { weights, minlength = 0 } = options;
    if (weights !== undefined && !sameShape(checkTensor("bincount", "weights", weights).shape, x.shape)) {
      throw new ShapeError(`bincount: weights must have the shape ${show(x.shape)}, got ${show(weights.shape)}.`);
    }
    const numbers = packed(x);
    const factors = weights === undefined ? undefined : packed(weights);
    const count = x.numel();
    let length = minlength;
    {
      const { data, start } = elements(numbers);
      for (let i = 0; i < count; i++) {
        const n = data[start + i]!;
        if (n < 0) throw new OptionError(`bincount: numbers must be ≥ 0, got ${n}.`);
        length = Math.max(length, n + 1);
      }
    }
    const y = filled([length], 0, weights?.dtype ?? "int32");
    const { data, start } = elements(numbers);
    const out = y.storage.array();
    if (factors === undefined) for (let i = 0; i < count; i++) out[data[start + i]!]!++;
    else {
      const weight = elements(factors);
      for (let i = 0; i < count; i++) out[data[start + i]!]! += weight.data[weight.start + i]!;
    }
    return y;
  },
);

/** More parts than that are a slip, and would take all memory. */
const MOST = 2 ** 24;
const binCount: Kind = [
  `a whole number from 1 to ${MOST}`,
  (n) => Number.isInteger(n) && (n as number) >= 1 && (n as number) <= MOST,
];
/**
 * How many elements fall into each of `bins` (default 100) equal parts of [min, max], as a tensor of the same dtype.
 * Without bounds (or with equal ones) from the smallest to the largest element; what lies outside is not counted. No gradient.
 */
export const histc = named(
  "histc",
  (x: Tensor, options: { bins?: number; min?: number; max?: number } = {}): Tensor => {
    checkOptions("histc", options, { bins: binCount, min: is.number, max: is.number });
    const { bins = 100 } = options;
    let { min = 0, max = 0 } = options;
    if (!isFloating(checkTensor("histc", "x", x).dtype)) {
      throw new DTypeError(`histc: needs float32 or float64, got ${x.dtype}. bincount counts whole numbers.`);
    }
    if (!(min <= max && max - min < Infinity)) {
      throw new OptionError(`histc: min must be ≤ max, and both finite, got ${describe(min)} and ${describe(max)}.`);
    }
    const y = empty([bins], x.dtype);
    const { data, start } = elements(x);
    const out = y.storage.array();
    const count = x.numel();
    if (min === max && count > 0) {
      [min, max] = [Infinity, -Infinity];
      for (let i = 0; i < count; i++) {
        min = Math.min(min, data[start + i]!);
        max = Math.max(max, data[start + i]!);
      }
      if (!(max - min < Infinity))
        throw new OptionError(`histc: the elements go from ${min} to ${max}; give finite { min, max }.`);
    }
    if (min === max) [min, max] = [min - 1, max + 1];
    out.fill(0);
    for (let i = 0; i < count; i++) {
      const value = data[start + i]!;
      if (value >= min && value <= max) out[Math.min(bins - 1, Math.floor(((value - min) / (max - min)) * bins))]!++;
    }
    return y;
  },
);

/**
 * Where each value would be inserted into sorted numbers so that they stay sorted: int32, the shape of `values`. Before
 * equal ones, with `{ right: true }` after them. No gradient.
 */
export const searchsorted = named(
  "searchsorted",
  (sorted: Tensor, values: Tensor, options: { right?: boolean } = {}): Tensor => {
    checkTensor("searchsorted", "sorted", sorted);
    checkTensor("searchsorted", "values", values);
    checkOptions("searchsorted", options, { right: is.flag });
    const { right = false } = options;
    if (sorted.ndim !== 1 && !sameShape(sorted.shape.slice(0, -1), values.shape.slice(0, -1))) {
      throw new ShapeError(
        `searchsorted: the sorted numbers must be a vector, or have the leading dims of the values ${show(values.shape)}, got ${show(sorted.shape)}.`,
      );
    }
    const [a, b] = [packed(sorted), packed(values)];
    const y = empty(values.shape, "int32");
    const [from, wanted] = [elements(a), elements(b)];
    const out = y.storage.array();
    const length = sorted.shape.at(-1) ?? 1;
    const row = sorted.ndim === 1 ? out.length : values.shape.at(-1)!;
    for (let i = 0; i < out.length; i++) {
      const base = from.start + Math.floor(i / row) * length;
      const value = wanted.data[wanted.start + i]!;
      let low = 0;
      let high = length;
      while (low < high) {
        const middle = (low + high) >> 1;
        const entry = from.data[base + middle]!;
        // Written with "not", so that NaN is where PyTorch has it.
        if (right ? !(entry > value) : !(entry >= value)) low = middle + 1;
        else high = middle;
      }
      out[i] = low;
    }
    return y;
  },
);
