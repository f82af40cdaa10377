import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { ShapeError } from "../tensor/errors.ts";
import {
  checkDim,
  contiguousStrides,
  inferShape,
  show,
  stridesAs,
  type Shape,
  type SizeArguments,
} from "../tensor/shape.ts";
import { packed, Tensor, view } from "../tensor/tensor.ts";

const arrange: Op<Shape> = defineOp({
  name: "reshape",
  forward([x], shape) {
    if (x!.isPacked) return view(x!, shape, contiguousStrides(shape));
    const strides = stridesAs(x!.shape, x!.strides, shape);
    return strides === undefined ? new Tensor(packed(x!).storage, shape) : view(x!, shape, strides);
  },
  gradient: (g, { shapes: [shape] }) => [arrange([g], shape!)],
});

/** The same elements in the same order under another shape; one size may be -1. Copies only where equal steps do not lead there. */
export const reshape = named("reshape", (x: Tensor, ...sizes: SizeArguments): Tensor => {
  checkTensor("reshape", "x", x);
  const target = (sizes.length === 1 && Array.isArray(sizes[0]) ? sizes[0] : sizes) as Shape;
  return arrange([x], inferShape("reshape", target, x.shape));
});

/** As reshape, but never a copy: an error when the elements do not lie row by row. */
export const viewAs = named("view", (x: Tensor, ...sizes: SizeArguments): Tensor => {
  if (!checkTensor("view", "x", x).isContiguous()) {
    throw new ShapeError(
      `view: the elements of this ${show(x.shape)} tensor do not lie row by row (it was transposed or sliced). Use reshape().`,
    );
  }
  return reshape(x, ...sizes);
});

/** Dims startDim … endDim merged into one; all of them by default. */
export const flatten = named("flatten", (x: Tensor, startDim = 0, endDim = -1): Tensor => {
  checkTensor("flatten", "x", x);
  if (x.ndim === 0) return reshape(x, 1);
  const start = checkDim("flatten", startDim, x.ndim);
  const end = checkDim("flatten", endDim, x.ndim);
  if (start > end)
    throw new ShapeError(`flatten: startDim ${startDim} comes after endDim ${endDim} in ${show(x.shape)}.`);
  const merged = x.shape.slice(start, end + 1).reduce((product, n) => product * n, 1);
  return reshape(x, [...x.shape.slice(0, start), merged, ...x.shape.slice(end + 1)]);
});

/** One dim split into several, whose sizes (one may be -1) multiply to it. */
export const unflatten = named("unflatten", (x: Tensor, dim: number, sizes: Shape): Tensor => {
  const d = checkDim("unflatten", dim, checkTensor("unflatten", "x", x).ndim);
  return reshape(x, [
    ...x.shape.slice(0, d),
    ...inferShape("unflatten", sizes, [x.shape[d]!]),
    ...x.shape.slice(d + 1),
  ]);
});

const relabel: Op<{ readonly shape: Shape; readonly strides: readonly number[] }> = defineOp({
  name: "squeeze",
  forward: ([x], { shape, strides }) => view(x!, shape, strides),
  gradient: (g, { shapes: [shape] }) => [arrange([g], shape!)],
});

/** Without the dims that `dropped` names, all of size 1. Never copies, so what is written into it arrives. */
export function dropDims(x: Tensor, dropped: (dim: number) => boolean): Tensor {
  const keep = (_: number, dim: number): boolean => !dropped(dim);
  return relabel([x], { shape: x.shape.filter(keep), strides: x.strides.filter(keep) });
}

/** Without the dims of size 1: all of them, or the ones given (which stay when their size is not 1). Never copies. */
export const squeeze = named("squeeze", (x: Tensor, dim?: number | readonly number[]): Tensor => {
  checkTensor("squeeze", "x", x);
  const dims =
    dim === undefined ? undefined : (typeof dim === "number" ? [dim] : dim).map((d) => checkDim("squeeze", d, x.ndim));
  return dropDims(x, (d) => x.shape[d] === 1 && (dims === undefined || dims.includes(d)));
});

/** With a dim of size 1 inserted before `dim`; -1 appends it. Never copies. */
export const unsqueeze = named("unsqueeze", (x: Tensor, dim: number): Tensor => {
  const d = checkDim("unsqueeze", dim, checkTensor("unsqueeze", "x", x).ndim + 1, "a result");
  return relabel([x], { shape: x.shape.toSpliced(d, 0, 1), strides: x.strides.toSpliced(d, 0, 1) });
});
