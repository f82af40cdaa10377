import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { isFloating, whole } from "../tensor/dtype.ts";
import { eye } from "../tensor/create.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { reduce, type Reducer } from "../tensor/reduce.ts";
import { checkDim } from "../tensor/shape.ts";
import { elements, type Tensor } from "../tensor/tensor.ts";
import { div, mul } from "./arithmetic.ts";
import { eq } from "./compare.ts";
import { expand } from "./expand.ts";
import { flatten, unsqueeze } from "./reshape.ts";
import { stretchBack, type ReduceOptions } from "./sum.ts";
import { movedim } from "./transpose.ts";
import { where } from "./where.ts";

const product: Reducer = (data, start, count, step) => {
  let y = 1;
  for (let n = 0, i = start; n < count; n++, i += step) y *= data[i]!;
  return y;
};
/** With a 0 it is 0, however large the others are. */
const wholeProduct: Reducer = (data, start, count, step) => {
  for (let n = 0, i = start; n < count; n++, i += step) if (data[i] === 0) return 0;
  return whole("prod", product(data, start, count, step));
};

const multiply: Op<{ readonly dim: number; readonly keepdim: boolean }> = defineOp({
  name: "prod",
  forward([x], { dim, keepdim }) {
    const dims = x!.ndim === 0 ? [] : [dim];
    return isFloating(x!.dtype)
      ? reduce(x!, dims, keepdim, x!.dtype, product)
      : reduce(x!, dims, keepdim, "int32", wholeProduct);
  },
  keep: (y, [x]) => [x!, y],
  gradient(g, { saved: [x, y], attributes: { dim } }) {
    if (x!.ndim === 0) return [g];
    const stretched = stretchBack(g, x!.shape, [dim]);
    const { data, start } = elements(x!);
    const hasZero = data.subarray(start, start + x!.numel()).includes(0);
    if (!hasZero) return [mul(stretched, div(stretchBack(y!, x!.shape, [dim]), x!))];
    // With a zero among them y / x is 0/0: multiply the others. Row i of the square has a 1 in the place of element i.
    const n = x!.shape[dim]!;
    const rows = movedim(x!, dim, -1);
    const square = expand(unsqueeze(rows, -2), [...rows.shape.slice(0, -1), n, n]);
    const others = prod(where(eq(eye(n, n, { dtype: x!.dtype }), 1), 1, square), -1);
    return [mul(stretched, movedim(others, -1, dim))];
  },
});

/** Product over one dim, or of all elements. Gradient: the product of the others, right also where elements are 0. */
export const prod = named("prod", (x: Tensor, dim?: number | null, options: ReduceOptions = {}): Tensor => {
  checkTensor("prod", "x", x);
  checkOptions("prod", options, { keepdim: is.flag });
  if (dim === undefined || dim === null) return multiply([flatten(x)], { dim: 0, keepdim: false });
  return multiply([x], { dim: checkDim("prod", dim, x.ndim), keepdim: options.keepdim ?? false });
});
