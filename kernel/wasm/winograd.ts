import { allocate, lastSpan, release } from "./allocator.ts";
import { emitTotal } from "./convWeight.ts";
import { turned, type Geometry } from "./convPlan.ts";
import { checkConvolution, geometry, sizeOf } from "./convCheck.ts";
import { overImages, shared, type Sharing } from "./convShare.ts";
import { emitWinograd } from "./convWinograd.ts";
import { makeWinogradPlan, type WinogradPlan } from "./convWinogradPlan.ts";
import { emitWinogradWeight } from "./convWinogradWeight.ts";
import { makeWinogradWeightPlan, type WinogradWeightPlan } from "./convWinogradWeightPlan.ts";
import type { KernelDefinition } from "./kernel.ts";
import { heap } from "./memory.ts";

type Run = (plan: number, ...rest: number[]) => void;
type WinogradExports = {
  transform: (
    w: number,
    rowStep: number,
    columnStep: number,
    tapStep: number,
    rows: number,
    columns: number,
    to: number,
  ) => void;
  winograd: Run;
};
type WinogradWeightExports = {
  weight: Run;
  total: (parts: number, partBytes: number, count: number, out: number) => void;
  restore: (products: number, step: number, outChannels: number, channels: number, lanes: number, w: number) => void;
};

/** Every height of a panel, tiles at an edge, more vectors than a block, an image that is no multiple of a vector. */
const samples: readonly Geometry[] = [
  ...[1, 2, 3, 4].map((out) => geometry([1, 1, 3, 3], [out, 1, 3, 3], [1, out, 1, 1])),
  geometry([1, 2, 4, 6], [11, 2, 3, 3], [1, 11, 2, 4]),
  geometry([1, 1, 9, 16], [1, 1, 3, 3], [1, 1, 9, 16], { padding: 1 }),
];

export const winogradKernel: KernelDefinition<WinogradExports> = {
  name: "convolution by Winograd's algorithm",
  wide: true,
  build: emitWinograd,
  check: (run, bench) =>
    checkConvolution(bench, samples, "y", (g, x, w, y, bias) =>
      runWinograd(run, g, makeWinogradPlan(g), x, w, bias, y),
    ) ??
    checkConvolution(bench, samples.slice(4), "x", (g, x, w, y) =>
      runWinogradInput(run, g, makeWinogradPlan(turned(g)), y, w, x),
    ),
};
export const winogradWeightKernel: KernelDefinition<WinogradWeightExports> = {
  name: "convolution by Winograd's algorithm, gradient of the weight",
  wide: true,
  build(module) {
    emitWinogradWeight(module);
    emitTotal(module);
  },
  check: (run, bench) =>
    checkConvolution(bench, samples, "w", (g, x, w, y) =>
      runWinogradWeight(run, g, makeWinogradWeightPlan(g), x, y, w),
    ),
};
const forward = shared(winogradKernel, "winograd");
const weight = shared(winogradWeightKernel, "weight");

/** Multiplications and additions, those of the transformations being about a third of them. */
const operations = (g: Geometry): number => sizeOf(g.output) * g.weight[1]! * 12;

/** Plans by geometry; made once. */
function remembered<Plan>(make: (g: Geometry) => Plan): (g: Geometry) => Plan {
  const plans = new Map<string, Plan>();
  return (g) => {
    const key = `${g.input.join()} ${g.weight.join()} ${g.padding.join()}`;
    let plan = plans.get(key);
    if (plan === undefined) {
      if (plans.size >= 256) plans.clear();
      plans.set(key, (plan = make(g)));
    }
    return plan;
  };
}
const forwardPlan = remembered(makeWinogradPlan);
const inputPlan = remembered((g) => makeWinogradPlan(turned(g)));
const weightPlan = remembered(makeWinogradWeightPlan);

/** As convForward in conv.ts, for geometries that `winogradFits`. */
export function winogradForward(g: Geometry, x: number, w: number, bias: number, y: number): void {
  const { run, share } = forward();
  runWinograd(run, g, forwardPlan(g), x, w, bias, y, share);
}
/** As convInput in conv.ts, for geometries that `winogradFits` turned round. */
export function winogradInput(g: Geometry, y: number, w: number, x: number): void {
  const { run, share } = forward();
  runWinogradInput(run, g, inputPlan(g), y, w, x, share);
}
/** As convWeight in conv.ts, for geometries to which `winogradApplies`. */
export function winogradWeight(g: Geometry, x: number, y: number, w: number): void {
  const { run, share } = weight();
  runWinogradWeight(run, g, weightPlan(g), x, y, w, share);
}

// prettier-ignore
export function runWinograd(run: WinogradExports, g: Geometry, plan: WinogradPlan, x: number, w: number, bias: number, y: number, share?: Sharing): void {
  const [rows, columns] = g.weight as [number, number];
  const work = begin(plan, rows);
  run.transform(w, columns * 36, 36, 4, rows, columns, work.weights);
  const args = [plan.address, x, work.weights, bias === 0 ? work.zeros : bias, y, work.scratch];
  overImages(run.winograd, share, args, plan.scratchBytes, plan.chunk, g.input[0]!, operations(g));
  release(work.span, work.weights);
}

// prettier-ignore
export function runWinogradInput(run: WinogradExports, g: Geometry, plan: WinogradPlan, y: number, w: number, x: number, share?: Sharing): void {
  const [columns, rows] = g.weight as [number, number];
  const work = begin(plan, rows);
  // Rows and columns exchanged, and the taps from the last to the first.
  run.transform(w + 32, 36, rows * 36, -4, rows, columns, work.weights);
  const args = [plan.address, y, work.weights, work.zeros, x, work.scratch];
  overImages(run.winograd, share, args, plan.scratchBytes, plan.chunk, g.input[0]!, operations(g));
  release(work.span, work.weights);
}

/** Memory for the transformed weights, zeros in place of a bias, and scratch. */
function begin(plan: WinogradPlan, channels: number) {
  const weights = allocate(plan.transformedBytes + channels * 4 + plan.scratchBytes);
  const span = lastSpan;
  const zeros = weights + plan.transformedBytes;
  heap.f32.fill(0, zeros >>> 2, (zeros >>> 2) + channels);
  return { weights, span, zeros, scratch: zeros + channels * 4 };
}

// prettier-ignore
export function runWinogradWeight(run: WinogradWeightExports, g: Geometry, plan: WinogradWeightPlan, x: number, y: number, w: number, share?: Sharing): void {
  const { parts: count, partBytes, scratchBytes } = plan;
  const parts = allocate(count * partBytes + scratchBytes);
  const span = lastSpan;
  const args = [plan.address, x, y, parts, partBytes, parts + count * partBytes];
  overImages(run.weight, share, args, scratchBytes, plan.chunk, g.input[0]!, operations(g));
  run.total(parts, partBytes, count, parts);
  run.restore(parts, partBytes / 16, g.weight[0]!, g.weight[1]!, plan.lanes, w);
  release(span, parts);
}
