import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkDim, show, type SizeArguments } from "../tensor/shape.ts";
import { view, type Tensor } from "../tensor/tensor.ts";

const reorder: Op<readonly number[]> = defineOp({
  name: "permute",
  forward([x], dims) {
    return view(
      x!,
      dims.map((d) => x!.shape[d]!),
      dims.map((d) => x!.strides[d]!),
    );
  },
  gradient(g, { attributes: dims }) {
    const back = new Array<number>(dims.length);
    dims.forEach((from, to) => (back[from] = to));
    return [reorder([g], back)];
  },
});

/** The dims in another order, without copying: `x.permute(0, 2, 1)`. */
export const permute = named("permute", (x: Tensor, ...dims: SizeArguments): Tensor => {
  checkTensor("permute", "x", x);
  const order = ((dims.length === 1 && Array.isArray(dims[0]) ? dims[0] : dims) as number[]).map((d) =>
    checkDim("permute", d, x.ndim),
  );
  if (order.length !== x.ndim || new Set(order).size !== x.ndim) {
    throw new ShapeError(`permute: ${show(order)} must name each dim of ${show(x.shape)} once.`);
  }
  return reorder([x], order);
});

/** Two dims exchanged, without copying. */
export const transpose = named("transpose", (x: Tensor, dim0: number, dim1: number): Tensor => {
  checkTensor("transpose", "x", x);
  if (dim0 === undefined || dim1 === undefined) {
    throw new ShapeError(
      "transpose: name the two dims to exchange: transpose(x, 0, 1). For a matrix, x.t() is enough.",
    );
  }
  const [a, b] = [checkDim("transpose", dim0, x.ndim), checkDim("transpose", dim1, x.ndim)];
  return reorder(
    [x],
    x.shape.map((_, d) => (d === a ? b : d === b ? a : d)),
  );
});

/** A matrix transposed; a vector stays as it is. */
export const t = named("t", (x: Tensor): Tensor => {
  if (checkTensor("t", "x", x).ndim > 2) {
    throw new ShapeError(`t: needs at most 2 dims, got ${show(x.shape)}. Use transpose(dim0, dim1) or permute().`);
  }
  return reorder([x], x.ndim === 2 ? [1, 0] : x.shape.map((_, d) => d));
});

/** One dim moved to another place, the others keeping their order. */
export const movedim = named("movedim", (x: Tensor, source: number, destination: number): Tensor => {
  checkTensor("movedim", "x", x);
  const from = checkDim("movedim", source, x.ndim);
  const order = x.shape.map((_, d) => d).filter((d) => d !== from);
  order.splice(checkDim("movedim", destination, x.ndim), 0, from);
  return reorder([x], order);
});
