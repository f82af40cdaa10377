import { checkTensor } from "../autograd/functions.ts";
import { ShapeError } from "../tensor/errors.ts";
import { is, type Kind, type Kinds } from "../tensor/options.ts";
import { show, sizeOf, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Window, Windows } from "../wasm/pool.ts";
import { spatial, spatialKind, type Spatial } from "./convOptions.ts";

export interface PoolOptions {
  /** Default: the kernel's size, so that windows do not overlap. */
  stride?: Spatial;
  /** Margin on both sides, at most half the kernel. Default 0. */
  padding?: Spatial;
  /** Also windows that reach past the end, as long as they begin before it. Default false. */
  ceilMode?: boolean;
}
export interface MaxPoolOptions extends PoolOptions {
  /** Distance of the places of a window. Default 1. */
  dilation?: Spatial;
  /** Give `[values, indices]`, the indices int32 places in each image as in PyTorch. Default false. */
  returnIndices?: boolean;
}
export interface AvgPoolOptions extends PoolOptions {
  /** Whether a margin counts as zeros. Default true. */
  countIncludePad?: boolean;
  /** What sums are divided by, in place of the size of the window. */
  divisorOverride?: number;
}
/** One number for all spatial dims, or one each; null leaves a dim as it is. */
export type OutputSize = number | null | readonly (number | null)[];

const poolKinds = { stride: spatialKind(1), padding: spatialKind(0), ceilMode: is.flag } satisfies Kinds;
export const maxPoolKinds = { ...poolKinds, dilation: spatialKind(1), returnIndices: is.flag };
const divisor: Kind = ["a whole number other than 0", (n) => Number.isInteger(n) && n !== 0];
export const avgPoolKinds = { ...poolKinds, countIncludePad: is.flag, divisorOverride: divisor };

const outputFits = (n: unknown): boolean => n === null || (Number.isInteger(n) && (n as number) >= 1);
export const outputKind: Kind = [
  "a whole number ≥ 1 or null, or an array of them",
  (x) => (Array.isArray(x) ? x.every(outputFits) : outputFits(x)),
];

/** An image, or a batch of them: refuses anything else. */
export function checkImages(who: string, x: Tensor): void {
  if (checkTensor(who, "x", x).ndim !== 3 && x.ndim !== 4) {
    throw new ShapeError(
      `${who}: needs [batch, channels, height, width] or [channels, height, width], got ${show(x.shape)}.`,
    );
  }
}

/** Number of images, all channels counted, of a tensor of which the last two dims are one. */
export function imagesOf(shape: Shape): number {
  return sizeOf(shape.slice(0, -2));
}

const made = new Map<string, Windows>();
function cached(key: string, make: () => Omit<Windows, "key">): Windows {
  let windows = made.get(key);
  if (windows === undefined) {
    if (made.size >= 256) made.clear();
    made.set(key, (windows = { ...make(), key }));
  }
  return windows;
}

/** Windows of a pooling with a kernel. Those of a mean also hold what it is divided by. */
export function windowsOf(
  who: string,
  x: Tensor,
  kernelSize: Spatial,
  options: MaxPoolOptions & AvgPoolOptions,
): Windows {
  const kernel = spatial(who, "kernelSize", kernelSize, 2, 1);
  const stride = spatial(who, "stride", options.stride ?? kernel, 2, 1);
  const padding = spatial(who, "padding", options.padding ?? 0, 2, 0);
  const dilation = spatial(who, "dilation", options.dilation ?? 1, 2, 1) as [number, number];
  const { ceilMode = false, countIncludePad = true, divisorOverride } = options;
  const sizes = x.shape.slice(-2);
  const numbers = [sizes, kernel, stride, padding, dilation];
  const key = `${numbers.map((pair) => pair.join()).join(" ")} ${ceilMode} ${countIncludePad} ${divisorOverride}`;
  return cached(key, () => {
    const [rows, columns] = [0, 1].map((d): Window[] => {
      const [size, k, step, pad, between] = numbers.map((pair) => pair[d]!) as [number, number, number, number, number];
      if (pad > k / 2) throw new ShapeError(`${who}: padding ${pad} is more than half the kernel's ${k}.`);
      const reach = between * (k - 1) + 1;
      const steps = (size + 2 * pad - reach) / step;
      let count = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
      if (ceilMode && (count - 1) * step >= size + pad) count--;
      if (count < 1)
        throw new ShapeError(`${who}: the kernel ${show(kernel)} is larger than the padded input ${show(x.shape)}.`);
      return Array.from({ length: count }, (_, i) => {
        const start = i * step - pad;
        const first = start < 0 ? start + Math.ceil(-start / between) * between : start;
        const end = Math.min(start + reach, size);
        const inside = Math.max(0, Math.ceil((end - first) / between));
        // With its margin a window ends where the margin does.
        const whole = Math.min(start + reach, size + pad) - start;
        return {
          first: inside === 0 ? 0 : first,
          count: inside,
          weight: Math.max(1, countIncludePad ? whole : inside),
        };
      });
    });
    const pairs = [...kernel, ...stride].every((n) => n === 2) && !ceilMode && divisorOverride === undefined;
    return {
      height: sizes[0]!,
      width: sizes[1]!,
      rows: rows!,
      columns: columns!,
      dilation,
      divisor: divisorOverride ?? 0,
      pairs: pairs && [...padding, ...dilation].join() === "0,0,1,1",
    };
  });
}

/** Windows that divide the last two dims as evenly as possible. */
export function adaptiveWindows(who: string, x: Tensor, outputSize: OutputSize): Windows {
  const sizes = x.shape.slice(-2);
  const wish = Array.isArray(outputSize)
    ? (outputSize as (number | null)[])
    : [outputSize as number | null, outputSize as number | null];
  const counts = spatial(
    who,
    "outputSize",
    wish.map((n, d) => n ?? sizes[d] ?? 0),
    2,
    1,
  );
  return cached(`adaptive ${sizes.join()} ${counts.join()}`, () => {
    const [rows, columns] = counts.map((count, d) => {
      const size = sizes[d]!;
      return Array.from({ length: count }, (_, i): Window => {
        const first = Math.floor((i * size) / count);
        const length = Math.ceil(((i + 1) * size) / count) - first;
        return { first, count: length, weight: Math.max(1, length) };
      });
    });
    return {
      height: sizes[0]!,
      width: sizes[1]!,
      rows: rows!,
      columns: columns!,
      dilation: [1, 1],
      divisor: 0,
      pairs: counts.every((count, d) => count * 2 === sizes[d]),
    };
  });
}
