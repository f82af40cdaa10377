/** How a tensor is listed: dtype and shape, statistics on demand, its rows. */
import { format } from "./print.ts";
import { show, sizeOf } from "./shape.ts";
import { SparseTensor } from "./sparse.ts";
import { statistics } from "./statistics.ts";
import { bytesOf } from "./storage.ts";
import { Tensor, view } from "./tensor.ts";
import { memoryUsage } from "../wasm/allocator.ts";
import { describeVariables, reportMemory, type Own, type VariableDescription } from "./variable.ts";

/** Up to this many elements are shown in the line itself. */
const INLINE = 4;

reportMemory(() => {
  const { liveBytes, peakBytes, reservedBytes } = memoryUsage();
  return [
    { label: "Tensors", bytes: liveBytes, peak: peakBytes },
    { label: "Reserved for tensors", bytes: reservedBytes },
  ];
});

describeVariables(Tensor, (x, own) => {
  const { shape, storage, strides, offset, gradient } = own(x) as unknown as Tensor;
  const size = sizeOf(shape);
  const element = (at: number): number | boolean => {
    const value = storage.at(at);
    return storage.dtype === "bool" ? value !== 0 : value;
  };
  const few = size > 0 && size <= INLINE && shape.length < 2;
  const inline = Array.from({ length: few ? size : 0 }, (_, i) => digits(element(offset + i * (strides[0] ?? 0))));
  return {
    ...common(x, own, size * bytesOf[storage.dtype]),
    value: [storage.dtype, show(shape), inline.join(", ")].join(" ").trim(),
    statistics: () => statistics(x),
    text: () => format(x),
    inside: {
      named: gradient === undefined ? [] : [["grad", gradient]],
      count: shape[0] ?? 0,
      access: (i) => `.select(0, ${i})`,
      item(i) {
        const at = offset + i * strides[0]!;
        return shape.length === 1 ? element(at) : view(x, shape.slice(1), strides.slice(1), at);
      },
    },
  };
});

describeVariables(SparseTensor, (x, own) => {
  const { shape, rows, numbers } = own(x) as unknown as SparseTensor;
  return {
    ...common(x, own, rows.byteLength + numbers.byteLength),
    value: `sparse ${x.storage.dtype} ${show(shape)}, ${rows.length} rows`,
    inside: {
      named: [
        ["rows", rows],
        ["numbers", numbers],
      ],
    },
  };
});

function common(x: Tensor, own: Own, bytes: number): Omit<VariableDescription, "value" | "inside"> {
  const { shape, storage, history, gradient } = own(x) as unknown as Tensor;
  const made = history === undefined || history.isLeaf ? "leaf" : `result of ${history.opName}`;
  return {
    kind: "tensor",
    shape,
    bytes,
    facts: [
      ["shape", show(shape)],
      ["dtype", storage.dtype],
      ["requiresGrad", own(x)["wantsGrad"] === true ? `true (${made})` : "false"],
      ["grad", gradient === undefined ? "none" : `${gradient.storage.dtype} ${show(gradient.shape)}`],
    ],
  };
}

/** Five digits say enough in a line. */
function digits(value: number | boolean): string {
  return typeof value === "boolean" ? String(value) : String(Number(value.toPrecision(5)));
}
