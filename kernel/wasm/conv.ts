import { allocate, lastSpan, release } from "./allocator.ts";
import { emitForward } from "./convForward.ts";
import { emitInput } from "./convInput.ts";
import { makePlan, planOf, type Geometry, type Plan } from "./convPlan.ts";
import { convTerms } from "./convTerms.ts";
import { emitWeight, foldBytes } from "./convWeight.ts";
import { defineKernel, differs, pattern, type Bench, type KernelDefinition } from "./kernel.ts";
import { heap } from "./memory.ts";

export type { Geometry } from "./convPlan.ts";

type Pack = (plan: number, w: number, packed: number) => void;
/** Addresses of operands, then: scratch, bytes of one chunk's scratch, images from, to. */
type Run = (plan: number, ...rest: number[]) => void;

type ForwardExports = { pack: Pack; forward: Run };
type InputExports = { pack: Pack; input: Run };
type WeightExports = {
  weight: Run;
  total: (parts: number, partBytes: number, count: number, out: number) => void;
  bias: (y: number, images: number, channels: number, pixels: number, out: number) => void;
};

export const forwardKernel: KernelDefinition<ForwardExports> = {
  name: "convolution",
  build: emitForward,
  check: (run, bench) => onEach(bench, "y", (g, plan, x, w, y, bias) => runForward(run, g, plan, x, w, bias, y)),
};
export const inputKernel: KernelDefinition<InputExports> = {
  name: "convolution, gradient of the input",
  build: emitInput,
  check: (run, bench) => onEach(bench, "x", (g, plan, x, w, y) => runInput(run, g, plan, y, w, x)),
};
export const weightKernel: KernelDefinition<WeightExports> = {
  name: "convolution, gradient of the weight",
  build: emitWeight,
  check: (run, bench) =>
    onEach(bench, "w", (g, plan, x, w, y) => runWeight(run, g, plan, x, y, w)) ?? checkBias(run, bench),
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
const forward = defineKernel({ ...forwardKernel, wide: true });
const input = defineKernel({ ...inputKernel, wide: true });
const weight = defineKernel({ ...weightKernel, wide: true });

/** y = x ∗ w + bias, all float32 and contiguous, given by address; bias 0: none. */
export function convForward(g: Geometry, x: number, w: number, bias: number, y: number): void {
  runForward(forward(), g, planOf(g), x, w, bias, y);
}
/** The gradient by x, which is overwritten, for a gradient y of the result. */
export function convInput(g: Geometry, y: number, w: number, x: number): void {
  runInput(input(), g, planOf(g), y, w, x);
}
/** The gradient by w, which is overwritten. */
export function convWeight(g: Geometry, x: number, y: number, w: number): void {
  runWeight(weight(), g, planOf(g), x, y, w);
}

/** The gradient by the bias, for a gradient y[images, channels, pixels] of the result. */
export function convBias(y: number, images: number, channels: number, pixels: number, out: number): void {
  weight().bias(y, images, channels, pixels, out);
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export function runForward(
  run: ForwardExports,
  g: Geometry,
  plan: Plan,
  x: number,
  w: number,
  bias: number,
  y: number,
): void {
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
  run.pack(plan.address, w, packed);
  run.forward(plan.address, x, packed, start, y, packed + packedBytes + biasBytes, scratchBytes, 0, g.input[0]!);
  release(span, packed);
}

export function runInput(run: InputExports, g: Geometry, plan: Plan, y: number, w: number, x: number): void {
  const packedBytes = sizeOf(g.weight) * 4;
  const scratchBytes = plan.planesBytes + plan.rowsBytes;
  const packed = allocate(packedBytes + scratchBytes);
  const span = lastSpan;
  run.pack(plan.address, w, packed);
  run.input(plan.address, y, packed, x, packed + packedBytes, scratchBytes, 0, g.input[0]!);
  release(span, packed);
}

export function runWeight(run: WeightExports, g: Geometry, plan: Plan, x: number, y: number, w: number): void {
  const count = Math.ceil(g.input[0]! / plan.chunk);
  // The last vector of a sum may reach past its end, by less than a cache line: so far every piece of memory does.
  const partBytes = Math.ceil(sizeOf(g.weight) / 4) * 16;
  const scratchBytes = foldBytes + plan.together * (plan.planesBytes + plan.rowsBytes);
  const parts = allocate(count * partBytes + scratchBytes);
  const span = lastSpan;
  run.weight(plan.address, x, y, parts, partBytes, parts + count * partBytes, scratchBytes, 0, g.input[0]!);
  run.total(parts, partBytes, count, w);
  release(span, parts);
}

/** Geometries that reach every panel, strips that overlap, planes, rows shorter than a strip, groups. */
const samples: readonly Geometry[] = [
  ...[1, 2, 3, 4, 11].map((out) => geometry([1, 2, 3, 20], [out, 2, 2, 2], [1, out, 2, 19])),
  geometry([2, 2, 4, 5], [2, 1, 3, 3], [2, 2, 2, 3], 2, 1, 2),
];
function geometry(
  inputShape: number[],
  weightShape: number[],
  output: number[],
  stride = 1,
  padding = 0,
  groups = 1,
): Geometry {
  return {
    input: inputShape,
    weight: weightShape,
    output,
    stride: [stride, stride],
    padding: [padding, padding],
    dilation: [1, 1],
    groups,
  };
}

/** Known answers: compares what `run` leaves in one of the operands with the definition, on every sample. */
function onEach(
  bench: Bench,
  result: "x" | "w" | "y",
  run: (g: Geometry, plan: Plan, x: number, w: number, y: number, bias: number) => void,
): string | undefined {
  for (const g of samples) {
    const plan = makePlan(g);
    const operand = (name: string, shape: readonly number[]) =>
      bench.f32(sizeOf(shape), name === result ? undefined : (i) => pattern(i + name.charCodeAt(0)));
    const [x, w, y] = [operand("x", g.input), operand("w", g.weight), operand("y", g.output)];
    const bias = bench.f32(g.weight[0]!, pattern);
    const want = new Float64Array({ x, w, y }[result].data.length);
    const outSize = g.output[2]! * g.output[3]!;
    if (result === "y") want.forEach((_, i) => (want[i] = bias.data[Math.floor(i / outSize) % g.weight[0]!]!));
    convTerms(g, (i, j, k) => {
      if (result === "y") want[k]! += x.data[i]! * w.data[j]!;
      else if (result === "x") want[i]! += y.data[k]! * w.data[j]!;
      else want[j]! += x.data[i]! * y.data[k]!;
    });
    run(g, plan, x.address, w.address, y.address, bias.address);
    const wrong = differs({ x, w, y }[result].data, (i) => want[i]!);
    if (wrong !== undefined) return `${g.input.join("×")} with ${g.weight.join("×")}: ${wrong}`;
  }
  return undefined;
}
