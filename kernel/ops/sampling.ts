import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { isFloating } from "../tensor/dtype.ts";
import { describe, DTypeError, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { uniform24, uniform53 } from "../tensor/random.ts";
import { show } from "../tensor/shape.ts";
import { elements, empty, type Tensor } from "../tensor/tensor.ts";
import { mul } from "./arithmetic.ts";
import { firstInOrder } from "./sort.ts";

interface Draw {
  readonly count: number;
  readonly replacement: boolean;
}

/** Sum of the weights of one row; refuses what is no distribution. */
function checkWeights(weights: ArrayLike<number>, row: number, { count, replacement }: Draw): number {
  let sum = 0;
  let possible = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (!(weight >= 0 && weight < Infinity)) {
      throw new OptionError(
        `multinomial: weights must be finite and ≥ 0, got ${weight} at place ${i} of row ${row}. Use softmax() to make weights of scores.`,
      );
    }
    sum += weight;
    if (weight > 0) possible++;
  }
  if (!(sum > 0)) throw new OptionError(`multinomial: all weights of row ${row} are 0; at least one must be larger.`);
  if (!replacement && possible < count) {
    throw new OptionError(
      `multinomial: ${count} different ones cannot be drawn from row ${row}, where ${possible} weights are larger than 0. Draw fewer, or use { replacement: true }.`,
    );
  }
  return sum;
}

/** Several from one row, each time from all: the place where a uniform number falls among the running sums. */
function withReplacement(
  weights: Float32Array | Float64Array,
  sum: number,
  out: Int32Array,
  at: number,
  count: number,
) {
  const running = weights.slice();
  let total = 0;
  // Sums and shares in the precision of the weights, as in PyTorch, so that the same numbers are drawn.
  const exact = weights instanceof Float64Array;
  for (let i = 0; i < running.length; i++) {
    total = exact ? total + weights[i]! : Math.fround(total + weights[i]!);
    running[i] = total;
  }
  if (sum > 0) for (let i = 0; i < running.length; i++) running[i]! /= total;
  running[running.length - 1] = 1;
  for (let k = 0; k < count; k++) {
    const u = uniform53();
    let left = 0;
    let right = running.length;
    while (left < right) {
      const middle = left + ((right - left) >> 1);
      if (running[middle]! < u) left = middle + 1;
      else right = middle;
    }
    out[at + k] = left;
  }
}

const draw: Op<Draw> = defineOp({
  name: "multinomial",
  forward([x], { count, replacement }) {
    const [rows, width] = x!.ndim === 2 ? (x!.shape as readonly [number, number]) : [1, x!.shape[0]!];
    const y = empty([...x!.shape.slice(0, -1), count], "int32");
    const { data, start } = elements(x!);
    const out = y.storage.array() as Int32Array;
    const Kind = x!.dtype === "float64" ? Float64Array : Float32Array;
    const all = Kind.from(data.subarray(start, start + rows * width));
    const line = (row: number): Float32Array | Float64Array => all.subarray(row * width, (row + 1) * width);
    const sums = Array.from({ length: rows }, (_, row) => checkWeights(line(row), row, { count, replacement }));
    if (replacement) {
      sums.forEach((sum, row) => withReplacement(line(row), sum, out, row * count, count));
      return y;
    }
    // weight / exponential number: the largest one is drawn with the probability of its weight, and then the next.
    const scale = new Kind(1);
    for (let i = 0; i < all.length; i++) {
      scale[0] = -Math.log(1 - uniform53());
      all[i]! /= scale[0]!;
    }
    for (let row = 0; row < rows; row++) {
      out.set(firstInOrder(line(row), count, true), row * count);
    }
    return y;
  },
  gradient: undefined,
});

/**
 * Class numbers drawn with the probabilities that each row of weights stands for (they need not add up to 1):
 * [classes] → [count], [rows, classes] → [rows, count], int32. Without `{ replacement: true }` all drawn of one row differ.
 *
 * The same numbers as PyTorch's on the CPU after the same `manualSeed`. No gradient.
 */
export const multinomial = named(
  "multinomial",
  (x: Tensor, count: number, options: { replacement?: boolean } = {}): Tensor => {
    checkTensor("multinomial", "x", x);
    checkOptions("multinomial", options, { replacement: is.flag });
    const { replacement = false } = options;
    if (!isFloating(x.dtype)) {
      throw new DTypeError(`multinomial: needs float32 or float64 weights, got ${x.dtype}. Use x.to("float32").`);
    }
    if (x.ndim !== 1 && x.ndim !== 2) {
      throw new ShapeError(`multinomial: needs [classes] or [rows, classes], got ${show(x.shape)}.`);
    }
    if (!Number.isInteger(count) || count < 1) {
      throw new OptionError(`multinomial: the count must be a whole number ≥ 1, got ${describe(count)}.`);
    }
    if (!replacement && count > x.shape.at(-1)!) {
      throw new OptionError(
        `multinomial: ${count} different ones cannot be drawn from ${x.shape.at(-1)}. Draw fewer, or use { replacement: true }.`,
      );
    }
    return draw([x], { count, replacement });
  },
);

const toss: Op<undefined> = defineOp({
  name: "bernoulli",
  forward([x]) {
    const y = empty(x!.shape, x!.dtype);
    const { data, start } = elements(x!);
    const out = y.storage.array();
    const uniform = x!.dtype === "float64" ? uniform53 : uniform24;
    for (let i = 0; i < out.length; i++) {
      const p = data[start + i]!;
      if (!(p >= 0 && p <= 1)) throw new OptionError(`bernoulli: a probability must be from 0 to 1, got ${p}.`);
      out[i] = uniform() < p ? 1 : 0;
    }
    return y;
  },
  // As in PyTorch: what was drawn does not change with a small change of the probability.
  gradient: (g) => [mul(g, 0)],
});

/** 1 with the probability that each element gives, else 0. The same as PyTorch's after the same seed. Gradient: 0. */
export const bernoulli = named("bernoulli", (x: Tensor): Tensor => {
  if (!isFloating(checkTensor("bernoulli", "x", x).dtype)) {
    throw new DTypeError(`bernoulli: needs float32 or float64 probabilities, got ${x.dtype}.`);
  }
  return toss([x], undefined);
});
