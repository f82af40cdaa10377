import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { ShapeError } from "../tensor/errors.ts";
import { multiply, type Form } from "../tensor/matrixProduct.ts";
import { show, sizeOf } from "../tensor/shape.ts";
import { empty, packed, type Tensor } from "../tensor/tensor.ts";
import { add } from "./arithmetic.ts";
import { matmul, transposedProduct } from "./matmul.ts";
import { reshape } from "./reshape.ts";
import { sum } from "./sum.ts";
import { transpose } from "./transpose.ts";

const byTransposed: Form = { left: false, right: true };

/** Inputs x, weight and perhaps bias, of one floating dtype. */
const affine: Op<undefined> = defineOp({
  name: "linear",
  forward([x, weight, bias]) {
    const shape = x!.shape.slice();
    shape[shape.length - 1] = weight!.shape[0]!;
    const y = empty(shape, x!.dtype);
    multiply(x!, weight!, y, byTransposed, bias === undefined ? undefined : packed(bias));
    return y;
  },
  keep: (_y, [x, weight]) => [x!, weight!],
  gradient(g, { saved: [x, weight], needs }) {
    const rows = needs[1] || needs[2] ? asRows(g) : g;
    return [
      needs[0] ? matmul(g, weight!) : undefined,
      needs[1] ? transposedProduct(rows, asRows(x!)) : undefined,
      needs[2] ? sum(rows, 0) : undefined,
    ];
  },
});

/** All leading dims as one. */
function asRows(x: Tensor): Tensor {
  return x.ndim === 2 ? x : reshape(x, sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!);
}

/**
 * y = x · weightᵀ + bias: x[…, in], weight[out, in], bias[out] (or undefined) → […, out].
 *
 * Each element is summed from the bias on, in the dtype of the result. Gradient: ∂x = g · weight, ∂weight = gᵀ · x,
 * ∂bias = the sum of g's rows.
 */
export const linear = named("linear", (x: Tensor, weight: Tensor, bias?: Tensor): Tensor => {
  checkTensor("linear", "x", x);
  checkTensor("linear", "weight", weight);
  if (weight.ndim !== 2 || x.ndim === 0 || x.shape.at(-1) !== weight.shape[1]) {
    throw new ShapeError(
      `linear: the last dim of the input ${show(x.shape)} must be ${weight.shape[1] ?? "?"}, because weight is ${show(weight.shape)}.`,
    );
  }
  if (bias !== undefined) checkTensor("linear", "bias", bias);
  if (x.ndim >= 2 && alike(x, weight) && (bias === undefined || (alike(x, bias) && isRow(bias, weight.shape[0]!)))) {
    return affine(bias === undefined ? [x, weight] : [x, weight, bias], undefined);
  }
  // A single vector, a bias that broadcasts, mixed or whole dtypes.
  const y = matmul(x, transpose(weight, 0, 1));
  return bias === undefined ? y : add(y, bias);
});

function alike(x: Tensor, y: Tensor): boolean {
  return x.dtype === y.dtype && (x.dtype === "float32" || x.dtype === "float64");
}
function isRow(bias: Tensor, length: number): boolean {
  return bias.shape.length === 1 && bias.shape[0] === length;
}
