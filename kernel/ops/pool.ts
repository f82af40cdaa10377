import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { ShapeError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { show, sizeOf, type Shape } from "../tensor/shape.ts";
import { elements, empty, type Tensor } from "../tensor/tensor.ts";
import { spatial, type Spatial } from "./convOptions.ts";
import { gather } from "./gather.ts";
import { flatten, reshape } from "./reshape.ts";

/** The places of one dim that one output looks at: from, up to without. */
type Range = readonly [from: number, to: number];
interface Windows {
  readonly rows: readonly Range[];
  readonly columns: readonly Range[];
  /** What the sum over a window is divided by. */
  readonly divisor: (row: Range, column: Range) => number;
}

export interface PoolOptions {
  /** Default: the kernel's size, so that windows do not overlap. */
  stride?: Spatial;
  /** Margin on both sides, at most half the kernel. Default 0. */
  padding?: Spatial;
}

/** Windows of a pooling; a margin is cut off from them. */
function windows(who: string, x: Tensor, kernelSize: Spatial, options: PoolOptions): Pick<Windows, "rows" | "columns"> {
  const kernel = spatial(who, "kernelSize", kernelSize, 2, 1);
  const stride = spatial(who, "stride", options.stride ?? kernel, 2, 1);
  const padding = spatial(who, "padding", options.padding ?? 0, 2, 0);
  const [rows, columns] = [0, 1].map((d) => {
    const size = x.shape[x.ndim - 2 + d]!;
    if (padding[d]! > kernel[d]! / 2)
      throw new ShapeError(`${who}: padding ${padding[d]} is more than half the kernel's ${kernel[d]}.`);
    const count = Math.floor((size + 2 * padding[d]! - kernel[d]!) / stride[d]!) + 1;
    if (count < 1)
      throw new ShapeError(`${who}: the kernel ${show(kernel)} is larger than the padded input ${show(x.shape)}.`);
    return Array.from({ length: count }, (_, i): Range => {
      const start = i * stride[d]! - padding[d]!;
      return [Math.max(0, start), Math.min(size, start + kernel[d]!)];
    });
  });
  return { rows: rows!, columns: columns! };
}

function images(who: string, x: Tensor): { planes: number; height: number; width: number; lead: Shape } {
  if (checkTensor(who, "x", x).ndim !== 3 && x.ndim !== 4) {
    throw new ShapeError(
      `${who}: needs [batch, channels, height, width] or [channels, height, width], got ${show(x.shape)}.`,
    );
  }
  const lead = x.shape.slice(0, -2);
  return { planes: sizeOf(lead), height: x.shape.at(-2)!, width: x.shape.at(-1)!, lead };
}

const positions: Op<Pick<Windows, "rows" | "columns">> = defineOp({
  name: "maxPoolPositions",
  forward([x], { rows, columns }) {
    const { planes, height, width, lead } = images("maxPool2d", x!);
    const y = empty([...lead, rows.length * columns.length], "int32");
    const { data, start } = elements(x!);
    const out = y.storage.array();
    let k = 0;
    for (let p = 0; p < planes; p++) {
      const base = start + p * height * width;
      for (const [top, bottom] of rows) {
        for (const [left, right] of columns) {
          let best = top * width + left;
          for (let i = top; i < bottom; i++) {
            for (let j = left; j < right; j++) {
              const value = data[base + i * width + j]!;
              if (value > data[base + best]! || value !== value) best = i * width + j;
            }
          }
          out[k++] = best;
        }
      }
    }
    return y;
  },
  gradient: undefined,
});

/** The largest element of each window of the last two dims. The gradient goes to that element, the first of equal ones. */
export const maxPool2d = named("maxPool2d", (x: Tensor, kernelSize: Spatial, options: PoolOptions = {}): Tensor => {
  checkOptions("maxPool2d", options, ["stride", "padding"]);
  const { lead } = images("maxPool2d", x);
  const places = windows("maxPool2d", x, kernelSize, options);
  const index = positions([x], places);
  return reshape(gather(flatten(x, -2), -1, index), [...lead, places.rows.length, places.columns.length]);
});

const average: Op<Windows> = defineOp({
  name: "avgPool",
  forward([x], { rows, columns, divisor }) {
    const { planes, height, width, lead } = images("avgPool2d", x!);
    const y = empty([...lead, rows.length, columns.length], x!.dtype);
    const { data, start } = elements(x!);
    const out = y.storage.array();
    let k = 0;
    for (let p = 0; p < planes; p++) {
      const base = start + p * height * width;
      for (const row of rows) {
        for (const column of columns) {
          let sum = 0;
          for (let i = row[0]; i < row[1]; i++)
            for (let j = column[0]; j < column[1]; j++) sum += data[base + i * width + j]!;
          out[k++] = sum / divisor(row, column);
        }
      }
    }
    return y;
  },
  gradient: (g, { shapes: [shape], attributes }) => [spread([g], { ...attributes, shape: shape! })],
});

/** The reverse of `average`: each element spread evenly over its window. */
const spread: Op<Windows & { readonly shape: Shape }> = defineOp({
  name: "avgPoolBackward",
  forward([g], { rows, columns, divisor, shape }) {
    const x = filled(shape, 0, g!.dtype);
    const { planes, height, width } = images("avgPool2d", x);
    const { data, start } = elements(g!);
    const out = x.storage.array();
    let k = start;
    for (let p = 0; p < planes; p++) {
      const base = p * height * width;
      for (const row of rows) {
        for (const column of columns) {
          const share = data[k++]! / divisor(row, column);
          for (let i = row[0]; i < row[1]; i++)
            for (let j = column[0]; j < column[1]; j++) out[base + i * width + j]! += share;
        }
      }
    }
    return x;
  },
  gradient: (g, { attributes }) => [average([g], attributes)],
});

/** The mean of each window of the last two dims; a margin counts as zeros unless `countIncludePad` is false. */
export const avgPool2d = named(
  "avgPool2d",
  (x: Tensor, kernelSize: Spatial, options: PoolOptions & { countIncludePad?: boolean } = {}): Tensor => {
    checkOptions("avgPool2d", options, ["stride", "padding", "countIncludePad"]);
    images("avgPool2d", x);
    const [kh, kw] = spatial("avgPool2d", "kernelSize", kernelSize, 2, 1) as [number, number];
    const whole = options.countIncludePad ?? true;
    const divisor = (row: Range, column: Range): number =>
      whole ? kh * kw : (row[1] - row[0]) * (column[1] - column[0]);
    return average([x], { ...windows("avgPool2d", x, kernelSize, options), divisor });
  },
);

/** Means of windows that divide the last two dims as evenly as possible into `outputSize` = [rows, columns]. */
export const adaptiveAvgPool2d = named("adaptiveAvgPool2d", (x: Tensor, outputSize: Spatial): Tensor => {
  const { height, width } = images("adaptiveAvgPool2d", x);
  const [rows, columns] = spatial("adaptiveAvgPool2d", "outputSize", outputSize, 2, 1).map((count, d) => {
    const size = d === 0 ? height : width;
    return Array.from({ length: count }, (_, i): Range => [
      Math.floor((i * size) / count),
      Math.ceil(((i + 1) * size) / count),
    ]);
  });
  const divisor = (row: Range, column: Range): number => (row[1] - row[0]) * (column[1] - column[0]);
  return average([x], { rows: rows!, columns: columns!, divisor });
});
