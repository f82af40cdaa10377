import { checkTensor, named } from "../autograd/functions.ts";
import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is, oneOf } from "../tensor/options.ts";
import { show } from "../tensor/shape.ts";
import { fromFlat } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { indexSelect } from "./indexSelect.ts";
import { place, take } from "./slice.ts";

export const padModes = ["constant", "reflect", "replicate", "circular"] as const;
export type PadMode = (typeof padModes)[number];
export interface PadOptions {
  /** What the margin holds: `value` ("constant", default), the places in reverse, the last place, or those of the other end. */
  mode?: PadMode;
  /** Default 0. */
  value?: number;
}

/** Where place i of a dim of `size` places comes from, also for i < 0 and i ≥ size. */
const sources: { readonly [mode in Exclude<PadMode, "constant">]: (i: number, size: number) => number } = {
  reflect: (i, size) => (i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i),
  replicate: (i, size) => Math.min(size - 1, Math.max(0, i)),
  circular: (i, size) => (i + size) % size,
};

/** One dim with margins of what is there. */
function repeated(
  x: Tensor,
  dim: number,
  [left, right]: readonly [number, number],
  mode: Exclude<PadMode, "constant">,
): Tensor {
  const size = x.shape[dim]!;
  const most = mode === "reflect" ? size - 1 : mode === "circular" ? size : size === 0 ? 0 : Infinity;
  if (Math.max(left, right) > most || size + left + right < 0) {
    throw new ShapeError(
      `pad: margins [${left}, ${right}] do not go with dim ${dim} of ${show(x.shape)}: mode "${mode}" has at most ${Math.max(0, most)} places to give.`,
    );
  }
  const index = Array.from({ length: size + left + right }, (_, i) => sources[mode](i - left, size));
  return indexSelect(x, dim, fromFlat(index, [index.length], "int32"));
}

/**
 * x with a margin: `[left, right]` of the last dim, then of the one before it, and so on, filled with `value` (default 0)
 * or, by `mode`, with what x itself holds. Negative margins cut off.
 */
export const pad = named("pad", (x: Tensor, margins: readonly number[], options: PadOptions = {}): Tensor => {
  checkTensor("pad", "x", x);
  checkOptions("pad", options, { mode: oneOf(...padModes), value: is.value });
  if (
    !Array.isArray(margins) ||
    margins.length % 2 !== 0 ||
    margins.length > 2 * x.ndim ||
    !margins.every(Number.isInteger)
  ) {
    throw new ShapeError(
      `pad: needs pairs of whole numbers, at most ${x.ndim} for ${show(x.shape)}, got ${describe(margins)}.`,
    );
  }
  const around = x.shape.map((_, d) => {
    const at = 2 * (x.ndim - 1 - d);
    return [margins[at] ?? 0, margins[at + 1] ?? 0] as const;
  });
  const { mode = "constant", value = 0 } = options;
  if (mode !== "constant") {
    if (options.value !== undefined) throw new OptionError(`pad: value is for mode "constant", not for "${mode}".`);
    return around.reduce((y, sides, d) => (sides[0] === 0 && sides[1] === 0 ? y : repeated(y, d, sides, mode)), x);
  }
  const inner = take(
    [x],
    x.shape.map((n, d) => {
      const [left, right] = around[d]!;
      const length = n + Math.min(0, left) + Math.min(0, right);
      if (length < 0)
        throw new ShapeError(`pad: ${describe(margins)} cuts more than there is off dim ${d} of ${show(x.shape)}.`);
      return { start: Math.max(0, -left), length, step: 1 };
    }),
  );
  const outside = around.map(([left, right]) => [Math.max(0, left), Math.max(0, right)] as const);
  return place([inner], {
    shape: inner.shape.map((n, d) => n + outside[d]![0] + outside[d]![1]),
    cuts: inner.shape.map((n, d) => ({ start: outside[d]![0], length: n, step: 1 })),
    value,
  });
});
