import { named } from "../autograd/functions.ts";
import { gradMode } from "../autograd/mode.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { filled } from "../tensor/create.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { sizeOf, type Shape } from "../tensor/shape.ts";
import { addressOf, elements, empty, packed, type Tensor } from "../tensor/tensor.ts";
import { poolMax, poolMean, poolScatter, poolSpread, type Windows } from "../wasm/pool.ts";
import { compute } from "./compute.ts";
import type { Spatial } from "./convOptions.ts";
import { gather } from "./gather.ts";
import {
  adaptiveWindows,
  avgPoolKinds,
  checkImages,
  imagesOf,
  maxPoolKinds,
  windowsOf,
  type AvgPoolOptions,
  type MaxPoolOptions,
  type OutputSize,
} from "./poolOptions.ts";
import { flatten, reshape } from "./reshape.ts";

export type { AvgPoolOptions, MaxPoolOptions, PoolOptions } from "./poolOptions.ts";

/** The shape of the result: windows in place of pixels. */
const outputShape = (x: Shape, w: Windows): Shape => [...x.slice(0, -2), w.rows.length, w.columns.length];
const inputShape = (y: Shape, w: Windows): Shape => [...y.slice(0, -2), w.height, w.width];

/** Whether the WebAssembly kernels take it. */
const fits = (x: Tensor): boolean => x.dtype === "float32" && sizeOf(x.shape) > 0;

/** Visits every window: its number, the number of its image's first pixel, its row and column of windows. */
function eachWindow(
  w: Windows,
  images: number,
  visit: (k: number, image: number, row: number, column: number) => void,
): void {
  for (let image = 0, k = 0; image < images; image++) {
    for (let row = 0; row < w.rows.length; row++)
      for (let column = 0; column < w.columns.length; column++) visit(k++, image * w.height * w.width, row, column);
  }
}
/** Visits the places of a window in its image, in order. */
function eachPlace(w: Windows, row: number, column: number, visit: (place: number) => void): void {
  const { first: top, count: rows } = w.rows[row]!;
  const { first: left, count: columns } = w.columns[column]!;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) visit((top + i * w.dilation[0]) * w.width + left + j * w.dilation[1]);
}

interface Maximum {
  readonly windows: Windows;
  /** Whether to find out where the maxima are. */
  readonly indexed: boolean;
  /** There they are: int32 places in each image, in the shape of the result. */
  index: Tensor | undefined;
}

const largest: Op<Maximum> = defineOp({
  name: "maxPool",
  forward([x], call) {
    const w = call.windows;
    const shape = outputShape(x!.shape, w);
    const y = empty(shape, x!.dtype);
    call.index = call.indexed ? empty(shape, "int32") : undefined;
    const images = imagesOf(shape);
    if (fits(x!)) {
      const source = packed(x!);
      const index = call.index === undefined ? 0 : addressOf(call.index);
      compute([source], () => poolMax(w, images, addressOf(source), addressOf(y), index));
      return y;
    }
    const { data, start } = elements(x!);
    const out = y.storage.array();
    const places = call.index?.storage.array();
    eachWindow(w, images, (k, image, row, column) => {
      let best = -1;
      let value = -Infinity;
      eachPlace(w, row, column, (place) => {
        const next = data[start + image + place]!;
        if (best >= 0 && !(next > value || next !== next)) return;
        best = place;
        value = next;
      });
      out[k] = value;
      if (places !== undefined) places[k] = best;
    });
    return y;
  },
  keep: (_y, _x, call) => [call.index!],
  gradient: (g, { saved: [index], attributes: { windows } }) => [putBack([g, index!], windows)],
});

/** Each element added to the place that its index names, in an image of zeros. */
const putBack: Op<Windows> = defineOp({
  name: "maxPoolBackward",
  forward([g, index], w) {
    const shape = inputShape(g!.shape, w);
    const images = imagesOf(shape);
    if (fits(g!)) {
      const x = empty(shape, "float32");
      const [source, places] = [packed(g!), packed(index!)];
      compute([source, places], () => poolScatter(w, images, addressOf(source), addressOf(places), addressOf(x)));
      return x;
    }
    const x = filled(shape, 0, g!.dtype);
    const out = x.storage.array();
    const [from, places] = [elements(g!), elements(index!)];
    eachWindow(w, images, (k, image) => {
      const place = places.data[places.start + k]!;
      if (place >= 0) out[image + place]! += from.data[from.start + k]!;
    });
    return x;
  },
  keep: (_x, [, index]) => [index!],
  gradient: (g, { saved: [index] }) => [
    reshape(gather(flatten(g, -2), -1, flatten(index!, -2)), index!.shape),
    undefined,
  ],
});

