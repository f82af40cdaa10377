/** Tensors laid out in another way, made of the ops that do it. */
import { checkTensor, named } from "../autograd/functions.ts";
import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkKind, checkOptions, is } from "../tensor/options.ts";
import { checkDim, show, sizeArguments, type SizeArguments } from "../tensor/shape.ts";
import { elements, empty, Tensor } from "../tensor/tensor.ts";
import { sub } from "./arithmetic.ts";
import { cat } from "./cat.ts";
import { expand, repeat } from "./expand.ts";
import { flip } from "./flip.ts";
import { checkIndices } from "./gather.ts";
import { indexSelect } from "./indexSelect.ts";
import { logicalXor } from "./logical.ts";
import { flatten, reshape, unsqueeze } from "./reshape.ts";
import { narrow } from "./slice.ts";
import { clone } from "./to.ts";
import { transpose } from "./transpose.ts";

/** As repeat, but fewer counts than dims are filled up with ones in front. */
export const tile = named("tile", (x: Tensor, ...counts: SizeArguments): Tensor => {
  const times = sizeArguments("tile", counts);
  return repeat(checkTensor("tile", "x", x), [...Array<number>(Math.max(0, x.ndim - times.length)).fill(1), ...times]);
});

/**
 * Each element several times in a row along a dim (without one: of the flattened tensor): `repeats` is a number, or an
 * int32 vector with one count for each place.
 */
export const repeatInterleave = named(
  "repeatInterleave",
  (x: Tensor, repeats: number | Tensor, dim?: number | null): Tensor => {
    const flat = dim === undefined || dim === null;
    const source = flat ? flatten(checkTensor("repeatInterleave", "x", x)) : x;
    const d = flat ? 0 : checkDim("repeatInterleave", dim, checkTensor("repeatInterleave", "x", x).ndim);
    const size = source.shape[d]!;
    let counts: ArrayLike<number>;
    if (typeof repeats === "number") counts = new Array<number>(size).fill(repeats);
    else {
      const { data, start } = elements(checkIndices("repeatInterleave", repeats));
      const given = data.subarray(start, start + repeats.numel());
      counts = given.length === 1 ? new Array<number>(size).fill(given[0]!) : given;
    }
    if (counts.length !== size) {
      throw new ShapeError(
        `repeatInterleave: dim ${d} of ${show(source.shape)} needs ${size} counts, got ${counts.length}.`,
      );
    }
    const places: number[] = [];
    for (let i = 0; i < size; i++) {
      const count = counts[i]!;
      if (!Number.isInteger(count) || count < 0) {
        throw new OptionError(`repeatInterleave: a count must be a whole number ≥ 0, got ${describe(count)}.`);
      }
      for (let k = 0; k < count; k++) places.push(i);
    }
    const index = empty([places.length], "int32");
    index.storage.array().set(places);
    return indexSelect(source, d, index);
  },
);

function each(who: string, tensors: readonly Tensor[], least: (x: Tensor) => Tensor): Tensor[] {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    throw new OptionError(`${who}: needs an array of at least one tensor, got ${describe(tensors)}.`);
  }
  return tensors.map((x, i) => least(checkTensor(who, `entry ${i}`, x)));
}
const atLeast1 = (x: Tensor): Tensor => (x.ndim === 0 ? reshape(x, 1) : x);
const atLeast2 = (x: Tensor): Tensor => (x.ndim < 2 ? unsqueeze(atLeast1(x), 0) : x);
const atLeast3 = (x: Tensor): Tensor => (x.ndim < 3 ? unsqueeze(atLeast2(x), -1) : x);

/** Tensors side by side: along dim 1, vectors along dim 0. */
export const hstack = named("hstack", (tensors: readonly Tensor[]): Tensor => {
  const list = each("hstack", tensors, atLeast1);
  return cat(list, list[0]!.ndim === 1 ? 0 : 1);
});
/** Tensors on top of each other, along dim 0; a vector counts as a row. */
export const vstack = named("vstack", (tensors: readonly Tensor[]): Tensor =>
  cat(each("vstack", tensors, atLeast2), 0),
);
/** Tensors behind each other, along dim 2; a vector [n] counts as [1, n, 1]. */
export const dstack = named("dstack", (tensors: readonly Tensor[]): Tensor =>
  cat(each("dstack", tensors, atLeast3), 2),
);

/**
 * Grids of coordinates: from vectors of a, b, … elements as many tensors [a, b, …], the i-th changing along dim i only.
 * With `{ indexing: "xy" }` the first two dims are exchanged, as for the columns and rows of a picture.
 */
export const meshgrid = named(
  "meshgrid",
  (tensors: readonly Tensor[], options: { indexing?: "ij" | "xy" } = {}): Tensor[] => {
    checkOptions("meshgrid", options, ["indexing"]);
    const { indexing = "ij" } = options;
    if (indexing !== "ij" && indexing !== "xy") {
      throw new OptionError(`meshgrid: indexing must be "ij" or "xy", got ${describe(indexing)}.`);
    }
    const list = each("meshgrid", tensors, atLeast1);
    for (const x of list) {
      if (x.ndim !== 1) throw new ShapeError(`meshgrid: needs vectors, got ${show(x.shape)}.`);
    }
    const shape = list.map((x) => x.shape[0]!);
    const grids = list.map((x, d) =>
      expand(
        reshape(
          x,
          shape.map((n, i) => (i === d ? n : 1)),
        ),
        shape,
      ),
    );
    return indexing === "xy" && list.length > 1 ? grids.map((grid) => transpose(grid, 0, 1)) : grids;
  },
);

/** Differences of neighbours along a dim (default the last), `n` times (default once); of bools whether they differ. */
export const diff = named("diff", (x: Tensor, n = 1, dim = -1): Tensor => {
  const d = checkDim("diff", dim, checkTensor("diff", "x", x).ndim);
  if (x.ndim === 0) throw new ShapeError("diff: a tensor without dims has no neighbours.");
  if (!Number.isInteger(n) || n < 0) throw new OptionError(`diff: n must be a whole number ≥ 0, got ${describe(n)}.`);
  const differ = x.dtype === "bool" ? logicalXor : sub;
  let y = n === 0 ? clone(x) : x;
  for (let i = 0; i < n; i++) {
    const count = Math.max(0, y.shape[d]! - 1);
    y = count === 0 ? narrow(y, d, 0, 0) : differ(narrow(y, d, 1, count), narrow(y, d, 0, count));
  }
  return y;
});

/** A picture turned by 90° `k` times, from the first of the dims towards the second. */
export const rot90 = named("rot90", (x: Tensor, k = 1, dims: readonly [number, number] = [0, 1]): Tensor => {
  checkKind("rot90", "k", k, is.whole);
  const [a, b] = dims.map((d) => checkDim("rot90", d, checkTensor("rot90", "x", x).ndim)) as [number, number];
  if (a === b) throw new ShapeError(`rot90: needs two different dims, got ${show(dims)}.`);
  const turns = ((k % 4) + 4) % 4;
  if (turns === 0) return clone(x);
  if (turns === 2) return flip(x, [a, b]);
  return turns === 1 ? transpose(flip(x, b), a, b) : flip(transpose(x, a, b), b);
});
/** Columns in reverse order (dim 1). */
export const fliplr = named("fliplr", (x: Tensor): Tensor => flip(x, 1));
/** Rows in reverse order (dim 0). */
export const flipud = named("flipud", (x: Tensor): Tensor => flip(x, 0));
