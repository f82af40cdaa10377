import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { resultType } from "../tensor/dtype.ts";
import { DTypeError, ShapeError } from "../tensor/errors.ts";
import { multiply, type Form } from "../tensor/matrixProduct.ts";
import { broadcastShapes, show, sizeOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { mul } from "./arithmetic.ts";
import { reshape, squeeze, unsqueeze } from "./reshape.ts";
import { sum } from "./sum.ts";

/** A product and who asked for it. The gradients of all three forms are of these forms again. */
interface Product extends Form {
  readonly who: string;
}
interface Products {
  /** a · b */
  readonly plain: Product;
  /** a · bᵀ */
  readonly byTransposed: Product;
  /** aᵀ · b */
  readonly ofTransposed: Product;
}
const made = new Map<string, Products>();
function products(who: string): Products {
  let found = made.get(who);
  if (found === undefined) {
    found = {
      plain: { who, left: false, right: false },
      byTransposed: { who, left: false, right: true },
      ofTransposed: { who, left: true, right: false },
    };
    made.set(who, found);
  }
  return found;
}

const product: Op<Product> = defineOp({
  name: "matmul",
  forward([a, b], form) {
    const [da, db] = [a!.shape.length, b!.shape.length];
    const m = a!.shape[form.left ? da - 1 : da - 2]!;
    const n = b!.shape[form.right ? db - 2 : db - 1]!;
    const shape =
      da === 2 && db === 2
        ? [m, n]
        : [...broadcastShapes(form.who, a!.shape.slice(0, -2), b!.shape.slice(0, -2)), m, n];
    const dtype = a!.dtype === b!.dtype ? a!.dtype : resultType(a!, b!);
    if (dtype === "bool") {
      throw new DTypeError(`${form.who}: not for bool tensors. Use to("float32") to compute with 0 and 1.`);
    }
    const c = empty(shape, dtype);
    multiply(a!, b!, c, form);
    return c;
  },
  keep: (_c, [a, b]) => [a!, b!],
  gradient(g, { saved: [a, b], needs: [needsA, needsB], attributes: form }) {
    const { plain, byTransposed, ofTransposed } = products(form.who);
    if (form.left) {
      return [needsA ? product([b!, g], byTransposed) : undefined, needsB ? product([a!, g], plain) : undefined];
    }
    if (form.right) {
      return [needsA ? product([g, b!], plain) : undefined, needsB ? product([g, a!], ofTransposed) : undefined];
    }
    return [needsA ? product([g, b!], byTransposed) : undefined, needsB ? product([a!, g], ofTransposed) : undefined];
  },
});

/** a · b, checked: matrices or stacks of them. `left` and `right` are what the user gave, for the message. */
function checkedProduct(who: string, a: Tensor, b: Tensor, left = a, right = b): Tensor {
  const [m, k] = [a.shape.at(-2), a.shape.at(-1)];
  const [k2, n] = [b.shape.at(-2), b.shape.at(-1)];
  if (k !== k2) {
    const fix =
      k === n && right === b
        ? ` Did you mean ${who}(a, transpose(b, -2, -1))?`
        : m === k2 && left === a
          ? ` Did you mean ${who}(transpose(a, -2, -1), b)?`
          : "";
    throw new ShapeError(
      `${who}: ${show(left.shape)} · ${show(right.shape)}: the inner sizes ${k} and ${k2} must be equal.${fix}`,
    );
  }
  return product([a, b], products(who).plain);
}

/** aᵀ · b of matrices or stacks of them, for gradient rules: nothing is checked. */
export function transposedProduct(a: Tensor, b: Tensor): Tensor {
  return product([a, b], products("matmul").ofTransposed);
}

/**
 * Matrix product a[…, m, k] · b[…, k, n] → […, m, n]; leading dims broadcast. A vector counts as a row on the left, as a
 * column on the right, and loses that dim again.
 *
 * Each element is summed in the dtype of the result (whole numbers: in double precision), one product after the other.
 * Gradient: ∂a = g · bᵀ, ∂b = aᵀ · g.
 */
export const matmul = named("matmul", (a: Tensor, b: Tensor): Tensor => {
  checkTensor("matmul", "a", a);
  checkTensor("matmul", "b", b);
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError(`matmul: ${show(a.shape)} · ${show(b.shape)}: both need at least one dim. Use mul to scale.`);
  }
  if (a.ndim === 1 && b.ndim === 1) return dot(a, b);
  if (a.ndim === 1) return squeeze(checkedProduct("matmul", unsqueeze(a, 0), b, a), -2);
  if (b.ndim === 1) return squeeze(checkedProduct("matmul", a, unsqueeze(b, 1), a, b), -1);
  // One matrix for a whole batch: a single tall product, and its gradient needs no sum over the batch.
  if (a.ndim > 2 && b.ndim === 2 && a.shape.at(-1) === b.shape[0]) {
    return reshape(product([reshape(a, sizeOf(a.shape.slice(0, -1)), b.shape[0]!), b], products("matmul").plain), [
      ...a.shape.slice(0, -1),
      b.shape[1]!,
    ]);
  }
  return checkedProduct("matmul", a, b);
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
  return checkedProduct("mm", a, b);
});

/** Products of two stacks of matrices a[s, m, k] · b[s, k, n] → [s, m, n]. */
export const bmm = named("bmm", (a: Tensor, b: Tensor): Tensor => {
  ranked("bmm", [3, 3], a, b);
  if (a.shape[0] !== b.shape[0]) {
    throw new ShapeError(
      `bmm: ${show(a.shape)} · ${show(b.shape)}: stacks of ${a.shape[0]} and ${b.shape[0]} matrices. matmul broadcasts.`,
    );
  }
  return checkedProduct("bmm", a, b);
});

/** Matrix times vector a[m, k] · b[k] → [m]. */
export const mv = named("mv", (a: Tensor, b: Tensor): Tensor => {
  ranked("mv", [2, 1], a, b);
  return squeeze(checkedProduct("mv", a, unsqueeze(b, 1), a, b), -1);
});

/** Inner product of two vectors → a number. */
export const dot = named("dot", (a: Tensor, b: Tensor): Tensor => {
  ranked("dot", [1, 1], a, b);
  if (a.shape[0] !== b.shape[0]) {
    throw new ShapeError(`dot: vectors of ${a.shape[0]} and ${b.shape[0]} elements; they must be equally long.`);
  }
  // Products of whole numbers may be larger than int32 while their sum is not.
  if (resultType(a, b) === "int32") return squeeze(product([unsqueeze(a, 0), unsqueeze(b, 1)], products("dot").plain));
  return sum(mul(a, b));
});

/** Outer product a[m], b[n] → [m, n]. */
export const outer = named("outer", (a: Tensor, b: Tensor): Tensor => {
  ranked("outer", [1, 1], a, b);
  return mul(unsqueeze(a, 1), unsqueeze(b, 0));
});
