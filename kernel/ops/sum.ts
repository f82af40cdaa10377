import { expandTo } from "../autograd/broadcast.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { isFloating, whole, type DType } from "../tensor/dtype.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { reduce, reducedShape, total, type Reducer } from "../tensor/reduce.ts";
import { checkDims, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./arithmetic.ts";
import { reshape } from "./reshape.ts";

/** Dims of a reduction: one, several, or (left out) all. */
export type Dims = number | readonly number[] | null | undefined;
export interface ReduceOptions {
  /** Keep the reduced dims with size 1. Default false. */
  keepdim?: boolean;
}
interface Reduction {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

// Whole numbers add up in whole numbers, also bool, so that a count is a count.
const summed = (dtype: DType): DType => (isFloating(dtype) ? dtype : "int32");
const wholeTotal: Reducer = (data, start, count, step) => whole("sum", total(data, start, count, step));
const addUp: Op<Reduction> = defineOp({
  name: "sum",
  forward([x], { dims, keepdim }) {
    const dtype = summed(x!.dtype);
    return reduce(x!, dims, keepdim, dtype, dtype === "int32" ? wholeTotal : total, "sum");
  },
  gradient: (g, { shapes: [shape], attributes: { dims } }) => [stretchBack(g, shape!, dims)],
});

/** The result of a reduction, stretched over what was reduced. */
export function stretchBack(g: Tensor, shape: Shape, dims: readonly number[]): Tensor {
  return expandTo(reshape(g, reducedShape(shape, dims, true)), shape);
}

/** Sum over the dims, all by default. Of whole numbers and bools an int32; what does not fit is an error. */
export const sum = named("sum", (x: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor => {
  checkTensor("sum", "x", x);
  checkOptions("sum", options, { keepdim: is.flag });
  return addUp([x], { dims: checkDims("sum", dim, x.ndim), keepdim: options.keepdim ?? false });
});

const average: Op<Reduction> = defineOp({
  name: "mean",
  forward([x], { dims, keepdim }) {
    const mean: Reducer = (data, start, count, step) => total(data, start, count, step) / count;
    return reduce(x!, dims, keepdim, isFloating(x!.dtype) ? x!.dtype : "float32", mean, "mean");
  },
  gradient(g, { shapes: [shape], attributes: { dims } }) {
    const count = dims.reduce((n, d) => n * shape![d]!, 1);
    return [stretchBack(mul(g, 1 / count), shape!, dims)];
  },
});

/** Mean over the dims, all by default; of whole numbers and bools a float32. */
export const mean = named("mean", (x: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor => {
  checkTensor("mean", "x", x);
  checkOptions("mean", options, { keepdim: is.flag });
  return average([x], { dims: checkDims("mean", dim, x.ndim), keepdim: options.keepdim ?? false });
});
