import { describe, ShapeError } from "./errors.ts";

export type Shape = readonly number[];
/** What a user may write where a size is asked for: `zeros([2, 3])` or `zeros(2, 3)`. */
export type SizeArguments = readonly [Shape] | readonly number[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** Steps, in elements, of a row-major layout without gaps. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}

export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 1) continue;
    if (shape[i] === 0) return true;
    if (strides[i] !== step) return false;
    step *= shape[i]!;
  }
  return true;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function show(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/**
 * The shape of an elementwise operation: aligned at the right, a size of 1 stretches.
 *
 * Source: PyTorch, "Broadcasting semantics" (the same as NumPy's).
 */
export function broadcastShapes(who: string, ...shapes: readonly Shape[]): Shape {
  let result = shapes[0] ?? [];
  for (let k = 1; k < shapes.length; k++) {
    const next = shapes[k]!;
    if (sameShape(result, next)) continue;
    const dims = Math.max(result.length, next.length);
    const merged = new Array<number>(dims);
    for (let i = 1; i <= dims; i++) {
      const a = result[result.length - i] ?? 1;
      const b = next[next.length - i] ?? 1;
      if (a !== b && a !== 1 && b !== 1) {
        const all = shapes.map(show).join(" and ");
        throw new ShapeError(
          `${who}: ${all} do not broadcast: aligned at the right, dim ${-i} is ${a} and ${b}; sizes must be equal or 1. ` +
            `Use reshape or unsqueeze to line the dims up.`,
        );
      }
      merged[dims - i] = a === 1 ? b : a;
    }
    result = merged;
  }
  return result;
}

/** Strides for reading `shape` as if it had the larger shape `target`: 0 where it stretches. */
export function broadcastStrides(shape: Shape, strides: readonly number[], target: Shape): number[] {
  const result = new Array<number>(target.length);
  const lead = target.length - shape.length;
  for (let i = 0; i < target.length; i++) {
    const j = i - lead;
    result[i] = j < 0 || (shape[j] === 1 && target[i] !== 1) ? 0 : strides[j]!;
  }
  return result;
}

/**
 * Strides for reading the same elements in the same order as another shape; undefined where steps of one size do not lead
 * there. What is stretched (stride 0) is left to be copied, so that no element is met twice.
 */
export function stridesAs(shape: Shape, strides: readonly number[], target: Shape): number[] | undefined {
  const result = new Array<number>(target.length);
  let t = target.length - 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] === 1) continue;
    // Dims that are one run of equal steps: the target's dims must multiply to just their size.
    const step = strides[d]!;
    let size = shape[d]!;
    while (d > 0 && (shape[d - 1] === 1 || strides[d - 1] === step * size)) size *= shape[--d]!;
    if (step === 0 || size === 0) return undefined;
    let covered = 1;
    for (; t >= 0 && covered * target[t]! <= size; t--) {
      result[t] = step * covered;
      covered *= target[t]!;
    }
    if (covered !== size) return undefined;
  }
  // Dims of size 1 at the front, and the whole of a tensor of one element.
  for (; t >= 0; t--) result[t] = 1;
  return result;
}

/**
 * A dim as a user writes it (negative counts from the end) → 0 … dims-1. A 0-d tensor has the dims 0 and -1.
 *
 * @param of what has the dims, for the message.
 */
export function checkDim(who: string, dim: unknown, dims: number, of = "a tensor"): number {
  const limit = Math.max(dims, 1);
  if (!Number.isInteger(dim) || (dim as number) < -limit || (dim as number) >= limit) {
    throw new ShapeError(
      `${who}: dim must be a whole number from ${-limit} to ${limit - 1} for ${of} with ${dims} dim${dims === 1 ? "" : "s"}, got ${describe(dim)}.`,
    );
  }
  return (dim as number) < 0 ? (dim as number) + limit : (dim as number);
}

/** Dims of a reduction: none given means all; the same dim twice is an error. Sorted. */
export function checkDims(who: string, dim: number | readonly number[] | null | undefined, dims: number): number[] {
  if (dim === undefined || dim === null) return Array.from({ length: dims }, (_, i) => i);
  const list = (typeof dim === "object" ? dim : [dim]).map((d) => checkDim(who, d, dims)).sort((a, b) => a - b);
  if (list.length === 0) return Array.from({ length: dims }, (_, i) => i);
  for (let i = 1; i < list.length; i++) {
    if (list[i] === list[i - 1]) throw new ShapeError(`${who}: dim ${list[i]} is given twice in ${describe(dim)}.`);
  }
  return dims === 0 ? [] : list;
}

/** `f(2, 3)` or `f([2, 3])` → a checked shape. */
export function sizeArguments(who: string, sizes: SizeArguments): Shape {
  const shape = (sizes.length === 1 && Array.isArray(sizes[0]) ? sizes[0] : sizes) as Shape;
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0) {
      throw new ShapeError(`${who}: a size must be a whole number ≥ 0, got ${describe(n)} in ${describe([...shape])}.`);
    }
  }
  return shape.slice();
}

/** Resolves the one -1 of a reshape. */
export function inferShape(who: string, target: Shape, from: Shape): Shape {
  const size = sizeOf(from);
  const unknown = target.indexOf(-1);
  const known = target.reduce((product, n, i) => (i === unknown ? product : product * n), 1);
  const bad = (why: string) =>
    new ShapeError(`${who}: ${show(from)} (${size} elements) cannot become ${show(target)}: ${why}.`);
  for (const [i, n] of target.entries()) {
    if (!Number.isInteger(n) || n < -1) throw bad(`sizes must be whole numbers ≥ 0, or one -1`);
    if (n === -1 && i !== unknown) throw bad("only one size can be -1");
  }
  if (unknown < 0) {
    if (known !== size) throw bad(`that is ${known} elements`);
    return target.slice();
  }
  if (known === 0 || size % known !== 0) throw bad(`${size} is not a multiple of ${known}`);
  return target.map((n) => (n === -1 ? size / known : n));
}
