import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { resultType } from "../tensor/dtype.ts";
import { ShapeError } from "../tensor/errors.ts";
import { gemm } from "../tensor/gemm.ts";
import { broadcastShapes, broadcastStrides, show, sizeOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { mul } from "./arithmetic.ts";
import { reshape, squeeze, unsqueeze } from "./reshape.ts";
import { sum } from "./sum.ts";
import { transpose } from "./transpose.ts";

const product: Op<string> = defineOp({
  name: "matmul",
  forward([a, b], who) {
    const [m, k] = a!.shape.slice(-2) as [number, number];
    const [k2, n] = b!.shape.slice(-2) as [number, number];
    if (k !== k2) {
      const fix =
        k === n
          ? ` Did you mean ${who}(a, transpose(b, -2, -1))?`
          : m === k2
            ? ` Did you mean ${who}(transpose(a, -2, -1), b)?`
            : "";
      throw new ShapeError(
        `${who}: ${show(a!.shape)} · ${show(b!.shape)}: the inner sizes ${k} and ${k2} must be equal.${fix}`,
      );
    }
    const batch = broadcastShapes(who, a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    const c = empty([...batch, m, n], resultType(a!, b!));
    const out = c.storage.array();
    const dataA = a!.storage.array();
    const dataB = b!.storage.array();
    const stepsA = broadcastStrides(a!.shape.slice(0, -2), a!.strides.slice(0, -2), batch);
    const stepsB = broadcastStrides(b!.shape.slice(0, -2), b!.strides.slice(0, -2), batch);
    const count = sizeOf(batch);
    for (let i = 0; i < count; i++) {
      let rest = i;
      let offsetA = a!.offset;
      let offsetB = b!.offset;
      for (let d = batch.length - 1; d >= 0; d--) {
        const index = rest % batch[d]!;
        rest = (rest - index) / batch[d]!;
        offsetA += index * stepsA[d]!;
        offsetB += index * stepsB[d]!;
      }
      gemm(
        m,
        n,
        k,
        { data: dataA, offset: offsetA, rowStep: a!.strides.at(-2)!, columnStep: a!.strides.at(-1)! },
        { data: dataB, offset: offsetB, rowStep: b!.strides.at(-2)!, columnStep: b!.strides.at(-1)! },
        out,
        i * m * n,
      );
    }
    return c;
  },
  keep: (_c, [a, b]) => [a!, b!],
  gradient: (g, { saved: [a, b], needs, attributes: who }) => [
    needs[0] ? product([g, transpose(b!, -2, -1)], who) : undefined,
    needs[1] ? product([transpose(a!, -2, -1), g], who) : undefined,
  ],
});

/**
 * Matrix product a[…, m, k] · b[…, k, n] → […, m, n]; leading dims broadcast. A vector counts as a row on the left, as a
 * column on the right, and loses that dim again.
 *
 * Sums in double precision, rounded once. Gradient: ∂a = g · bᵀ, ∂b = aᵀ · g.
 */
export const matmul = named("matmul", (a: Tensor, b: Tensor): Tensor => {
  checkTensor("matmul", "a", a);
  checkTensor("matmul", "b", b);
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError(`matmul: ${show(a.shape)} · ${show(b.shape)}: both need at least one dim. Use mul to scale.`);
  }
  if (a.ndim === 1 && b.ndim === 1) return dot(a, b);
  if (a.ndim === 1) return squeeze(product([unsqueeze(a, 0), b], "matmul"), -2);
  if (b.ndim === 1) return squeeze(product([a, unsqueeze(b, 1)], "matmul"), -1);
  // One matrix for a whole batch: a single tall product, and its gradient needs no sum over the batch.
  if (a.ndim > 2 && b.ndim === 2 && a.shape.at(-1) === b.shape[0]) {
    return reshape(product([reshape(a, -1, b.shape[0]!), b], "matmul"), [...a.shape.slice(0, -1), b.shape[1]!]);
  }
  return product([a, b], "matmul");
});

function ranked(who: string, dims: readonly [number, number], a: Tensor, b: Tensor): void {
  checkTensor(who, "a", a);
  checkTensor(who, "b", b);
  if (a.ndim !== dims[0] || b.ndim !== dims[1]) {
    throw new ShapeError(
      `${who}: needs ${dims[0]} and ${dims[1]} dims, got ${show(a.shape)} and ${show(b.shape)}. matmul takes other numbers of dims.`,
    );
  }
}

/** Product of two matrices a[m, k] · b[k, n] → [m, n]; nothing broadcasts. */
export const mm = named("mm", (a: Tensor, b: Tensor): Tensor => {
  ranked("mm", [2, 2], a, b);
  return product([a, b], "mm");
});

/** Products of two stacks of matrices a[s, m, k] · b[s, k, n] → [s, m, n]. */
export const bmm = named("bmm", (a: Tensor, b: Tensor): Tensor => {
  ranked("bmm", [3, 3], a, b);
  if (a.shape[0] !== b.shape[0]) {
    throw new ShapeError(
      `bmm: ${show(a.shape)} · ${show(b.shape)}: stacks of ${a.shape[0]} and ${b.shape[0]} matrices. matmul broadcasts.`,
    );
  }
  return product([a, b], "bmm");
});

/** Matrix times vector a[m, k] · b[k] → [m]. */
export const mv = named("mv", (a: Tensor, b: Tensor): Tensor => {
  ranked("mv", [2, 1], a, b);
  return squeeze(product([a, unsqueeze(b, 1)], "mv"), -1);
});

/** Inner product of two vectors → a number. */
export const dot = named("dot", (a: Tensor, b: Tensor): Tensor => {
  ranked("dot", [1, 1], a, b);
  if (a.shape[0] !== b.shape[0]) {
    throw new ShapeError(`dot: vectors of ${a.shape[0]} and ${b.shape[0]} elements; they must be equally long.`);
  }
  return sum(mul(a, b));
});

/** Outer product a[m], b[n] → [m, n]. */
export const outer = named("outer", (a: Tensor, b: Tensor): Tensor => {
  ranked("outer", [1, 1], a, b);
  return mul(unsqueeze(a, 1), unsqueeze(b, 0));
});