/** The maxima, and where they are if asked for. */
function maxima(x: Tensor, windows: Windows, returnIndices: boolean): Tensor | [Tensor, Tensor] {
  const indexed = returnIndices || (gradMode.enabled && x.requiresGrad);
  const call: Maximum = { windows, indexed, index: undefined };
  const y = largest([x], call);
  const { index } = call;
  // What the graph keeps, it lets go of itself.
  call.index = undefined;
  return returnIndices ? [y, index!] : y;
}

/** A function that gives indices beside values where `{ returnIndices: true }` asks for them. */
export interface WithIndices<Size, Options extends { returnIndices?: boolean }> {
  (x: Tensor, size: Size, options?: Options & { returnIndices?: false }): Tensor;
  (x: Tensor, size: Size, options: Options & { returnIndices: true }): [values: Tensor, indices: Tensor];
}

/**
 * The largest element of each window of the last two dims. The gradient goes to that element, the first of equal ones; a
 * NaN counts as larger than everything.
 */
export const maxPool2d = named("maxPool2d", ((x: Tensor, kernelSize: Spatial, options: MaxPoolOptions = {}) => {
  checkOptions("maxPool2d", options, maxPoolKinds);
  checkImages("maxPool2d", x);
  return maxima(x, windowsOf("maxPool2d", x, kernelSize, options), options.returnIndices ?? false);
}) as WithIndices<Spatial, MaxPoolOptions>);

/** The largest elements of windows that divide the last two dims as evenly as possible into `outputSize`. */
export const adaptiveMaxPool2d = named("adaptiveMaxPool2d", ((
  x: Tensor,
  outputSize: OutputSize,
  options: { returnIndices?: boolean } = {},
) => {
  checkOptions("adaptiveMaxPool2d", options, { returnIndices: is.flag });
  checkImages("adaptiveMaxPool2d", x);
  return maxima(x, adaptiveWindows("adaptiveMaxPool2d", x, outputSize), options.returnIndices ?? false);
}) as WithIndices<OutputSize, { returnIndices?: boolean }>);

const divisorOf = (w: Windows, row: number, column: number): number =>
  w.divisor === 0 ? w.rows[row]!.weight * w.columns[column]!.weight : w.divisor;

const average: Op<Windows> = defineOp({
  name: "avgPool",
  forward([x], w) {
    const y = empty(outputShape(x!.shape, w), x!.dtype);
    const images = imagesOf(y.shape);
    if (fits(x!)) {
      const source = packed(x!);
      compute([source], () => poolMean(w, images, addressOf(source), addressOf(y)));
      return y;
    }
    const { data, start } = elements(x!);
    const out = y.storage.array();
    eachWindow(w, images, (k, image, row, column) => {
      let sum = 0;
      eachPlace(w, row, column, (place) => (sum += data[start + image + place]!));
      out[k] = sum / divisorOf(w, row, column);
    });
    return y;
  },
  gradient: (g, { attributes }) => [spread([g], attributes)],
});

/** The reverse of `average`: each element spread evenly over its window. */
const spread: Op<Windows> = defineOp({
  name: "avgPoolBackward",
  forward([g], w) {
    const shape = inputShape(g!.shape, w);
    const images = imagesOf(shape);
    if (fits(g!)) {
      const x = empty(shape, "float32");
      const source = packed(g!);
      compute([source], () => poolSpread(w, images, addressOf(source), addressOf(x)));
      return x;
    }
    const x = filled(shape, 0, g!.dtype);
    const { data, start } = elements(g!);
    const out = x.storage.array();
    eachWindow(w, images, (k, image, row, column) => {
      const share = data[start + k]! / divisorOf(w, row, column);
      eachPlace(w, row, column, (place) => (out[image + place]! += share));
    });
    return x;
  },
  gradient: (g, { attributes }) => [average([g], attributes)],
});

/** The mean of each window of the last two dims; a margin counts as zeros unless `countIncludePad` is false. */
export const avgPool2d = named("avgPool2d", (x: Tensor, kernelSize: Spatial, options: AvgPoolOptions = {}): Tensor => {
  checkOptions("avgPool2d", options, avgPoolKinds);
  checkImages("avgPool2d", x);
  return average([x], windowsOf("avgPool2d", x, kernelSize, options));
});

/** Means of windows that divide the last two dims as evenly as possible into `outputSize` = [rows, columns]. */
export const adaptiveAvgPool2d = named("adaptiveAvgPool2d", (x: Tensor, outputSize: OutputSize): Tensor => {
  checkImages("adaptiveAvgPool2d", x);
  return average([x], adaptiveWindows("adaptiveAvgPool2d", x, outputSize));
});
