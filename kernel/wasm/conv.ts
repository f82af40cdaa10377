import { allocate, lastSpan, release } from "./allocator.ts";
import { checkConvolution, geometry, sizeOf } from "./convCheck.ts";
import { overImages, shared, type Sharing } from "./convShare.ts";
import { emitForward } from "./convForward.ts";
import { emitInput } from "./convInput.ts";
import { makePlan, planOf, turned, type Geometry, type Plan } from "./convPlan.ts";
import { emitWeight, foldBytes } from "./convWeight.ts";
import { winogradApplies, winogradFits } from "./convWinogradPlan.ts";
import { differs, pattern, type Bench, type KernelDefinition } from "./kernel.ts";
import { heap } from "./memory.ts";
import { winogradForward, winogradInput, winogradWeight } from "./winograd.ts";

export type { Geometry } from "./convPlan.ts";

type Pack = (plan: number, w: number, packed: number) => void;
/** Addresses of operands, then: scratch, bytes of one chunk's scratch, images from, to. */
type Run = (plan: number, ...rest: number[]) => void;

type ForwardExports = { pack: Run; forward: Run };
type InputExports = { pack: Pack; input: Run };
type WeightExports = {
  weight: Run;
  total: (parts: number, partBytes: number, count: number, out: number) => void;
  bias: (y: number, images: number, channels: number, pixels: number, out: number) => void;
};

/** Geometries that reach every height of a panel, of channels and of taps; strips that overlap, planes, flat rows, groups. */
const samples: readonly Geometry[] = [
  geometry([1, 1, 1, 27], [1, 1, 1, 1], [1, 1, 1, 27]),
  geometry([1, 1, 1, 20], [2, 1, 1, 2], [1, 2, 1, 19]),
  geometry([1, 1, 1, 19], [3, 1, 1, 3], [1, 3, 1, 17]),
  geometry([1, 2, 3, 10], [4, 2, 2, 2], [1, 4, 2, 9]),
  geometry([1, 1, 1, 26], [11, 1, 1, 11], [1, 11, 1, 16]),
  geometry([2, 2, 4, 5], [2, 1, 3, 3], [2, 2, 2, 3], { stride: 2, padding: 1, groups: 2 }),
];

export const forwardKernel: KernelDefinition<ForwardExports> = {
  name: "convolution",
  wide: true,
  build: emitForward,
  check: (run, bench) =>
    checkConvolution(bench, samples, "y", (g, x, w, y, bias) => runForward(run, g, makePlan(g), x, w, bias, y)) ??
    checkConvolution(bench, samples.slice(3, 4), "x", (g, x, w, y) =>
      runTurned(run, turned(g), makePlan(turned(g)), y, w, x),
    ),
};
export const inputKernel: KernelDefinition<InputExports> = {
  name: "convolution, gradient of the input",
  wide: true,
  build: emitInput,
  check: (run, bench) => checkConvolution(bench, samples, "x", (g, x, w, y) => runInput(run, g, makePlan(g), y, w, x)),
};
export const weightKernel: KernelDefinition<WeightExports> = {
  name: "convolution, gradient of the weight",
  wide: true,
  build: emitWeight,
  check: (run, bench) =>
    checkConvolution(bench, samples, "w", (g, x, w, y) => runWeight(run, g, makePlan(g), x, y, w)) ??
    checkBias(run, bench),
};
function checkBias(run: WeightExports, bench: Bench): string | undefined {
  const [images, channels, pixels] = [2, 3, 37];
  const y = bench.f32(images * channels * pixels, pattern);
  const out = bench.f32(channels);
  run.bias(y.address, images, channels, pixels, out.address);
  const want = new Float64Array(channels);
  y.data.forEach((value, i) => (want[Math.floor(i / pixels) % channels]! += value));
  return differs(out.data, (i) => want[i]!);
}
const forward = shared(forwardKernel, "forward");
const input = shared(inputKernel, "input");
const weight = shared(weightKernel, "weight");

/**
 * y = x ∗ w + bias, all float32 and contiguous, given by address; bias 0: none.
 *
 * Where Winograd's algorithm is used (by shape), results differ from the direct sum by a few units of rounding, and what
 * is not finite also reaches the neighbours in a tile of 2 × 2 outputs.
 */
export function convForward(g: Geometry, x: number, w: number, bias: number, y: number): void {
  if (winogradFits(g)) return winogradForward(g, x, w, bias, y);
  const { run, share } = forward();
  runForward(run, g, planOf(g), x, w, bias, y, share);
}
/** The gradient by x, which is overwritten, for a gradient y of the result. */
export function convInput(g: Geometry, y: number, w: number, x: number): void {
  if (turns(g)) {
    const back = turned(g);
    if (winogradFits(back)) return winogradInput(g, y, w, x);
    const { run, share } = forward();
    return runTurned(run, back, planOf(back), y, w, x, share);
  }
  const { run, share } = input();
  runInput(run, g, planOf(g), y, w, x, share);
}
/** The gradient by w, which is overwritten. */
export function convWeight(g: Geometry, x: number, y: number, w: number): void {
  if (winogradApplies(g)) return winogradWeight(g, x, y, w);
  const { run, share } = weight();
  runWeight(run, g, planOf(g), x, y, w, share);
}

