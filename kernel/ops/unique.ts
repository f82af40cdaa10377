import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { AutogradError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { checkDim } from "../tensor/shape.ts";
import { elements, empty, packed, type Tensor } from "../tensor/tensor.ts";
import { flatten, reshape } from "./reshape.ts";
import { positionsInOrder } from "./sort.ts";
import { movedim } from "./transpose.ts";

export interface UniqueFlags {
  /** Also give, for each element, where it is in the output. Default false. */
  returnInverse?: boolean;
  /** Also give how often each comes. Default false. */
  returnCounts?: boolean;
  /** Compare whole slices along this dim instead of elements. */
  dim?: number;
}
export interface UniqueOptions extends UniqueFlags {
  /** In ascending order. It always is; the option is PyTorch's. */
  sorted?: boolean;
}
export interface UniqueResult {
  output: Tensor;
  /** For each element (or slice) its place in `output`, int32. */
  inverseIndices: Tensor;
  /** How often each comes, int32. */
  counts: Tensor;
}
export interface Unique<Options> {
  (x: Tensor, options?: Options & { returnInverse?: false; returnCounts?: false }): Tensor;
  (x: Tensor, options: Options & { returnInverse: true; returnCounts?: false }): Omit<UniqueResult, "counts">;
  (x: Tensor, options: Options & { returnInverse?: false; returnCounts: true }): Omit<UniqueResult, "inverseIndices">;
  (x: Tensor, options: Options & { returnInverse: true; returnCounts: true }): UniqueResult;
}

/** Rows `chosen` of a matrix. Which rows those are does not change smoothly with x, so there is no gradient. */
const rowsOf: Op<{ readonly who: string; readonly chosen: ArrayLike<number> }> = defineOp({
  name: "unique",
  forward([x], { chosen }) {
    const width = x!.shape[1]!;
    const y = empty([chosen.length, width], x!.dtype);
    const { data, start } = elements(x!);
    const out = y.storage.array();
    for (let k = 0; k < chosen.length; k++) {
      for (let j = 0; j < width; j++) out[k * width + j] = data[start + chosen[k]! * width + j]!;
    }
    return y;
  },
  gradient: (_g, { attributes: { who } }) => {
    throw new AutogradError(`${who}: it has no gradient (nor has PyTorch's). Use indexSelect or gather on the input.`);
  },
});

/** The rows of a matrix in an order in which equal ones are neighbours, by the first column, then the second, … */
function rowOrder(x: Tensor): Int32Array {
  const [rows, width] = x.shape as readonly [number, number];
  const { data, start } = elements(x);
  let order: Int32Array = Int32Array.from({ length: rows }, (_, i) => i);
  const column = new Float64Array(rows);
  // Stable, from the last column to the first: the first decides.
  for (let j = width - 1; j >= 0; j--) {
    for (let k = 0; k < rows; k++) column[k] = data[start + order[k]! * width + j]!;
    const before = order;
    order = positionsInOrder(column).map((k) => before[k]!);
  }
  return order;
}

function find(who: string, x: Tensor, ordered: boolean, options: UniqueFlags): Tensor | Partial<UniqueResult> {
  const dim = options.dim === undefined ? undefined : checkDim(who, options.dim, x.ndim);
  const moved = dim === undefined || x.ndim === 0 ? flatten(x) : movedim(x, dim, 0);
  const rows = moved.shape[0]!;
  const width = moved.shape.slice(1).reduce((a, b) => a * b, 1);
  const matrix = packed(reshape(moved, [rows, width]));
  const inverseIndices = empty(dim === undefined ? x.shape : [rows], "int32");
  const order = ordered ? rowOrder(matrix) : undefined;
  const { data, start } = elements(matrix);
  const inverse = inverseIndices.storage.array();
  // NaN differs from everything, itself included, as in PyTorch.
  const same = (a: number, b: number): boolean => {
    for (let j = 0; j < width; j++) if (data[start + a * width + j] !== data[start + b * width + j]) return false;
    return true;
  };
  const chosen: number[] = [];
  const counted: number[] = [];
  for (let k = 0; k < rows; k++) {
    const row = order === undefined ? k : order[k]!;
    if (chosen.length === 0 || !same(chosen.at(-1)!, row)) {
      chosen.push(row);
      counted.push(0);
    }
    counted[counted.length - 1]!++;
    inverse[row] = chosen.length - 1;
  }
  const picked = rowsOf([matrix], { who, chosen });
  const output =
    moved.ndim === 1
      ? reshape(picked, [chosen.length])
      : movedim(reshape(picked, [chosen.length, ...moved.shape.slice(1)]), 0, dim!);
  if (!options.returnInverse && !options.returnCounts) return output;
  const counts = empty([counted.length], "int32");
  counts.storage.array().set(counted);
  return {
    output,
    ...(options.returnInverse ? { inverseIndices } : {}),
    ...(options.returnCounts ? { counts } : {}),
  };
}

/**
 * The different elements in ascending order, as a vector; with `dim` the different slices. `{ returnInverse: true }` or
 * `{ returnCounts: true }` give an object { output, inverseIndices, counts }. Each NaN counts as different. No gradient.
 */
export const unique = named("unique", ((x: Tensor, options: UniqueOptions = {}) => {
  checkOptions("unique", options, { sorted: is.flag, returnInverse: is.flag, returnCounts: is.flag, dim: is.any });
  return find("unique", checkTensor("unique", "x", x), true, options);
}) as Unique<UniqueOptions>);

/** As unique, but only neighbours that are equal become one, and nothing is sorted. */
export const uniqueConsecutive = named("uniqueConsecutive", ((x: Tensor, options: UniqueFlags = {}) => {
  checkOptions("uniqueConsecutive", options, { returnInverse: is.flag, returnCounts: is.flag, dim: is.any });
  return find("uniqueConsecutive", checkTensor("uniqueConsecutive", "x", x), false, options);
}) as Unique<UniqueFlags>);
