/** What autograd records of a change in place to a part of a tensor. */
import { filled } from "../tensor/create.ts";
import { compileLoop } from "../tensor/loop.ts";
import type { Shape } from "../tensor/shape.ts";
import { packed, Tensor, view } from "../tensor/tensor.ts";
import { duplicate } from "./broadcast.ts";
import { Node } from "./node.ts";
import { defineOp, type Op } from "./op.ts";

/** A view, by where its elements are in a tensor of shape `whole` that lies row by row. */
interface Region {
  readonly whole: Shape;
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}
function regionIn(x: Tensor, { shape, strides, offset }: Region): Tensor {
  return view(x, shape, strides, x.offset + offset);
}

const assign = compileLoop("y = x", { operands: ["y", "x"], writes: ["y"] });

const take: Op<Region> = defineOp({
  name: "region",
  forward: ([x], region) => duplicate(regionIn(packed(x!), region)),
  gradient: (g, { attributes }) => [put([g], attributes)],
});
/** The reverse: zeros with a region. */
const put: Op<Region> = defineOp({
  name: "regionBackward",
  forward([part], region) {
    const x = filled(region.whole, 0, part!.dtype);
    assign(region.shape, [regionIn(x, region), part!], []);
    return x;
  },
  gradient: (g, { attributes }) => [take([g], attributes)],
});
/** A copy in which the region is 0. */
const clear: Op<Region> = defineOp({
  name: "outsideRegion",
  forward([x], region) {
    const y = duplicate(x!);
    assign(region.shape, [regionIn(y, region), filled([], 0, y.dtype)], []);
    return y;
  },
  gradient: (g, { attributes }) => [clear([g], attributes)],
});

/** Undefined where a change of the view `x` cannot be recorded in the tensor it looks at. */
export function baseOf({ base }: Tensor): Tensor | undefined {
  return base === undefined || base.isView || !base.isPacked ? undefined : base;
}

/** The record of `base` after its part `x` was replaced by `part`; to be made before the change. */
export function changedPart(name: string, base: Tensor, x: Tensor, part: Tensor): Node {
  const region = { whole: base.shape, shape: x.shape, strides: x.strides, offset: x.offset - base.offset };
  return new Node<Region>(
    name,
    (g, { attributes, needs }) => [
      needs[0] ? clear([g], attributes) : undefined,
      needs[1] ? take([g], attributes) : undefined,
    ],
    [base, part],
    region,
  ) as Node;
}
