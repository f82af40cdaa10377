/** The operations that autograd itself needs: stretching, its reverse, the sum of two gradients, and a change of dtype. */
import type { DType } from "../tensor/dtype.ts";
import { compileLoop } from "../tensor/loop.ts";
import { broadcastStrides, contiguousStrides, sameShape, show, type Shape } from "../tensor/shape.ts";
import { reduce, total } from "../tensor/reduce.ts";
import { ShapeError } from "../tensor/errors.ts";
import { filled } from "../tensor/create.ts";
import { empty, packed, view, Tensor } from "../tensor/tensor.ts";
import { elementwise } from "./elementwise.ts";
import { defineOp } from "./op.ts";

const stretch = defineOp<Shape>({
  name: "expand",
  forward([x], shape) {
    return view(x!, shape, broadcastStrides(x!.shape, x!.strides, shape));
  },
  gradient: (g) => [g],
});

/** Reads `x` as the larger `shape`, without copying; -1 keeps a size. Gradient: the sum over what was stretched. */
export function expandTo(x: Tensor, sizes: Shape): Tensor {
  const lead = sizes.length - x.shape.length;
  const shape = sizes.map((n, i) => (n === -1 && i >= lead ? x.shape[i - lead]! : n));
  if (
    lead < 0 ||
    x.shape.some((n, i) => n !== 1 && n !== shape[i + lead]) ||
    shape.some((n) => !Number.isInteger(n) || n < 0)
  ) {
    throw new ShapeError(
      `expand: ${show(x.shape)} cannot become ${show(sizes)}: sizes are aligned at the right, and only a size of 1 stretches.`,
    );
  }
  return stretch([x], shape);
}

const add = compileLoop("y = y + x", { operands: ["y", "x"], writes: ["y"] });

const fold = defineOp<Shape>({
  name: "sumTo",
  forward([g], shape) {
    if (g!.dtype === "float32" && g!.numel() > 0) {
      const lead = g!.ndim - shape.length;
      const dims = [...g!.shape.keys()].filter((d) => d < lead || (shape[d - lead] === 1 && g!.shape[d] !== 1));
      return new Tensor(reduce(g!, dims, true, "float32", total, "sum").storage, shape);
    }
    // In double precision, one row after the other, rounded once at the end: 64 rows of float32 lose nothing.
    const sum = filled(shape, 0, "float64");
    add(g!.shape, [view(sum, g!.shape, broadcastStrides(shape, contiguousStrides(shape), g!.shape)), g!], []);
    return g!.dtype === "float64" ? sum : cast(sum, g!.dtype);
  },
  gradient: (g, { shapes: [shape] }) => [expandTo(g, shape!)],
});

/** The reverse of broadcasting: sums the dims that were stretched. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  return sameShape(g.shape, shape) ? g : fold([g], shape);
}

/** a + b, for two gradients that meet. */
export const accumulate = elementwise({ name: "add", formula: "a + b", inputs: ["a", "b"] });

const convert = compileLoop("y = x", { operands: ["y", "x"], writes: ["y"] });
const convertToBool = compileLoop("y = x != 0", { operands: ["y", "x"], writes: ["y"] });

function cast(x: Tensor, dtype: DType): Tensor {
  const y = empty(x.shape, dtype);
  (dtype === "bool" ? convertToBool : convert)(x.shape, [y, x], []);
  return y;
}

/** Another dtype: towards int32 the fraction is cut off, towards bool all but 0 is true. */
export const to = defineOp<DType>({
  name: "to",
  forward: ([x], dtype) => cast(x!, dtype),
  // The gradient goes back in the input's dtype: backward.ts sees to it.
  gradient: (g) => [g],
});

/** A copy that lies row by row, in memory of its own. Not recorded: for use inside ops. */
export function duplicate(x: Tensor): Tensor {
  const y = packed(x);
  return y === x ? cast(x, x.dtype) : y;
}

/** A copy that lies row by row. */
export const copy = defineOp<undefined>({
  name: "clone",
  forward: ([x]) => duplicate(x!),
  gradient: (g) => [g],
});
