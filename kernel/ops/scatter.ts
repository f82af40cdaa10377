import { checkSource, checkTensor, named, toTensors, type Operand } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { Tensor } from "../tensor/tensor.ts";
import { expand } from "./expand.ts";
import { checkAlong, cornerOf, gather, scattered } from "./gather.ts";
import { to } from "./to.ts";

const place: Op<{ readonly dim: number; readonly index: Tensor }> = defineOp({
  name: "scatter",
  forward([x, source], { dim, index }) {
    return scattered("scatter", x!, source!, dim, index, (to, at, value) => void (to[at] = value));
  },
  keep: (_y, _inputs, { index }) => [index],
  gradient: (g, { shapes: [, shape], saved: [index], needs, attributes: { dim } }) => [
    needs[0] ? place([g, filled(shape!, 0, g.dtype)], { dim, index: index! }) : undefined,
    needs[1] ? gather(g, dim, index!) : undefined,
  ],
});

/**
 * x with elements replaced: y[index[i][j]][j] = source[i][j] for dim 0. The source is a number, or a tensor at least as
 * large as the index. Of several values for one place the last one counts.
 *
 * Gradient: 0 for what was replaced; by source: gather (as in PyTorch, also for values that were overwritten).
 */
export const scatter = named("scatter", (x: Tensor, dim: number, index: Tensor, source: Operand): Tensor => {
  const d = checkAlong("scatter", checkTensor("scatter", "x", x), dim, index);
  if (source instanceof Tensor) checkSource("scatter", x, source);
  const values =
    source instanceof Tensor
      ? cornerOf("scatter", source, index)
      : expand(toTensors("scatter", source, x)[0]!, index.shape);
  return place([x, to(values, x.dtype)], { dim: d, index });
});
