import { emitZero } from "./convCopy.ts";
import { defineKernel, differs, pattern, type Bench, type KernelDefinition } from "./kernel.ts";
import { heap } from "./memory.ts";
import { emitMaxPairs, emitMeanPairs, emitScatterPairs, emitSpreadPairs } from "./poolPairs.ts";
import { makePoolPlan, poolPlanOf, type PoolPlan, type Windows } from "./poolPlan.ts";
import { emitMax, emitMean, emitScatter, emitSpread } from "./poolWindows.ts";

export type { Window, Windows } from "./poolPlan.ts";

type WithIndex = (plan: number, a: number, b: number, c: number, from: number, to: number) => void;
type WithoutIndex = (plan: number, a: number, b: number, from: number, to: number) => void;
type MaxExports = { max: WithIndex; maxPairs: WithIndex; scatter: WithIndex; scatterPairs: WithIndex };
type MeanExports = { mean: WithoutIndex; meanPairs: WithoutIndex; spread: WithoutIndex; spreadPairs: WithoutIndex };

export const maxKernel: KernelDefinition<MaxExports> = {
  name: "maximum pooling",
  build(module) {
    emitMax(module);
    emitMaxPairs(module);
    emitScatter(module, emitZero(module));
    emitScatterPairs(module);
  },
  check: (run, bench) => samples.map((windows) => checkMax(run, bench, windows)).find((wrong) => wrong !== undefined),
};
export const meanKernel: KernelDefinition<MeanExports> = {
  name: "mean pooling",
  build(module) {
    emitMean(module);
    emitMeanPairs(module);
    emitSpread(module, emitZero(module));
    emitSpreadPairs(module);
  },
  check: (run, bench) => samples.map((windows) => checkMean(run, bench, windows)).find((wrong) => wrong !== undefined),
};
const maximum = defineKernel(maxKernel);
const mean = defineKernel(meanKernel);

/** Vectors take four outputs of a row at a time. */
const vectorial = (w: Windows): boolean => w.pairs && w.columns.length >= 4;

/**
 * y = the largest of each window, and where it is in its image (int32), unless that address is 0. Of equal ones it is the
 * first; a NaN is larger than everything. All operands are given by address, images without gaps.
 */
export function poolMax(w: Windows, images: number, x: number, y: number, index: number): void {
  runMax(maximum(), w, poolPlanOf(w), images, x, y, index);
}
/** x = what flows back to the images. */
export function poolScatter(w: Windows, images: number, g: number, index: number, x: number): void {
  runScatter(maximum(), w, poolPlanOf(w), images, g, index, x);
}
/** y = the mean of each window. */
export function poolMean(w: Windows, images: number, x: number, y: number): void {
  runMean(mean(), w, poolPlanOf(w), images, x, y);
}
/** x = g spread evenly over the windows. */
export function poolSpread(w: Windows, images: number, g: number, x: number): void {
  runSpread(mean(), w, poolPlanOf(w), images, g, x);
}

// prettier-ignore
export function runMax(run: MaxExports, w: Windows, plan: PoolPlan, images: number, x: number, y: number, index: number): void {
  if (vectorial(w)) run.maxPairs(plan.address, x, y, index, 0, images);
  else run.max(plan.address, x, y, index, 0, images);
}
// prettier-ignore
export function runScatter(run: MaxExports, w: Windows, plan: PoolPlan, images: number, g: number, index: number, x: number): void {
  if (!vectorial(w)) return run.scatter(plan.address, g, index, x, 0, images);
  clearUncovered(w, images, x);
  run.scatterPairs(plan.address, g, index, x, 0, images);
}
export function runMean(run: MeanExports, w: Windows, plan: PoolPlan, images: number, x: number, y: number): void {
  if (vectorial(w)) run.meanPairs(plan.address, x, y, 0, images);
  else run.mean(plan.address, x, y, 0, images);
}
export function runSpread(run: MeanExports, w: Windows, plan: PoolPlan, images: number, g: number, x: number): void {
  if (!vectorial(w)) return run.spread(plan.address, g, x, 0, images);
  clearUncovered(w, images, x);
  run.spreadPairs(plan.address, g, x, 0, images);
}
/** Zeros, where the last row or column is in no window. */
function clearUncovered(w: Windows, images: number, x: number): void {
  if (w.height === w.rows.length * 2 && w.width === w.columns.length * 2) return;
  heap.f32.fill(0, x >>> 2, (x >>> 2) + images * w.height * w.width);
}

