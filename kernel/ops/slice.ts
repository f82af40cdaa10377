import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { compileLoop } from "../tensor/loop.ts";
import { describe, ShapeError } from "../tensor/errors.ts";
import { checkDim, show, type Shape } from "../tensor/shape.ts";
import { view, type Tensor } from "../tensor/tensor.ts";
import { dropDims } from "./reshape.ts";

/** What is taken of one dim. */
interface Cut {
  readonly start: number;
  readonly length: number;
  readonly step: number;
}

function window(x: Tensor, cuts: readonly Cut[]): Tensor {
  const offset = cuts.reduce((at, { start }, d) => at + start * x.strides[d]!, x.offset);
  return view(
    x,
    cuts.map((cut) => cut.length),
    cuts.map(({ step }, d) => step * x.strides[d]!),
    offset,
  );
}

/** A cut of each dim. */
export const take: Op<readonly Cut[]> = defineOp({
  name: "slice",
  forward: ([x], cuts) => window(x!, cuts),
  gradient: (g, { shapes: [shape], attributes: cuts }) => [place([g], { shape: shape!, cuts, value: 0 })],
  addGradient(target, g, cuts) {
    const part = window(target, cuts);
    increase(part.shape, [part, g], []);
  },
});

const increase = compileLoop("y = y + x", { operands: ["y", "x"], writes: ["y"] });

const assign = compileLoop("y = x", { operands: ["y", "x"], writes: ["y"] });

/** The reverse of a slice: x inside a larger tensor that holds `value` elsewhere. */
export const place: Op<{ readonly shape: Shape; readonly cuts: readonly Cut[]; readonly value: number }> = defineOp({
  name: "pad",
  forward([x], { shape, cuts, value }) {
    const y = filled(shape, value, x!.dtype);
    assign(x!.shape, [window(y, cuts), x!], []);
    return y;
  },
  gradient: (g, { attributes: { cuts } }) => [take([g], cuts)],
});

/** One dim of a slice: `[start, end]` or `[start, end, step]` (null: from or to the end), an index, or null for all. */
export type Slice = readonly [start: number | null, end?: number | null, step?: number] | number | null | undefined;

function cut(who: string, slice: Slice, dim: number, size: number): Cut {
  if (slice === null || slice === undefined) return { start: 0, length: size, step: 1 };
  if (typeof slice === "number") {
    if (!Number.isInteger(slice) || slice < -size || slice >= size) {
      throw new ShapeError(`${who}: index ${slice} is out of range for dim ${dim} of size ${size}.`);
    }
    return { start: slice < 0 ? slice + size : slice, length: 1, step: 1 };
  }
  const [from, to, step = 1] = Array.isArray(slice) ? (slice as readonly (number | null | undefined)[]) : [NaN];
  if (!Number.isInteger(from ?? 0) || !Number.isInteger(to ?? 0) || !Number.isInteger(step) || step! < 1) {
    throw new ShapeError(
      `slice: dim ${dim} needs [start, end, step] of whole numbers (or null) with step ≥ 1, an index or null, got ${describe(slice)}.`,
    );
  }
  const bound = (at: number): number => Math.min(size, Math.max(0, at < 0 ? at + size : at));
  const start = bound(from ?? 0);
  const end = bound(to ?? size);
  return { start, length: Math.max(0, Math.ceil((end - start) / step!)), step: step! };
}

/**
 * A part of a tensor, without copying: one entry per dim, `x.slice([[1, null], null, [0, 4, 2]])`, as x[1:, :, 0:4:2]
 * in Python. Negative numbers count from the end; dims not named are taken whole; an index drops its dim.
 */
export const slice = named("slice", (x: Tensor, slices: readonly Slice[]): Tensor => {
  checkTensor("slice", "x", x);
  if (!Array.isArray(slices) || slices.length > x.ndim) {
    throw new ShapeError(
      `slice: ${show(x.shape)} takes an array with at most ${x.ndim} entries, got ${describe(slices)}.`,
    );
  }
  const y = take(
    [x],
    x.shape.map((size, d) => cut("slice", slices[d], d, size)),
  );
  return slices.some((s) => typeof s === "number") ? dropDims(y, (d) => typeof slices[d] === "number") : y;
});

/** `length` places of a dim from `start` on, without copying. */
export const narrow = named("narrow", (x: Tensor, dim: number, start: number, length: number): Tensor => {
  const d = checkDim("narrow", dim, checkTensor("narrow", "x", x).ndim);
  const size = x.shape[d]!;
  const from = start < 0 ? start + size : start;
  if (!Number.isInteger(from) || !Number.isInteger(length) || from < 0 || length < 0 || from + length > size) {
    throw new ShapeError(`narrow: ${length} places from ${start} on do not exist in dim ${d} of size ${size}.`);
  }
  return take(
    [x],
    x.shape.map((n, i) => (i === d ? { start: from, length, step: 1 } : { start: 0, length: n, step: 1 })),
  );
});

/** One place of a dim, which disappears: `x.select(0, 3)` is row 3. */
export const select = named("select", (x: Tensor, dim: number, index: number): Tensor => {
  const d = checkDim("select", dim, checkTensor("select", "x", x).ndim);
  if (x.ndim === 0) throw new ShapeError("select: a tensor without dims has nothing to select from.");
  if (typeof index !== "number")
    throw new ShapeError(`select: the index must be a whole number, got ${describe(index)}.`);
  const one = cut("select", index, d, x.shape[d]!);
  return dropDims(
    take(
      [x],
      x.shape.map((n, i) => (i === d ? one : { start: 0, length: n, step: 1 })),
    ),
    (i) => i === d,
  );
});
