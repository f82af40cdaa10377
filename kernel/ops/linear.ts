import { checkTensor, named } from "../autograd/functions.ts";
import { ShapeError } from "../tensor/errors.ts";
import { show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./arithmetic.ts";
import { matmul } from "./matmul.ts";
import { transpose } from "./transpose.ts";

/** y = x · weightᵀ + bias: x[…, in], weight[out, in], bias[out] (or undefined) → […, out]. */
export const linear = named("linear", (x: Tensor, weight: Tensor, bias?: Tensor): Tensor => {
  checkTensor("linear", "x", x);
  checkTensor("linear", "weight", weight);
  if (weight.ndim !== 2 || x.ndim === 0 || x.shape.at(-1) !== weight.shape[1]) {
    throw new ShapeError(
      `linear: the last dim of the input ${show(x.shape)} must be ${weight.shape[1] ?? "?"}, because weight is ${show(weight.shape)}.`,
    );
  }
  const y = matmul(x, transpose(weight, 0, 1));
  return bias === undefined ? y : add(y, checkTensor("linear", "bias", bias));
});