/** The places of a window's pixels in an image, in order. */
export function placesOf(w: Windows, row: number, column: number): number[] {
  const [rows, columns] = [w.rows[row]!, w.columns[column]!];
  return Array.from({ length: rows.count * columns.count }, (_, k) => {
    const i = rows.first + Math.floor(k / columns.count) * w.dilation[0];
    const j = columns.first + (k % columns.count) * w.dilation[1];
    return i * w.width + j;
  });
}

const even = (count: number, size: number, step: number) =>
  Array.from({ length: count }, (_, i) => ({ first: i * step, count: size, weight: size }));
/** Pairs with a column and a row that no window holds, and windows that overlap, five wide, with distances. */
const samples: readonly Windows[] = [
  {
    height: 5,
    width: 13,
    rows: even(2, 2, 2),
    columns: even(6, 2, 2),
    dilation: [1, 1],
    divisor: 0,
    pairs: true,
    key: "",
  },
  {
    height: 5,
    width: 9,
    rows: even(2, 2, 1),
    columns: even(3, 5, 2),
    dilation: [2, 1],
    divisor: 0,
    pairs: false,
    key: "",
  },
];

function checkMax(run: MaxExports, bench: Bench, w: Windows): string | undefined {
  const [images, inside, outside] = [2, w.height * w.width, w.rows.length * w.columns.length];
  // Halves, so that there are equal ones.
  const x = bench.f32(images * inside, (i) => (i === 3 ? NaN : Math.round(pattern(i) * 2)));
  const y = bench.f32(images * outside);
  const index = bench.i32(images * outside);
  const plan = makePoolPlan(w);
  runMax(run, w, plan, images, x.address, y.address, index.address);
  const g = bench.f32(images * outside, pattern);
  const back = bench.f32(images * inside);
  runScatter(run, w, plan, images, g.address, index.address, back.address);
  const wanted = new Float64Array(images * inside);
  const places = Array.from({ length: images * outside }, (_, k) => {
    const image = Math.floor(k / outside);
    const at = k % outside;
    let best = -1;
    for (const place of placesOf(w, Math.floor(at / w.columns.length), at % w.columns.length)) {
      const value = x.data[image * inside + place]!;
      if (best < 0 || value > x.data[image * inside + best]! || Number.isNaN(value)) best = place;
    }
    wanted[image * inside + best]! += g.data[k]!;
    return best;
  });
  return (
    differs(index.data, (k) => places[k]!) ??
    differs(y.data, (k) => x.data[Math.floor(k / outside) * inside + places[k]!]!) ??
    differs(back.data, (i) => wanted[i]!)
  );
}

function checkMean(run: MeanExports, bench: Bench, w: Windows): string | undefined {
  if (w.dilation[0] !== 1) w = { ...w, dilation: [1, 1] };
  const [images, inside, outside] = [2, w.height * w.width, w.rows.length * w.columns.length];
  const x = bench.f32(images * inside, pattern);
  const y = bench.f32(images * outside);
  const back = bench.f32(images * inside);
  const plan = makePoolPlan(w);
  runMean(run, w, plan, images, x.address, y.address);
  runSpread(run, w, plan, images, x.address, back.address);
  const means = new Float64Array(images * outside);
  const wanted = new Float64Array(images * inside);
  means.forEach((_, k) => {
    const image = Math.floor(k / outside);
    const at = k % outside;
    const places = placesOf(w, Math.floor(at / w.columns.length), at % w.columns.length);
    for (const place of places) {
      means[k]! += x.data[image * inside + place]! / places.length;
      wanted[image * inside + place]! += x.data[k]! / places.length;
    }
  });
  return differs(y.data, (k) => means[k]!) ?? differs(back.data, (i) => wanted[i]!);
}
