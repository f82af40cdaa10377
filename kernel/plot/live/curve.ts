/**
 * A curve that grows for as long as training runs and never holds more than `limit` points.
 *
 * While there is room every point is kept. Then runs of `stride` consecutive points become one bucket that keeps its
 * smallest and its largest value, so that a spike of a single step is still there after a million. Points are added one
 * at a time and buckets merge at fixed counts: the result depends on the points only, not on how they were grouped.
 */
import { roundTo } from "../number.ts";

/** What is kept of a growing sequence of points. */
export interface Decimated {
  /** Points ever added. */
  count: number;
  /** Consecutive points that one bucket stands for: 1, then 4, 8, 16, … */
  stride: number;
  /** Most points kept; a multiple of 4. */
  limit: number;
  step: number[];
  /** NaN, infinite or null where there is no finite value: a gap in the line, never a zero. */
  value: (number | null)[];
  /** Another value of each kept point, carried along. */
  smooth?: (number | null)[];
}

/** A curve as a figure shows it: plain JSON, smoothed, and honest about what was not a number. */
export interface Curve extends Decimated {
  /** Debiased exponential moving average at the kept points; null where the value is. */
  smooth: (number | null)[];
  /** Weight of the past in the average, 0 (no smoothing) … 1, exclusive. */
  smoothing: number;
  /** State of the average: Σ of weighted values, and the share of the start that is still in it (smoothingᵗ). */
  average: { sum: number; bias: number };
  min: Extreme | null;
  max: Extreme | null;
  /** The newest point, also when it is not among the kept ones, with its smoothed value. */
  last: { step: number; value: Value; smooth: number | null } | null;
  nonFinite: NonFinite;
}

/** A number as JSON can carry it. */
export type Value = number | "NaN" | "Infinity" | "-Infinity";
export interface Extreme {
  step: number;
  value: number;
}
/** How often a value was not finite, and the first few times. */
export interface NonFinite {
  count: number;
  first: { step: number; value: Value }[];
}

/** Occurrences of NaN and ±Infinity that are remembered one by one; more are only counted. */
const NON_FINITE_KEPT = 20;

export function emptyDecimated(limit: number): Decimated {
  if (!Number.isInteger(limit / 4) || limit < 8) {
    throw new RangeError(`curve: limit must be a multiple of 4 and at least 8, got ${limit}.`);
  }
  return { count: 0, stride: 1, limit, step: [], value: [] };
}

export function emptyCurve({ limit, smoothing }: { limit: number; smoothing: number }): Curve {
  return {
    ...emptyDecimated(limit),
    smooth: [],
    smoothing,
    average: { sum: 0, bias: 1 },
    min: null,
    max: null,
    last: null,
    nonFinite: { count: 0, first: [] },
  };
}

export function copyCurve(curve: Curve): Curve {
  return {
    ...curve,
    step: curve.step.slice(),
    value: curve.value.slice(),
    smooth: curve.smooth.slice(),
    average: { ...curve.average },
    nonFinite: { count: curve.nonFinite.count, first: curve.nonFinite.first.slice() },
  };
}

export function encodeValue(value: number): Value {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

/** Adds a point in place. */
export function addPoint(curve: Curve, step: number, given: Value): void {
  // JSON knows no −0.
  const value = typeof given === "number" ? given + 0 : given;
  const smooth = typeof value === "number" ? nextAverage(curve, value) : null;
  curve.last = { step, value, smooth };
  if (typeof value === "number") {
    if (curve.min === null || value < curve.min.value) curve.min = { step, value };
    if (curve.max === null || value > curve.max.value) curve.max = { step, value };
  } else {
    curve.nonFinite.count++;
    if (curve.nonFinite.first.length < NON_FINITE_KEPT) curve.nonFinite.first.push({ step, value });
  }
  addDecimated(curve, step, typeof value === "number" ? value : null, smooth);
}

/** m ← β m + (1 − β) x, divided by 1 − βᵗ so that the first values are not pulled towards zero. */
function nextAverage(curve: Curve, value: number): number | null {
  const beta = curve.smoothing;
  if (beta === 0) return value;
  curve.average.sum = beta * curve.average.sum + (1 - beta) * value;
  curve.average.bias *= beta;
  const average = curve.average.sum / (1 - curve.average.bias);
  return Number.isFinite(average) ? roundTo(average, 5) : null;
}

/** Adds a point in place, to what is kept only. */
export function addDecimated(curve: Decimated, step: number, value: number | null, smooth: number | null = null): void {
  if (curve.count % curve.stride === 0 && curve.step.length >= curve.limit) compact(curve);
  const inBucket = curve.count % curve.stride;
  curve.count++;
  curve.step.push(step);
  curve.value.push(value);
  curve.smooth?.push(smooth);
  if (curve.stride === 1 || inBucket < 2) return;
  // The open bucket held two points and now holds three.
  const end = curve.step.length;
  const [a, b] = extremes(curve.value, end - 3, end);
  move(curve, a, end - 3);
  move(curve, b, end - 2);
  truncate(curve, end - 1);
}

/** Makes buckets of four points, or of two buckets, into one bucket of two points. */
function compact(curve: Decimated): void {
  const length = curve.step.length;
  let kept = 0;
  for (let start = 0; start < length; start += 4) {
    const [a, b] = extremes(curve.value, start, Math.min(start + 4, length));
    move(curve, a, kept++);
    move(curve, b, kept++);
  }
  truncate(curve, kept);
  curve.stride = curve.stride === 1 ? 4 : curve.stride * 2;
}

function move(curve: Decimated, from: number, to: number): void {
  curve.step[to] = curve.step[from]!;
  curve.value[to] = curve.value[from]!;
  if (curve.smooth) curve.smooth[to] = curve.smooth[from]!;
}

function truncate(curve: Decimated, length: number): void {
  curve.step.length = curve.value.length = length;
  if (curve.smooth) curve.smooth.length = length;
}

/** Two different indices in [start, end), in order, among them those of the smallest and the largest finite value. */
export function extremes(values: readonly (number | null)[], start: number, end: number): [number, number] {
  let low = -1;
  let high = -1;
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (low < 0 || value < values[low]!) low = i;
    if (high < 0 || value > values[high]!) high = i;
  }
  if (low < 0) return [start, end - 1];
  // All finite values are equal: the other point is the one farthest away, so that the line keeps its length.
  if (low === high) return low - start >= end - 1 - low ? [start, low] : [low, end - 1];
  return low < high ? [low, high] : [high, low];
}
