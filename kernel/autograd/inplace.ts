import { AutogradError, ShapeError } from "../tensor/errors.ts";
import { compileLoop } from "../tensor/loop.ts";
import { sameShape, show } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { copy } from "./broadcast.ts";
import { gradMode, within } from "./mode.ts";
import { edge } from "./node.ts";

const assign = compileLoop("y = x", { operands: ["y", "x"], writes: ["y"] });

/**
 * Changes `x` in place to what `compute` gives, and returns `x`: the methods with a trailing underscore.
 *
 * @param others the operands beside x. @param compute from x as it was before the change.
 *
 * Recorded like the operation without the underscore. What cannot be recorded is an error: a leaf (its own gradient
 * would be lost) and a view (the tensor it looks at would not know).
 */
export function changeInPlace(
  name: string,
  x: Tensor,
  others: readonly unknown[],
  compute: (self: Tensor) => Tensor,
): Tensor {
  if (gradMode.enabled && x.requiresGrad && x.isLeaf) {
    throw new AutogradError(
      `${name}: a leaf that requires a gradient cannot be changed in place while recording. Wrap the change in noGrad(() => …).`,
    );
  }
  const recording = gradMode.enabled && (x.requiresGrad || others.some((y) => y instanceof Tensor && y.requiresGrad));
  const result = compute(recording ? asItWas(x) : x);
  if (!sameShape(result.shape, x.shape)) {
    throw new ShapeError(
      `${name}: the result has shape ${show(result.shape)}, which does not fit into the tensor of shape ${show(x.shape)}.`,
    );
  }
  if (recording && x.isView) {
    throw new AutogradError(
      `${name}: this tensor is a view of another one, which would not learn of the change. Use ${name.replace(/_$/, "")}(), or clone() first.`,
    );
  }
  assign(x.shape, [x, result], []);
  x.storage.version++;
  if (recording) {
    x.storage.rewrites++;
    // What was filled with a constant no longer depends on anything.
    if (result.history === undefined) x.dropHistory();
    else x.setHistory(result.history);
  }
  return x;
}

/** A copy with the history of `x`: a rule that keeps its input keeps this one, and not what `x` becomes. */
function asItWas(x: Tensor): Tensor {
  edge(x);
  const before = within(false, "", () => copy([x], undefined));
  if (x.history !== undefined) before.setHistory(x.history);
  return before;
}
