import { duplicate } from "../autograd/broadcast.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { checkDims } from "../tensor/shape.ts";
import { view, type Tensor } from "../tensor/tensor.ts";

const reverse: Op<readonly number[]> = defineOp({
  name: "flip",
  forward([x], dims) {
    const strides = x!.strides.map((step, d) => (dims.includes(d) ? -step : step));
    const offset = dims.reduce((at, d) => at + Math.max(0, x!.shape[d]! - 1) * x!.strides[d]!, x!.offset);
    return duplicate(view(x!, x!.shape, strides, offset));
  },
  gradient: (g, { attributes: dims }) => [reverse([g], dims)],
});

/** The dims in reverse order of their places. Copies. */
export const flip = named("flip", (x: Tensor, dims: number | readonly number[]): Tensor =>
  reverse([checkTensor("flip", "x", x)], checkDims("flip", dims, x.ndim)),
);
