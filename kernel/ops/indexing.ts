import { checkSource, checkTensor, named, toTensors, type Operand } from "../autograd/functions.ts";
import { arange } from "../tensor/create.ts";
import { describe, DTypeError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { broadcastShapes, sameShape, show, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { add, mul } from "./arithmetic.ts";
import { expand } from "./expand.ts";
import { scatterAdd } from "./gather.ts";
import { indexSelect } from "./indexSelect.ts";
import { nonzero } from "./nonzero.ts";
import { reshape } from "./reshape.ts";
import { scatter } from "./scatter.ts";
import { slice, type Slice } from "./slice.ts";
import { countedFromStart } from "./take.ts";
import { to } from "./to.ts";
import { permute } from "./transpose.ts";

/** One dim of an index: a tensor of indices (int32) or a mask (bool; as many dims as it has), or as in `slice`. */
export type Index = Tensor | Slice;

/** Index tensors by dim, after masks became indices and everything else was taken as a slice. */
interface Split {
  readonly x: Tensor;
  readonly indices: readonly (Tensor | undefined)[];
}

function split(who: string, x: Tensor, entries: readonly Index[]): Split {
  checkTensor(who, "x", x);
  if (!Array.isArray(entries)) {
    throw new ShapeError(
      `${who}: needs an array with one entry per dim, got ${describe(entries)}. x.index([rows, null])`,
    );
  }
  const slices: Slice[] = [];
  const indices: (Tensor | undefined)[] = [];
  for (const entry of entries) {
    if (!(entry instanceof Tensor)) {
      slices.push(entry);
      // A plain index drops its dim in the slice already.
      if (typeof entry !== "number") indices.push(undefined);
    } else if (entry.dtype === "int32") {
      slices.push(null);
      indices.push(entry);
    } else if (entry.dtype === "bool") {
      const at = slices.length;
      const covered = x.shape.slice(at, at + entry.ndim);
      if (entry.ndim === 0 || !sameShape(covered, entry.shape)) {
        throw new ShapeError(
          `${who}: a mask of shape ${show(entry.shape)} does not cover dim ${at} and those after it of ${show(x.shape)}; the sizes must be equal.`,
        );
      }
      for (const column of nonzero(entry, { asTuple: true })) {
        slices.push(null);
        indices.push(column);
      }
    } else {
      throw new DTypeError(
        `${who}: an index must be an int32 or bool tensor, got ${entry.dtype}. Use index.to("int32"), or compare for a mask.`,
      );
    }
  }
  if (slices.length > x.ndim) {
    throw new ShapeError(`${who}: ${slices.length} entries are too many for the ${x.ndim} dims of ${show(x.shape)}.`);
  }
  return { x: slices.every((s) => s === null || s === undefined) ? x : slice(x, slices), indices };
}

/**
 * Elements picked by index tensors, as x[rows, :, cols] in Python: `x.index([rows, null, cols])`.
 *
 * Index tensors (int32, negative ones count from the end) broadcast to one shape, which takes the place of their dims:
 * where the first of them is if they are neighbours, else in front. A mask (bool) stands for the indices of its true
 * elements. Other entries are as in `slice`. Gradient: each element of g is added where it was picked.
 *
 * Source: NumPy and PyTorch, "advanced indexing".
 */
export const index = named("index", (x: Tensor, entries: readonly Index[]): Tensor => {
  const { x: source, indices } = split("index", x, entries);
  const dims = indices.flatMap((i, d) => (i === undefined ? [] : [d]));
  if (dims.length === 0) return source;
  const shape = broadcastShapes("index", ...dims.map((d) => indices[d]!.shape));
  const sizes = dims.map((d) => source.shape[d]!);
  const neighbours = dims.at(-1)! - dims[0]! === dims.length - 1;
  const place = neighbours ? dims[0]! : 0;
  const rest = source.shape.flatMap((_, d) => (dims.includes(d) ? [] : [d]));
  // The dims indexed become one, at the place where the result wants them, and one index tensor picks from it.
  const order = [...rest.slice(0, place), ...dims, ...rest.slice(place)];
  const outer = rest.slice(0, place).map((d) => source.shape[d]!);
  const inner = rest.slice(place).map((d) => source.shape[d]!);
  const merged = reshape(order.every((d, i) => d === i) ? source : permute(source, order), [
    ...outer,
    sizeOf(sizes),
    ...inner,
  ]);
  const flat = dims
    .map((d, k) => countedFromStart("index", indices[d]!, sizes[k]!, d))
    .reduce((sum, next, k) => add(mul(sum, sizes[k]!), next));
  const picked = indexSelect(merged, place, reshape(expand(flat, shape), -1));
  return reshape(picked, [...outer, ...shape, ...inner]);
});

/**
 * x with the elements that `index` would give replaced by `values`, which broadcasts; with `{ accumulate: true }` added
 * to them, also several times to one. Of several values for one place the last one counts.
 */
export const indexPut = named(
  "indexPut",
  (x: Tensor, entries: readonly Index[], values: Operand, options: { accumulate?: boolean } = {}): Tensor => {
    checkTensor("indexPut", "x", x);
    checkOptions("indexPut", options, { accumulate: is.flag });
    const [given] = toTensors("indexPut", values);
    if (typeof values !== "number") checkSource("indexPut", x, given!);
    const places = index(reshape(arange(x.numel()), x.shape), entries);
    if (!sameShape(broadcastShapes("indexPut", places.shape, given!.shape), places.shape)) {
      throw new ShapeError(
        `indexPut: values of shape ${show(given!.shape)} do not broadcast to ${show(places.shape)}, what the index picks of ${show(x.shape)}.`,
      );
    }
    const flat = reshape(x, -1);
    const at = reshape(places, -1);
    const source = reshape(expand(to(given!, x.dtype), places.shape), -1);
    return reshape(
      (options.accumulate ?? false) ? scatterAdd(flat, 0, at, source) : scatter(flat, 0, at, source),
      x.shape,
    );
  },
);
