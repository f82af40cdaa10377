import { checkSource, checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { ShapeError } from "../tensor/errors.ts";
import { lined } from "../tensor/reduce.ts";
import { checkDim, show } from "../tensor/shape.ts";
import { addressOf, copyElements, elements, empty, type Tensor } from "../tensor/tensor.ts";
import { copyKernels } from "../wasm/copy.ts";
import { checkIndex, checkIndices } from "./gather.ts";
import { reshape } from "./reshape.ts";
import { to } from "./to.ts";

interface Selection {
  readonly dim: number;
  readonly index: Tensor;
}

function inFourBytes(x: Tensor): boolean {
  return x.dtype === "float32" || x.dtype === "int32";
}
/** All of them before the first is used: a kernel checks nothing. */
function checkAll(
  who: string,
  { data, start }: ReturnType<typeof elements>,
  count: number,
  size: number,
  dim: number,
): void {
  for (let k = start; k < start + count; k++) checkIndex(who, data[k]!, size, dim);
}

const select: Op<Selection> = defineOp({
  name: "indexSelect",
  forward([x], { dim, index }) {
    const count = index.numel();
    const y = empty(
      x!.shape.map((n, d) => (d === dim ? count : n)),
      x!.dtype,
    );
    const { source, outer, count: size, inner } = lined(x!, [dim]);
    const positions = elements(index);
    if (outer === 1 && inFourBytes(x!)) {
      checkAll("indexSelect", positions, count, size, dim);
      const index = positions.data.byteOffset + 4 * positions.start;
      copyKernels().selectRows(count, inner, index, addressOf(source), addressOf(y));
      return y;
    }
    const from = source.storage.array();
    const to = y.storage.array();
    for (let k = 0; k < count; k++) {
      const i = checkIndex("indexSelect", positions.data[positions.start + k]!, size, dim);
      for (let o = 0; o < outer; o++) {
        const start = source.offset + (o * size + i) * inner;
        to.set(from.subarray(start, start + inner), (o * count + k) * inner);
      }
    }
    return y;
  },
  keep: (_y, _inputs, { index }) => [index],
  gradient: (g, { shapes: [shape], saved: [index], attributes: { dim } }) => [
    addAt([filled(shape!, 0, g.dtype), g], { dim, index: index! }),
  ],
});

const addAt: Op<Selection> = defineOp({
  name: "indexAdd",
  forward([x, source], { dim, index }) {
    const y = empty(x!.shape, x!.dtype);
    copyElements(x!, y.storage.array(), 0);
    const { source: rows, outer, count, inner } = lined(source!, [dim]);
    const positions = elements(index);
    const size = x!.shape[dim]!;
    if (outer === 1 && x!.dtype === "float32" && source!.dtype === "float32") {
      checkAll("indexAdd", positions, count, size, dim);
      const index = positions.data.byteOffset + 4 * positions.start;
      copyKernels().addRows(count, inner, index, addressOf(rows), addressOf(y));
      return y;
    }
    const from = rows.storage.array();
    const to = y.storage.array();
    for (let k = 0; k < count; k++) {
      const i = checkIndex("indexAdd", positions.data[positions.start + k]!, size, dim);
      for (let o = 0; o < outer; o++) {
        const a = (o * size + i) * inner;
        const b = rows.offset + (o * count + k) * inner;
        for (let j = 0; j < inner; j++) to[a + j]! += from[b + j]!;
      }
    }
    return y;
  },
  keep: (_y, _inputs, { index }) => [index],
  gradient: (g, { saved: [index], attributes: { dim } }) => [g, select([g], { dim, index: index! })],
});

/** The slices along a dim that `index` (one dim, int32) names, in its order, also more than once. */
export const indexSelect = named("indexSelect", (x: Tensor, dim: number, index: Tensor): Tensor => {
  const d = checkDim("indexSelect", dim, checkTensor("indexSelect", "x", x).ndim);
  if (checkIndices("indexSelect", index).ndim > 1) {
    throw new ShapeError(`indexSelect: the index must have one dim, got ${show(index.shape)}.`);
  }
  return select([x], { dim: d, index });
});

/** x with the slices of `source` added along a dim at the places that `index` names. */
export const indexAdd = named("indexAdd", (x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor => {
  const d = checkDim("indexAdd", dim, checkTensor("indexAdd", "x", x).ndim);
  checkSource("indexAdd", x, source);
  const want = x.shape.map((n, i) => (i === d ? checkIndices("indexAdd", index).numel() : n));
  if (show(want) !== show(source.shape)) {
    throw new ShapeError(`indexAdd: the source must have shape ${show(want)}, got ${show(source.shape)}.`);
  }
  // True twice is true.
  if (x.dtype === "bool") return to(addAt([to(x, "int32"), to(source, "int32")], { dim: d, index }), "bool");
  return addAt([x, source], { dim: d, index });
});

/** Rows of `weight[n, d]` named by `input` (int32, any shape) → [...input.shape, d]. */
export const embedding = named("embedding", (input: Tensor, weight: Tensor): Tensor => {
  checkIndices("embedding", input);
  if (checkTensor("embedding", "weight", weight).ndim !== 2) {
    throw new ShapeError(`embedding: weight must be [rows, size], got ${show(weight.shape)}.`);
  }
  return reshape(select([weight], { dim: 0, index: reshape(input, -1) }), [...input.shape, weight.shape[1]!]);
});