/**
 * Whether the gradient by the input is computed as the convolution that it also is: where that has hardly more to add
 * up, because the output is about as large as the input. What a sum over few channels is added to would cost more.
 */
function turns(g: Geometry): boolean {
  const [, , height, width] = g.input as [number, number, number, number];
  const [, out, oh, ow] = g.output as [number, number, number, number];
  return (
    g.stride.every((s) => s === 1) &&
    g.padding.every((p, d) => p <= g.dilation[d]! * (g.weight[d + 2]! - 1)) &&
    height * width <= oh * ow * (1 + (4.5 * g.groups) / out)
  );
}

/** The gradient by the bias, for a gradient y[images, channels, pixels] of the result. */
export function convBias(y: number, images: number, channels: number, pixels: number, out: number): void {
  weight().run.bias(y, images, channels, pixels, out);
}

/** Multiplications and additions of a convolution. */
const operations = (g: Geometry): number => 2 * sizeOf(g.output) * sizeOf(g.weight.slice(1));

// prettier-ignore
export function runForward(run: ForwardExports, g: Geometry, plan: Plan, x: number, w: number, bias: number, y: number, share?: Sharing): void {
  const [rows, channels, kh, kw] = g.weight as [number, number, number, number];
  const row = channels * kh * kw * 4;
  packAndRun(run, g, plan, x, bias, y, share, [w, (rows / g.groups) * row, row, kh * kw * 4, 4, channels]);
}

/** The gradient by the input, of stride 1, with the plan of the convolution that it is: `g`, turned round. */
// prettier-ignore
export function runTurned(run: ForwardExports, g: Geometry, plan: Plan, y: number, w: number, x: number, share?: Sharing): void {
  const [rows, channels, kh, kw] = g.weight as [number, number, number, number];
  const [tap, row] = [kh * kw * 4, (rows / g.groups) * kh * kw * 4];
  packAndRun(run, g, plan, y, 0, x, share, [w + tap - 4, channels * row, tap, row, -4, channels]);
}

/** @param weights where they are and in which steps: see `pack` in convForward.ts. */
// prettier-ignore
function packAndRun(run: ForwardExports, g: Geometry, plan: Plan, x: number, bias: number, y: number, share: Sharing | undefined, weights: readonly number[]): void {
  const packedBytes = sizeOf(g.weight) * 4;
  const biasBytes = g.weight[0]! * 4;
  const scratchBytes = plan.planesBytes + plan.rowsBytes;
  const packed = allocate(packedBytes + biasBytes + scratchBytes);
  const span = lastSpan;
  let start = bias;
  if (bias === 0) {
    start = packed + packedBytes;
    heap.f32.fill(0, start >>> 2, (start + biasBytes) >>> 2);
  }
  run.pack(plan.address, ...weights, packed);
  const args = [plan.address, x, packed, start, y, packed + packedBytes + biasBytes];
  overImages(run.forward, share, args, scratchBytes, plan.chunk, g.input[0]!, operations(g));
  release(span, packed);
}

// prettier-ignore
export function runInput(run: InputExports, g: Geometry, plan: Plan, y: number, w: number, x: number, share?: Sharing): void {
  const packedBytes = sizeOf(g.weight) * 4;
  const scratchBytes = plan.planesBytes + plan.rowsBytes;
  const packed = allocate(packedBytes + scratchBytes);
  const span = lastSpan;
  run.pack(plan.address, w, packed);
  const args = [plan.address, y, packed, x, packed + packedBytes];
  overImages(run.input, share, args, scratchBytes, plan.chunk, g.input[0]!, operations(g));
  release(span, packed);
}

// prettier-ignore
export function runWeight(run: WeightExports, g: Geometry, plan: Plan, x: number, y: number, w: number, share?: Sharing): void {
  const count = Math.ceil(g.input[0]! / plan.chunk);
  // The last vector of a sum may reach past its end, by less than a cache line: so far every piece of memory does.
  const partBytes = Math.ceil(sizeOf(g.weight) / 4) * 16;
  const scratchBytes = foldBytes + plan.weightBytes;
  const parts = allocate(count * partBytes + scratchBytes);
  const span = lastSpan;
  const args = [plan.address, x, y, parts, partBytes, parts + count * partBytes];
  overImages(run.weight, share, args, scratchBytes, plan.chunk, g.input[0]!, operations(g));
  run.total(parts, partBytes, count, w);
  release(span, parts);
}
