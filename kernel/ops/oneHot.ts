import { named } from "../autograd/functions.ts";
import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { filled } from "../tensor/create.ts";
import { elements, type Tensor } from "../tensor/tensor.ts";
import { checkIndex, checkIndices } from "./gather.ts";

/** Class numbers (int32, any shape) → int32 [..., numClasses] with a 1 at the class. Default: largest class + 1. */
export const oneHot = named("oneHot", (x: Tensor, numClasses = -1): Tensor => {
  const { data, start } = elements(checkIndices("oneHot", x));
  const count = x.numel();
  let largest = -1;
  for (let i = start; i < start + count; i++) {
    if (data[i]! < 0) throw new ShapeError(`oneHot: class numbers must be ≥ 0, got ${data[i]} at place ${i - start}.`);
    largest = Math.max(largest, data[i]!);
  }
  const classes = numClasses === -1 ? largest + 1 : numClasses;
  if (!Number.isInteger(classes) || classes < 1) {
    throw new OptionError(
      `oneHot: numClasses must be a whole number ≥ 1 (or −1 to find it), got ${describe(numClasses)}.`,
    );
  }
  const y = filled([...x.shape, classes], 0, "int32");
  const out = y.storage.array();
  for (let i = 0; i < count; i++) out[i * classes + checkIndex("oneHot", data[start + i]!, classes, x.ndim)] = 1;
  return y;
});
