import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { compileLoop } from "../tensor/loop.ts";
import { resultType } from "../tensor/dtype.ts";
import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkDim, show } from "../tensor/shape.ts";
import { empty, view, type Tensor } from "../tensor/tensor.ts";
import { unsqueeze } from "./reshape.ts";
import { narrow, select } from "./slice.ts";
import { to } from "./to.ts";

const assign = compileLoop("y = x", { operands: ["y", "x"], writes: ["y"] });

const join: Op<number> = defineOp({
  name: "cat",
  forward(xs, dim) {
    const length = xs.reduce((n, x) => n + x.shape[dim]!, 0);
    const y = empty(
      xs[0]!.shape.map((n, d) => (d === dim ? length : n)),
      resultType(...xs),
    );
    let at = 0;
    for (const x of xs) {
      assign(x.shape, [view(y, x.shape, y.strides, y.offset + at * y.strides[dim]!), x], []);
      at += x.shape[dim]!;
    }
    return y;
  },
  gradient(g, { shapes, needs, attributes: dim }) {
    let at = 0;
    return shapes.map((shape, i) => {
      const start = at;
      at += shape[dim]!;
      return needs[i] ? narrow(g, dim, start, shape[dim]!) : undefined;
    });
  },
});

function checkList(who: string, tensors: readonly Tensor[]): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    throw new OptionError(`${who}: needs an array of at least one tensor, got ${describe(tensors)}.`);
  }
  tensors.forEach((x, i) => checkTensor(who, `entry ${i}`, x));
  return tensors[0]!;
}

/** Tensors one after the other along a dim (default 0); their other sizes must be equal. An empty [0] goes with any. */
export const cat = named("cat", (all: readonly Tensor[], dim = 0): Tensor => {
  checkList("cat", all);
  const tensors = all.every((x) => x.ndim === 1) ? all : all.filter((x) => x.ndim !== 1 || x.shape[0] !== 0);
  const first = tensors[0]!;
  if (first.ndim === 0) throw new ShapeError("cat: tensors without dims cannot be joined end to end. Use stack().");
  const d = checkDim("cat", dim, first.ndim);
  tensors.forEach((x, i) => {
    if (x.ndim !== first.ndim || x.shape.some((n, k) => k !== d && n !== first.shape[k])) {
      throw new ShapeError(
        `cat: entry ${all.indexOf(x, i)} has shape ${show(x.shape)}, entry ${all.indexOf(first)} ${show(first.shape)}; they may differ in dim ${d} only.`,
      );
    }
  });
  // The dtype is that of all.
  const dtype = tensors === all ? undefined : resultType(...all);
  return join(
    dtype === undefined || tensors.some((x) => x.dtype === dtype) ? tensors : [to(first, dtype), ...tensors.slice(1)],
    d,
  );
});

/** Tensors of one shape side by side along a new dim (default 0). */
export const stack = named("stack", (tensors: readonly Tensor[], dim = 0): Tensor => {
  const first = checkList("stack", tensors);
  tensors.forEach((x, i) => {
    if (show(x.shape) !== show(first.shape)) {
      throw new ShapeError(
        `stack: entry ${i} has shape ${show(x.shape)}, entry 0 ${show(first.shape)}; they must be equal.`,
      );
    }
  });
  const d = checkDim("stack", dim, first.ndim + 1, "a result");
  return join(
    tensors.map((x) => unsqueeze(x, d)),
    d,
  );
});

/** Pieces along a dim, without copying: of `size` places each (the last may be smaller), or of the sizes given. */
export const split = named("split", (x: Tensor, size: number | readonly number[], dim = 0): Tensor[] => {
  const d = checkDim("split", dim, checkTensor("split", "x", x).ndim);
  const length = x.shape[d] ?? 1;
  if (!Array.isArray(size) && !(Number.isInteger(size) && (size as number) > 0)) {
    throw new OptionError(`split: size must be a whole number ≥ 1 or an array of sizes, got ${describe(size)}.`);
  }
  const sizes =
    typeof size === "number"
      ? Array.from({ length: Math.max(1, Math.ceil(length / size)) }, (_, i) => Math.min(size, length - i * size))
      : size;
  if (sizes.reduce((a, b) => a + b, 0) !== length) {
    throw new ShapeError(
      `split: the sizes ${show(sizes)} must add up to ${length}, the size of dim ${d} of ${show(x.shape)}.`,
    );
  }
  let at = 0;
  return sizes.map((n) => narrow(x, d, (at += n) - n, n));
});

/** At most `chunks` pieces of equal size along a dim (the last may be smaller), without copying. */
export const chunk = named("chunk", (x: Tensor, chunks: number, dim = 0): Tensor[] => {
  const d = checkDim("chunk", dim, checkTensor("chunk", "x", x).ndim);
  if (!Number.isInteger(chunks) || chunks < 1)
    throw new OptionError(`chunk: chunks must be a whole number ≥ 1, got ${describe(chunks)}.`);
  // An empty dim has as many empty pieces, as in PyTorch.
  if (x.shape[d] === 0) return split(x, new Array<number>(chunks).fill(0), d);
  return split(x, Math.max(1, Math.ceil(x.shape[d]! / chunks)), d);
});

/** The slices along a dim (default 0), each without it. */
export const unbind = named("unbind", (x: Tensor, dim = 0): Tensor[] => {
  const d = checkDim("unbind", dim, checkTensor("unbind", "x", x).ndim);
  return Array.from({ length: x.shape[d] ?? 0 }, (_, i) => select(x, d, i));
});
