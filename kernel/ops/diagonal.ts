import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { compileLoop } from "../tensor/loop.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkKind, is } from "../tensor/options.ts";
import { checkDim, show, type Shape } from "../tensor/shape.ts";
import { view, type Tensor } from "../tensor/tensor.ts";
import { clone } from "./to.ts";

interface Line {
  readonly offset: number;
  readonly dim1: number;
  readonly dim2: number;
}

/** The elements of a diagonal, as a look at the same memory: the two dims go, the diagonal comes last. */
function along(x: Tensor, { offset, dim1, dim2 }: Line): Tensor {
  const [down, right] = [Math.max(0, -offset), Math.max(0, offset)];
  const length = Math.max(0, Math.min(x.shape[dim1]! - down, x.shape[dim2]! - right));
  const keep = (_: number, d: number): boolean => d !== dim1 && d !== dim2;
  const start = length === 0 ? x.offset : x.offset + down * x.strides[dim1]! + right * x.strides[dim2]!;
  const step = x.strides[dim1]! + x.strides[dim2]!;
  return view(x, [...x.shape.filter(keep), length], [...x.strides.filter(keep), step], start);
}

const take: Op<Line> = defineOp({
  name: "diagonal",
  forward: ([x], line) => along(x!, line),
  gradient: (g, { shapes: [shape], attributes }) => [put([g], { ...attributes, shape: shape! })],
});

const assign = compileLoop("y = x", { operands: ["y", "x"], writes: ["y"] });

/** The reverse: zeros with a diagonal. */
const put: Op<Line & { readonly shape: Shape }> = defineOp({
  name: "diagonalBackward",
  forward([g], { shape, ...line }) {
    const x = filled(shape, 0, g!.dtype);
    assign(g!.shape, [along(x, line), g!], []);
    return x;
  },
  gradient: (g, { attributes: { offset, dim1, dim2 } }) => [take([g], { offset, dim1, dim2 })],
});

/** The diagonal of two dims (`offset` above the main one), which moves to the end. Never copies. */
export const diagonal = named("diagonal", (x: Tensor, offset = 0, dim1 = 0, dim2 = 1): Tensor => {
  checkTensor("diagonal", "x", x);
  checkKind("diagonal", "offset", offset, is.whole);
  if (x.ndim < 2)
    throw new ShapeError(`diagonal: needs at least 2 dims, got ${show(x.shape)}. diag() makes a matrix of a vector.`);
  const [a, b] = [checkDim("diagonal", dim1, x.ndim), checkDim("diagonal", dim2, x.ndim)];
  if (a === b) throw new ShapeError(`diagonal: dim1 and dim2 are both ${a}; a diagonal needs two dims.`);
  return take([x], { offset, dim1: a, dim2: b });
});

/** A vector as the diagonal of a matrix, or the diagonal of a matrix as a vector. Copies. */
export const diag = named("diag", (x: Tensor, offset = 0): Tensor => {
  checkKind("diag", "offset", offset, is.whole);
  if (checkTensor("diag", "x", x).ndim === 2) return clone(diagonal(x, offset));
  if (x.ndim !== 1) throw new ShapeError(`diag: needs a vector or a matrix, got ${show(x.shape)}.`);
  const size = x.shape[0]! + Math.abs(offset);
  return put([x], { offset, dim1: 0, dim2: 1, shape: [size, size] });
});
