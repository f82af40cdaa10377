import { checkTensor, named } from "../autograd/functions.ts";
import { ShapeError } from "../tensor/errors.ts";
import { broadcastShapes, checkDim, show } from "../tensor/shape.ts";
import { elements, empty, type Tensor } from "../tensor/tensor.ts";
import { expand } from "./expand.ts";
import { checkIndex, checkIndices, gather } from "./gather.ts";
import { flatten, reshape } from "./reshape.ts";

/** Indices in which negative ones, which count from the end, are made positive. */
export function countedFromStart(who: string, index: Tensor, size: number, dim: number): Tensor {
  const y = empty(index.shape, "int32");
  const { data, start } = elements(index);
  const out = y.storage.array();
  for (let k = 0; k < out.length; k++) {
    const i = data[start + k]!;
    out[k] = checkIndex(who, i < 0 && i >= -size ? i + size : i, size, dim);
  }
  return y;
}

/** The elements at places counted row by row, in the shape of the index (int32). Negative ones count from the end. */
export const take = named("take", (x: Tensor, index: Tensor): Tensor => {
  const flat = flatten(checkTensor("take", "x", x));
  const places = countedFromStart("take", checkIndices("take", index), flat.shape[0]!, 0);
  return reshape(gather(flat, 0, reshape(places, -1)), index.shape);
});

/**
 * As gather, but x and the index broadcast in the other dims: what `argsort` and `argmax` with keepdim give fits.
 * Without a dim, of the flattened tensor.
 */
export const takeAlongDim = named("takeAlongDim", (x: Tensor, index: Tensor, dim?: number): Tensor => {
  checkTensor("takeAlongDim", "x", x);
  checkIndices("takeAlongDim", index);
  if (dim === undefined || dim === null) return gather(flatten(x), 0, reshape(index, -1));
  if (index.ndim !== x.ndim) {
    throw new ShapeError(
      `takeAlongDim: x ${show(x.shape)} and index ${show(index.shape)} must have the same number of dims.`,
    );
  }
  const d = checkDim("takeAlongDim", dim, x.ndim);
  const without = (shape: readonly number[]): number[] => shape.map((n, i) => (i === d ? 1 : n));
  const common = broadcastShapes("takeAlongDim", without(x.shape), without(index.shape));
  const stretched = (y: Tensor): Tensor =>
    expand(
      y,
      common.map((n, i) => (i === d ? y.shape[d]! : n)),
    );
  return x.ndim === 0 ? gather(x, d, index) : gather(stretched(x), d, stretched(index));
});
