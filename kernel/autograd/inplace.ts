import { holds } from "../tensor/dtype.ts";
import { AutogradError, DTypeError, ShapeError } from "../tensor/errors.ts";
import { compileLoop } from "../tensor/loop.ts";
import { sameShape, show } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { copy } from "./broadcast.ts";
import { gradMode, within } from "./mode.ts";
import { edge } from "./node.ts";
import { baseOf, changedPart } from "./views.ts";

const assign = compileLoop("y = x", { operands: ["y", "x"], writes: ["y"] });

/**
 * Changes `x` in place to what `compute` gives, and returns `x`: the methods with a trailing underscore.
 *
 * @param others the operands beside x. @param compute from x as it was before the change.
 *
 * Recorded like the operation without the underscore. What cannot be recorded is an error: a leaf (its own gradient
 * would be lost), a view of one, and a view whose base is not known.
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
  const stretched = x.isView && x.strides.some((step, d) => step === 0 && x.shape[d]! > 1);
  // The same for all elements may be written to one place several times.
  if (stretched && name !== "fill_" && name !== "zero_") {
    throw new ShapeError(
      `${name}: several elements of this stretched tensor are one and the same in memory. Change a clone().`,
    );
  }
  const recording = gradMode.enabled && (x.requiresGrad || others.some((y) => y instanceof Tensor && y.requiresGrad));
  const base = recording && x.isView ? checkBase(name, x) : undefined;
  const result = compute(recording ? asItWas(x) : x);
  if (!sameShape(result.shape, x.shape)) {
    throw new ShapeError(
      `${name}: the result has shape ${show(result.shape)}, which does not fit into the tensor of shape ${show(x.shape)}.`,
    );
  }
  if (!holds(x.dtype, result.dtype)) {
    throw new DTypeError(
      `${name}: the result is ${result.dtype}, which this tensor of ${x.dtype} cannot hold. Use ${name.replace(/_$/, "")}() for a new tensor, or x.to("${result.dtype}") first.`,
    );
  }
  const node = base === undefined ? undefined : changedPart(name, base, x, result);
  assign(x.shape, [x, result], []);
  x.storage.version++;
  if (recording) {
    x.storage.rewrites++;
    if (node !== undefined) base!.setHistory(node);
    // What was filled with a constant no longer depends on anything.
    if (result.history === undefined) x.dropHistory();
    else x.setHistory(result.history);
  }
  return x;
}

/** The tensor in which a change of the view `x` is to be recorded. */
function checkBase(name: string, x: Tensor): Tensor {
  const base = baseOf(x);
  if (base === undefined) {
    throw new AutogradError(
      `${name}: this tensor is a view of another one, made by detach() or inside noGrad(), which would not learn of the change. Change a clone(), or wrap the change in noGrad(() => …).`,
    );
  }
  if (base.requiresGrad && base.isLeaf) {
    throw new AutogradError(
      `${name}: this tensor is a view of a leaf that requires a gradient, which cannot be changed in place while recording. Wrap the change in noGrad(() => …), or change a clone() of the leaf.`,
    );
  }
  return base;
}

/** A copy with the history of `x`: a rule that keeps its input keeps this one, and not what `x` becomes. */
function asItWas(x: Tensor): Tensor {
  edge(x);
  const before = within(false, "", () => copy([x], undefined));
  if (x.history !== undefined) before.setHistory(x.history);
  return before;
}
