import { OptionError } from "../tensor/errors.ts";
import { compileLoop } from "../tensor/loop.ts";
import { isContiguous } from "../tensor/shape.ts";
import type { SparseTensor } from "../tensor/sparse.ts";
import { copyElements, empty, view, type Tensor } from "../tensor/tensor.ts";
import { run } from "./rule.ts";

/** For optimizers that take sparse gradients, but not together with weight decay. */
export function sparseDecay(who: string, weightDecay: number): OptionError {
  return new OptionError(
    `${who}: weightDecay is ${weightDecay}, and a sparse gradient moves only its own rows. Put the embedding into a group with { weightDecay: 0 }.`,
  );
}

/**
 * Runs a rule over the rows that a sparse gradient has, and no others: the rows of each tensor are taken out, the rule
 * changes them as `run` would, and they are put back. `g` is the gradient's rows.
 */
export function runRows(
  rule: readonly (string | false)[],
  gradient: SparseTensor,
  tensors: { readonly [name: string]: Tensor },
  scalars: { readonly [name: string]: number },
): void {
  // Twice the same row in one pass would forget one of the two.
  const { rows, values } = gradient.coalesce();
  const taken = Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, takeRows(x, rows)]));
  run(rule, { ...taken, g: values }, scalars);
  for (const [name, x] of Object.entries(tensors)) putRows(x, rows, taken[name]!);
}

const row = (x: Tensor, i: number): Tensor =>
  view(x, x.shape.slice(1), x.strides.slice(1), x.offset + i * x.strides[0]!);

function takeRows(x: Tensor, rows: Int32Array): Tensor {
  const taken = empty([rows.length, ...x.shape.slice(1)], x.dtype);
  const width = taken.numel() / Math.max(1, rows.length);
  const into = taken.storage.array();
  rows.forEach((i, k) => copyElements(row(x, i), into, taken.offset + k * width));
  return taken;
}

const assign = compileLoop("y = x", { operands: ["y", "x"], writes: ["y"] });

function putRows(x: Tensor, rows: Int32Array, taken: Tensor): void {
  if (!isContiguous(x.shape, x.strides)) {
    rows.forEach((i, k) => assign(x.shape.slice(1), [row(x, i), row(taken, k)], []));
    return;
  }
  const width = taken.numel() / Math.max(1, rows.length);
  const [from, to] = [taken.storage.array(), x.storage.array()];
  rows.forEach((i, k) => {
    const start = taken.offset + k * width;
    to.set(from.subarray(start, start + width), x.offset + i * width);
  });
}
