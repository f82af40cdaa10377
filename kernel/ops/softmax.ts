import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { isFloating } from "../tensor/dtype.ts";
import { DTypeError } from "../tensor/errors.ts";
import { lined } from "../tensor/reduce.ts";
import { checkDim, checkDims } from "../tensor/shape.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { addressOf, empty, packed, type Tensor } from "../tensor/tensor.ts";
import { softmaxKernels } from "../wasm/softmax.ts";
import { add, mul, neg, sub } from "./arithmetic.ts";
import { isfinite } from "./compare.ts";
import { exp, log } from "./exponential.ts";
import { amax } from "./max.ts";
import { reshape } from "./reshape.ts";
import { sum, type Dims, type ReduceOptions } from "./sum.ts";
import { detach, to } from "./to.ts";
import { where } from "./where.ts";

/** Transforms `count` elements, `step` apart. */
type Line = (from: TypedArray, a: number, to: TypedArray, b: number, count: number, step: number) => void;

function alongDim(x: Tensor, dim: number, line: Line): Tensor {
  const y = empty(x.shape, x.dtype);
  const { source, outer, count, inner } = lined(x, x.ndim === 0 ? [] : [dim]);
  const from = source.storage.array();
  const to = y.storage.array();
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = o * count * inner + i;
      line(from, source.offset + at, to, at, count, inner);
    }
  }
  return y;
}

// Subtract the maximum: exp(800) is Infinity.
function maximum(from: TypedArray, a: number, count: number, step: number): number {
  let max = -Infinity;
  for (let n = 0; n < count; n++) max = Math.max(max, from[a + n * step]!);
  return max;
}

const normalise: Line = (from, a, to, b, count, step) => {
  const max = maximum(from, a, count, step);
  let sum = 0;
  for (let n = 0; n < count; n++) sum += Math.exp(from[a + n * step]! - max);
  for (let n = 0; n < count; n++) to[b + n * step] = Math.exp(from[a + n * step]! - max) / sum;
};
const logNormalise: Line = (from, a, to, b, count, step) => {
  const max = maximum(from, a, count, step);
  let sum = 0;
  for (let n = 0; n < count; n++) sum += Math.exp(from[a + n * step]! - max);
  const shift = max + Math.log(sum);
  for (let n = 0; n < count; n++) to[b + n * step] = from[a + n * step]! - shift;
};

/** Rows of float32, one after the other. */
function inRows(x: Tensor, dim: number): boolean {
  return x.dtype === "float32" && dim === x.ndim - 1 && x.shape[dim]! > 0;
}
/** Rows and elements in each. */
function rowsOf(x: Tensor): [rows: number, count: number] {
  const count = x.shape[x.ndim - 1]!;
  return [x.numel() / count, count];
}

const soft: Op<number> = defineOp({
  name: "softmax",
  forward([x], dim) {
    if (!inRows(x!, dim)) return alongDim(x!, dim, normalise);
    const source = packed(x!);
    const y = empty(x!.shape, "float32");
    softmaxKernels().softmax(...rowsOf(y), addressOf(source), addressOf(y));
    return y;
  },
  keep: (y) => [y],
  gradient: (g, { saved: [y], attributes: dim }) => [
    inRows(y!, dim) ? softBackward([y!, g], dim) : mul(y!, sub(g, sum(mul(g, y!), dim, { keepdim: true }))),
  ],
});
/** y (g − Σ g y) for the result y, rows of float32. */
const softBackward: Op<number> = defineOp({
  name: "softmaxBackward",
  forward: ([y, g]) => backwards("softmaxBackward", y!, g!),
  keep: (_dx, [y, g]) => [y!, g!],
  // dx = y g − y s with s = Σ g y: by y h (g − s) − g Σ h y, by g the same map as this.
  gradient(h, { saved: [y, g], attributes: dim, needs }) {
    const s = sum(mul(g!, y!), dim, { keepdim: true });
    const byY = (): Tensor => sub(mul(h, sub(g!, s)), mul(g!, sum(mul(h, y!), dim, { keepdim: true })));
    return [needs[0] ? byY() : undefined, needs[1] ? softBackward([y!, h], dim) : undefined];
  },
});

const logSoft: Op<number> = defineOp({
  name: "logSoftmax",
  forward([x], dim) {
    if (!inRows(x!, dim)) return alongDim(x!, dim, logNormalise);
    const source = packed(x!);
    const y = empty(x!.shape, "float32");
    softmaxKernels().logSoftmax(...rowsOf(y), addressOf(source), addressOf(y));
    return y;
  },
  keep: (y) => [y],
  gradient: (g, { saved: [y], attributes: dim }) => [
    inRows(y!, dim) ? logSoftBackward([y!, g], dim) : sub(g, mul(exp(y!), sum(g, dim, { keepdim: true }))),
  ],
});
/** g − eʸ Σ g for the result y, rows of float32. */
const logSoftBackward: Op<number> = defineOp({
  name: "logSoftmaxBackward",
  forward: ([y, g]) => backwards("logSoftmaxBackward", y!, g!),
  keep: (_dx, [y, g]) => [y!, g!],
  gradient(h, { saved: [y, g], attributes: dim, needs }) {
    const p = exp(y!);
    const byY = (): Tensor => neg(mul(mul(h, p), sum(g!, dim, { keepdim: true })));
    return [needs[0] ? byY() : undefined, needs[1] ? sub(h, sum(mul(h, p), dim, { keepdim: true })) : undefined];
  },
});
function backwards(kernel: "softmaxBackward" | "logSoftmaxBackward", y: Tensor, g: Tensor): Tensor {
  const [value, gradient] = [packed(y), packed(g)];
  const dx = empty(y.shape, "float32");
  softmaxKernels()[kernel](...rowsOf(y), addressOf(value), addressOf(gradient), addressOf(dx));
  return dx;
}

function check(who: string, x: Tensor, dim: number): number {
  if (!isFloating(checkTensor(who, "x", x).dtype))
    throw new DTypeError(`${who}: needs float32 or float64, got ${x.dtype}.`);
  return checkDim(who, dim, x.ndim);
}

/** eˣ / Σ eˣ along a dim: positive, adds up to 1. Safe for any finite x. Gradient: y (g − Σ g·y). */
export const softmax = named("softmax", (x: Tensor, dim: number): Tensor => soft([x], check("softmax", x, dim)));

/** ln softmax(x) along a dim, without overflow. Gradient: g − softmax(x) Σ g. */
export const logSoftmax = named("logSoftmax", (x: Tensor, dim: number): Tensor =>
  logSoft([x], check("logSoftmax", x, dim)),
);

/** The largest element, so that what is left of it is at most 0; 0 where it is infinite. */
function shiftOf(x: Tensor, dims: readonly number[]): Tensor {
  const top = detach(amax(x, dims, { keepdim: true }));
  return where(isfinite(top), top, 0);
}

/** ln Σ eˣ over the dims (all by default), without overflow; −Infinity of nothing. Gradient: softmax. */
export const logsumexp = named("logsumexp", (given: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor => {
  const x = isFloating(checkTensor("logsumexp", "x", given).dtype) ? given : to(given, "float32");
  checkOptions("logsumexp", options, { keepdim: is.flag });
  const dims = checkDims("logsumexp", dim, x.ndim);
  const shift = dims.some((d) => x.shape[d] === 0) ? 0 : shiftOf(x, dims);
  const result = add(log(sum(exp(sub(x, shift)), dims, { keepdim: true })), shift);
  return options.keepdim
    ? result
    : reshape(
        result,
        x.shape.filter((_, d) => !dims.includes(d)),
      );
});
