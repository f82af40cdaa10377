import { copy, to as convert } from "../autograd/broadcast.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp } from "../autograd/op.ts";
import { checkDType, type DType } from "../tensor/dtype.ts";
import { view, Tensor } from "../tensor/tensor.ts";

/** The tensor in another dtype, itself when it has it already. The gradient comes back in the old dtype. */
export const to = named("to", (x: Tensor, dtype: DType): Tensor => {
  checkTensor("to", "x", x);
  return checkDType("to", dtype) === x.dtype ? x : convert([x], dtype);
});

/** A copy with memory of its own; gradients flow through it. */
export const clone = named("clone", (x: Tensor): Tensor => copy([checkTensor("clone", "x", x)], undefined));

/** `y`, or a copy where it looks at the memory of `x`: for ops of which nobody expects that a change of one is one of the other. */
export function apart(y: Tensor, x: Tensor): Tensor {
  return y.storage === x.storage ? clone(y) : y;
}

/** The tensor if its elements lie row by row, else a copy that does. */
export const contiguous = named("contiguous", (x: Tensor): Tensor =>
  checkTensor("contiguous", "x", x).isContiguous() ? x : clone(x),
);

const cut = defineOp({ name: "detach", forward: ([x]) => view(x!, x!.shape, x!.strides), gradient: undefined });

/** The same memory without history: no gradient flows back through it. */
export const detach = named("detach", (x: Tensor): Tensor => cut([checkTensor("detach", "x", x)], undefined));
