import { checkTensor, named, type Named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { reduce, type Reducer } from "../tensor/reduce.ts";
import { checkDim, checkDims, show, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { div, mul } from "./arithmetic.ts";
import { eq, ne } from "./compare.ts";
import { maximum, minimum } from "./extremum.ts";
import { gather } from "./gather.ts";
import { flatten, squeeze } from "./reshape.ts";
import { stretchBack, sum, type Dims, type ReduceOptions } from "./sum.ts";
import { to } from "./to.ts";

/** The position of the first largest element; NaN counts as larger than everything. */
const largest: Reducer = (data, start, count, step) => {
  let best = 0;
  for (let n = 1; n < count; n++) {
    const value = data[start + n * step]!;
    const top = data[start + best * step]!;
    if (value > top || (value !== value && top === top)) best = n;
  }
  return best;
};
const smallest: Reducer = (data, start, count, step) => {
  let best = 0;
  for (let n = 1; n < count; n++) {
    const value = data[start + n * step]!;
    const bottom = data[start + best * step]!;
    if (value < bottom || (value !== value && bottom === bottom)) best = n;
  }
  return best;
};

interface Reduction {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

function family(which: "max" | "min", position: Reducer) {
  const positionOf: Op<Reduction> = defineOp({
    name: `arg${which}`,
    forward: ([x], { dims, keepdim }) => reduce(x!, dims, keepdim, "int32", position, `arg${which}`),
    gradient: undefined,
  });
  const valueOf: Op<Reduction> = defineOp({
    name: `a${which}`,
    forward: ([x], { dims, keepdim }) =>
      reduce(
        x!,
        dims,
        keepdim,
        x!.dtype,
        (data, start, count, step) => data[start + position(data, start, count, step) * step]!,
        which,
      ),
    keep: (y, [x]) => [x!, y],
    // Equal extremes share the gradient.
    gradient(g, { saved: [x, y], attributes: { dims } }) {
      const hit = eq(x!, stretchBack(y!, x!.shape, dims));
      const share = div(to(hit, g.dtype), sum(hit, dims, { keepdim: true }));
      return [mul(stretchBack(g, x!.shape, dims), share)];
    },
  });

  const check = (who: string, x: Tensor, dims: readonly number[], options: ReduceOptions): void => {
    checkOptions(who, options, { keepdim: is.flag });
    if (dims.some((d) => x.shape[d] === 0) || (sizeOf(x.shape) === 0 && dims.length === x.ndim)) {
      throw new ShapeError(
        `${who}: there is no ${which === "max" ? "largest" : "smallest"} element in ${show(x.shape)}.`,
      );
    }
  };

  const arg: Named<(x: Tensor, dim?: number | null, options?: ReduceOptions) => Tensor> = named(
    `arg${which}`,
    (x: Tensor, dim?: number | null, options: ReduceOptions = {}): Tensor => {
      const flat = dim === undefined || dim === null;
      const source = flat ? flatten(checkTensor(`arg${which}`, "x", x)) : checkTensor(`arg${which}`, "x", x);
      const dims = source.ndim === 0 ? [] : [flat ? 0 : checkDim(`arg${which}`, dim, source.ndim)];
      check(`arg${which}`, source, dims, options);
      return positionOf([source], { dims, keepdim: options.keepdim ?? false });
    },
  );

  const over: Named<(x: Tensor, dim?: Dims, options?: ReduceOptions) => Tensor> = named(
    `a${which}`,
    (x: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor => {
      const dims = checkDims(`a${which}`, dim, checkTensor(`a${which}`, "x", x).ndim);
      check(`a${which}`, x, dims, options);
      return valueOf([x], { dims, keepdim: options.keepdim ?? false });
    },
  );

  /** Along one dim: the values, through which the gradient flows to the element chosen, and where they were. */
  const along = (x: Tensor, dim: number, options: ReduceOptions): ValuesAndIndices => {
    const { keepdim = false } = options;
    if (x.ndim === 0) return { values: over(x), indices: arg(x) };
    const d = checkDim(which, dim, x.ndim);
    check(which, x, [d], options);
    const indices = positionOf([x], { dims: [d], keepdim: true });
    const values = gather(x, d, indices);
    return keepdim ? { values, indices } : { values: squeeze(values, d), indices: squeeze(indices, d) };
  };
  return { arg, over, along };
}

/** What `x.max(dim)` gives. */
export interface ValuesAndIndices {
  values: Tensor;
  /** Positions along the dim, int32. */
  indices: Tensor;
}
export interface Extremum {
  /** The extreme of all elements. Equal ones share the gradient. */
  (x: Tensor): Tensor;
  /** Along one dim; the gradient goes to the element chosen, the first of equal ones. */
  (x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices;
  /** Elementwise, as maximum or minimum. */
  (x: Tensor, other: Tensor): Tensor;
}

const largestOf = family("max", largest);
const smallestOf = family("min", smallest);

/** Position of the largest element, along a dim or (default) in the flattened tensor; int32, no gradient. */
export const argmax = largestOf.arg;
/** Position of the smallest element, along a dim or (default) in the flattened tensor; int32, no gradient. */
export const argmin = smallestOf.arg;
/** Largest element over the dims, all by default. Equal ones share the gradient. */
export const amax = largestOf.over;
/** Smallest element over the dims, all by default. Equal ones share the gradient. */
export const amin = smallestOf.over;

function extremum(
  which: "max" | "min",
  { over, along }: typeof largestOf,
  pair: (a: Tensor, b: Tensor) => Tensor,
): Named<Extremum> {
  return named(which, ((x: Tensor, dim?: number | Tensor, options: ReduceOptions = {}) => {
    checkTensor(which, "x", x);
    checkOptions(which, options, { keepdim: is.flag });
    if (dim instanceof Tensor) return pair(x, dim);
    return dim === undefined || dim === null ? over(x) : along(x, dim, options);
  }) as Extremum);
}

/** `max(x)` the largest element; `max(x, dim)` → { values, indices }; `max(x, other)` elementwise. */
export const max = extremum("max", largestOf, maximum);
/** `min(x)` the smallest element; `min(x, dim)` → { values, indices }; `min(x, other)` elementwise. */
export const min = extremum("min", smallestOf, minimum);

/** Whether any element (along the dims) is not 0. */
export const any = named("any", (x: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor =>
  sizeOf(checkTensor("any", "x", x).shape) === 0 ? neverTrue(x, dim, options) : amax(isSet(x), dim, options),
);
/** Whether all elements (along the dims) are not 0. */
export const all = named("all", (x: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor =>
  sizeOf(checkTensor("all", "x", x).shape) === 0 ? eq(neverTrue(x, dim, options), 0) : amin(isSet(x), dim, options),
);

const isSet = (x: Tensor): Tensor => ne(x, 0);
const neverTrue = (x: Tensor, dim: Dims, options: ReduceOptions): Tensor => ne(sum(x, dim, options), 0);
