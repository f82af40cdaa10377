import assert from "node:assert/strict";
import { convTerms } from "../../../kernel/wasm/convTerms.ts";
import type { Sharing } from "../../../kernel/wasm/convShare.ts";
import { heap } from "../../../kernel/wasm/memory.ts";
import type { Geometry } from "../../../kernel/wasm/convPlan.ts";
import { pattern, type Bench } from "../../../kernel/wasm/kernel.ts";

export type Pair = readonly [number, number];
/** batch, channels in and out of one group, groups, image, kernel, stride, padding, dilation. */
export type Sizes = readonly [number, number, number, number, Pair, Pair, Pair, Pair, Pair];

/** undefined where the kernel is larger than the image. */
export function geometry([batch, channels, out, groups, image, kernel, stride, padding, dilation]: Sizes):
  Geometry | undefined {
  const size = [0, 1].map(
    (d) => Math.floor((image[d]! + 2 * padding[d]! - dilation[d]! * (kernel[d]! - 1) - 1) / stride[d]!) + 1,
  );
  if (size.some((n) => n < 1)) return undefined;
  return {
    input: [batch, channels * groups, ...image],
    weight: [out * groups, channels, ...kernel],
    output: [batch, out * groups, ...size],
    stride,
    padding,
    dilation,
    groups,
  };
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export interface Operands {
  readonly x: Operand;
  readonly w: Operand;
  readonly y: Operand;
  readonly bias: Operand;
}
interface Operand {
  readonly address: number;
  readonly data: Float32Array;
}

export function operands(bench: Bench, g: Geometry, seed: number): Operands {
  const make = (length: number, start: number): Operand => bench.f32(length, (i) => pattern(i + start + seed));
  return {
    x: make(product(g.input), 1),
    w: make(product(g.weight), 77),
    y: make(product(g.output), 777),
    bias: make(g.weight[0]!, 7777),
  };
}

/** The definition in float64, and the sum of the absolute values that went into each result. */
export function reference(g: Geometry, { x, w, y, bias }: Operands) {
  const of = (length: number) => ({ value: new Float64Array(length), size: new Float64Array(length) });
  const want = { x: of(x.data.length), w: of(w.data.length), y: of(y.data.length) };
  const add = (to: { value: Float64Array; size: Float64Array }, at: number, value: number): void => {
    to.value[at]! += value;
    to.size[at]! += Math.abs(value);
  };
  const pixels = g.output[2]! * g.output[3]!;
  for (let i = 0; i < y.data.length; i++) add(want.y, i, bias.data[Math.floor(i / pixels) % g.weight[0]!]!);
  convTerms(g, (i, j, k) => {
    add(want.y, k, x.data[i]! * w.data[j]!);
    add(want.x, i, y.data[k]! * w.data[j]!);
    add(want.w, j, y.data[k]! * x.data[i]!);
  });
  return want;
}

/** Each result within `floor` and `tolerance` × the sum of the absolute values that went into it. */
export function assertNear(
  got: { readonly [name in "x" | "w" | "y"]: { readonly data: Float32Array } },
  want: ReturnType<typeof reference>,
  tolerance: number,
  what: string,
  floor = 1e-7,
): void {
  for (const name of ["y", "x", "w"] as const) {
    want[name].value.forEach((value, i) => {
      const bound = floor + tolerance * want[name].size[i]!;
      const near = Math.abs(got[name].data[i]! - value) <= bound;
      assert.ok(near, `${name}[${i}] of ${what}: got ${got[name].data[i]}, want ${value} ± ${bound}`);
    });
  }
}

/**
 * Computes chunks as threads may: one by one, from the last to the first, with scratch memory that holds anything. The
 * bits must be those of one call for all images.
 */
export function backwards(run: (...args: number[]) => void): Sharing {
  return {
    worthwhile: () => true,
    images(args, scratchBytes, chunk, images) {
      const scratch = args.at(-1)!;
      for (let from = Math.floor((images - 1) / chunk) * chunk; from >= 0; from -= chunk) {
        heap.f32.fill(NaN, scratch >>> 2, (scratch + scratchBytes) >>> 2);
        run(...args, 0, from, Math.min(images, from + chunk));
      }
    },
  };
}
