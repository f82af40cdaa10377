import type { TypedArray } from "../tensor/dtype.ts";
import { gemm, type Matrix } from "../tensor/gemm.ts";
import { elements, type Tensor } from "../tensor/tensor.ts";
import type { Geometry } from "../wasm/conv.ts";

// Convolution by columns, in JavaScript: for every dtype, with sums in double precision.

/**
 * The patches of one image and group as columns [in/groups · kh · kw, oh · ow], so that the convolution becomes a matrix
 * product; or, `backwards`, the columns added back to the pixels that they came from.
 */
function columns(
  g: Geometry,
  image: ArrayLike<number> & { [i: number]: number },
  start: number,
  cols: Float64Array,
  backwards: boolean,
): void {
  const [, , height, width] = g.input as [number, number, number, number];
  const [, channels, kh, kw] = g.weight as [number, number, number, number];
  const [, , oh, ow] = g.output as [number, number, number, number];
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < kh; i++) {
      for (let j = 0; j < kw; j++) {
        for (let y = 0; y < oh; y++) {
          const row = y * g.stride[0] - g.padding[0] + i * g.dilation[0];
          const inside = row >= 0 && row < height;
          const base = start + (c * height + row) * width;
          for (let x = 0; x < ow; x++, at++) {
            const column = x * g.stride[1] - g.padding[1] + j * g.dilation[1];
            const hit = inside && column >= 0 && column < width;
            if (!backwards) cols[at] = hit ? image[base + column]! : 0;
            else if (hit) image[base + column]! += cols[at]!;
          }
        }
      }
    }
  }
}

/** Visits every image and group with the offsets of its part of input, weight and output. */
function visit(g: Geometry, f: (input: number, weight: number, output: number) => void): void {
  const [batch, inChannels, height, width] = g.input as [number, number, number, number];
  const [outChannels] = g.weight as [number];
  const outSize = g.output[2]! * g.output[3]!;
  const weightSize = g.weight[1]! * g.weight[2]! * g.weight[3]!;
  const perGroup = outChannels / g.groups;
  for (let n = 0; n < batch; n++) {
    for (let k = 0; k < g.groups; k++) {
      f(
        (n * inChannels + (k * inChannels) / g.groups) * height * width,
        k * perGroup * weightSize,
        (n * outChannels + k * perGroup) * outSize,
      );
    }
  }
}

function sizes(g: Geometry): { m: number; k: number; n: number } {
  return { m: g.weight[0]! / g.groups, k: g.weight[1]! * g.weight[2]! * g.weight[3]!, n: g.output[2]! * g.output[3]! };
}
const rows = (data: Matrix["data"], offset: number, length: number): Matrix => ({
  data,
  offset,
  rowStep: length,
  columnStep: 1,
});
const turned = (data: Matrix["data"], offset: number, length: number): Matrix => ({
  data,
  offset,
  rowStep: 1,
  columnStep: length,
});

/** y = x ∗ w + bias. */
export function forwardByColumns(x: Tensor, w: Tensor, bias: Tensor | undefined, out: TypedArray, g: Geometry): void {
  const { m, k, n } = sizes(g);
  const [image, weight] = [elements(x), elements(w)];
  const cols = new Float64Array(k * n);
  visit(g, (input, from, to) => {
    columns(g, image.data, image.start + input, cols, false);
    gemm(m, n, k, rows(weight.data, weight.start + from, k), rows(cols, 0, n), out, to);
  });
  if (bias === undefined) return;
  const { data, start } = elements(bias);
  for (let i = 0; i < out.length; i++) out[i]! += data[start + (Math.floor(i / n) % g.weight[0]!)]!;
}

/** The gradient by x is added to `image`. */
export function inputByColumns(y: Tensor, w: Tensor, image: TypedArray, g: Geometry): void {
  const { m, k, n } = sizes(g);
  const [out, weight] = [elements(y), elements(w)];
  const cols = new Float64Array(k * n);
  visit(g, (input, from, to) => {
    gemm(k, n, m, turned(weight.data, weight.start + from, k), rows(out.data, out.start + to, n), cols, 0);
    columns(g, image, input, cols, true);
  });
}

/** The gradient by w, in double precision over the whole batch. */
export function weightByColumns(x: Tensor, y: Tensor, g: Geometry): Float64Array {
  const { m, k, n } = sizes(g);
  const [image, out] = [elements(x), elements(y)];
  const cols = new Float64Array(k * n);
  const part = new Float64Array(m * k);
  const sum = new Float64Array(g.weight[0]! * k);
  visit(g, (input, to, from) => {
    columns(g, image.data, image.start + input, cols, false);
    gemm(m, k, n, rows(out.data, out.start + from, n), turned(cols, 0, n), part, 0);
    for (let i = 0; i < part.length; i++) sum[to + i]! += part[i]!;
  });
  return sum;
}
