import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { isFloating, whole } from "../tensor/dtype.ts";
import { lined } from "../tensor/reduce.ts";
import { checkDim } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

const running: Op<{ readonly dim: number; readonly backwards: boolean }> = defineOp({
  name: "cumsum",
  forward([x], { dim, backwards }) {
    const floating = isFloating(x!.dtype);
    const y = empty(x!.shape, floating ? x!.dtype : "int32");
    const { source, outer, count, inner } = lined(x!, x!.ndim === 0 ? [] : [dim]);
    const from = source.storage.array();
    const to = y.storage.array();
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (let n = 0; n < count; n++) {
          const at = (o * count + (backwards ? count - 1 - n : n)) * inner + i;
          sum += from[source.offset + at]!;
          to[at] = floating ? sum : whole("cumsum", sum);
        }
      }
    }
    return y;
  },
  gradient: (g, { attributes: { dim, backwards } }) => [running([g], { dim, backwards: !backwards })],
});

/** Running sums along a dim. Gradient: running sums from the other end. */
export const cumsum = named("cumsum", (x: Tensor, dim: number): Tensor =>
  running([checkTensor("cumsum", "x", x)], { dim: checkDim("cumsum", dim, x.ndim), backwards: false }),
);
