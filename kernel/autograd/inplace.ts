import { AutogradError, ShapeError } from "../tensor/errors.ts";
import { compileLoop } from "../tensor/loop.ts";
import { sameShape, show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { gradMode } from "./mode.ts";

const assign = compileLoop("y = x", { operands: ["y", "x"], writes: ["y"] });

/**
 * Changes `x` in place to what `compute` gives, and returns `x`: the methods with a trailing underscore.
 *
 * Recorded like the operation without the underscore. What cannot be recorded is an error: a leaf (its own gradient
 * would be lost) and a view (the tensor it looks at would not know).
 */
export function changeInPlace(name: string, x: Tensor, compute: () => Tensor): Tensor {
  if (gradMode.enabled && x.requiresGrad && x.isLeaf) {
    throw new AutogradError(
      `${name}: a leaf that requires a gradient cannot be changed in place while recording. Wrap the change in noGrad(() => …).`,
    );
  }
  const result = compute();
  if (!sameShape(result.shape, x.shape)) {
    throw new ShapeError(
      `${name}: the result has shape ${show(result.shape)}, which does not fit into the tensor of shape ${show(x.shape)}.`,
    );
  }
  const recorded = result.history !== undefined && !result.history.isLeaf;
  if (recorded && x.isView) {
    throw new AutogradError(
      `${name}: this tensor is a view of another one, which would not learn of the change. Use ${name.replace(/_$/, "")}(), or clone() first.`,
    );
  }
  assign(x.shape, [x, result], []);
  x.storage.version++;
  if (recorded) {
    x.storage.rewrites++;
    x.setHistory(result.history!);
  }
  return x;
}
