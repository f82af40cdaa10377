import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { eye, ones } from "../tensor/create.ts";
import { isFloating, whole, type TypedArray } from "../tensor/dtype.ts";
import { lined } from "../tensor/reduce.ts";
import { checkDim } from "../tensor/shape.ts";
import { elements, empty, type Tensor } from "../tensor/tensor.ts";
import { div, mul } from "./arithmetic.ts";
import { cumsum } from "./cumsum.ts";
import { eq } from "./compare.ts";
import { flip } from "./flip.ts";
import { gather } from "./gather.ts";
import type { ValuesAndIndices } from "./max.ts";
import { unsqueeze } from "./reshape.ts";
import { sum } from "./sum.ts";
import { movedim } from "./transpose.ts";
import { triu } from "./triangle.ts";
import { where } from "./where.ts";

/** Runs over each line of a dim: `f` reads `count` elements of `from`, `step` apart, and writes those of `to`. */
function lines(
  x: Tensor,
  y: Tensor,
  dim: number,
  f: (from: TypedArray, a: number, to: TypedArray, b: number, count: number, step: number) => void,
): Tensor {
  const { source, outer, count, inner } = lined(x, x.ndim === 0 ? [] : [dim]);
  const from = source.storage.array();
  const to = y.storage.array();
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * count * inner + i;
      f(from, source.offset + start, to, start, count, inner);
    }
  }
  return y;
}

const multiply: Op<number> = defineOp({
  name: "cumprod",
  forward: ([x], dim) =>
    lines(x!, empty(x!.shape, isFloating(x!.dtype) ? x!.dtype : "int32"), dim, (from, a, to, b, count, step) => {
      let product = 1;
      for (let n = 0; n < count; n++) {
        product *= from[a + n * step]!;
        to[b + n * step] = to instanceof Int32Array ? whole("cumprod", product) : product;
      }
    }),
  keep: (y, [x]) => [x!, y],
  gradient(g, { saved: [x, y], attributes: dim }) {
    if (x!.ndim === 0) return [g];
    const { data, start } = elements(x!);
    if (!data.subarray(start, start + x!.numel()).includes(0)) {
      return [div(flip(cumsum(flip(mul(g, y!), dim), dim), dim), x!)];
    }
    // With a zero y / x is 0/0. [i, j]: the product up to j without element i, which y[j] has as a factor for j ≥ i.
    const n = x!.shape[dim]!;
    const one = { dtype: x!.dtype };
    const others = cumprod(where(eq(eye(n, n, one), 1), 1, unsqueeze(movedim(x!, dim, -1), -2)), -1);
    const each = mul(unsqueeze(movedim(g, dim, -1), -2), mul(others, triu(ones([n, n], one))));
    return [movedim(sum(each, -1), -1, dim)];
  },
});

/** Running products along a dim. The gradient is right also where elements are 0. */
export const cumprod = named("cumprod", (x: Tensor, dim: number): Tensor =>
  multiply([checkTensor("cumprod", "x", x)], checkDim("cumprod", dim, x.ndim)),
);

/** The running extreme: of equal ones the last, and NaN, once met, stays, as in PyTorch. */
function running(who: "cummax" | "cummin", takes: (value: number, best: number) => boolean) {
  const positions: Op<number> = defineOp({
    name: who,
    forward: ([x], dim) =>
      lines(x!, empty(x!.shape, "int32"), dim, (from, a, to, b, count, step) => {
        let best = 0;
        for (let n = 0; n < count; n++) {
          const value = from[a + n * step]!;
          const held = from[a + best * step]!;
          if (value !== value || (held === held && takes(value, held))) best = n;
          to[b + n * step] = best;
        }
      }),
    gradient: undefined,
  });
  return named(who, (x: Tensor, dim: number): ValuesAndIndices => {
    const d = checkDim(who, dim, checkTensor(who, "x", x).ndim);
    const indices = positions([x], d);
    return { values: gather(x, d, indices), indices };
  });
}

/** The largest element so far along a dim, and where it was (of equal ones the last). */
export const cummax = running("cummax", (value, best) => value >= best);
/** The smallest element so far along a dim, and where it was (of equal ones the last). */
export const cummin = running("cummin", (value, best) => value <= best);
