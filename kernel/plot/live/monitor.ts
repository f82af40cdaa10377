/**
 * Watches an optimizer: how far each step really moves every element of every named parameter, and how large the
 * optimizer's effective learning rate of each element is.
 *
 * The first three steps are observed whatever that costs, and then as many as fit into 20 ms, so that a short run is seen
 * whole. After that the time between two observations follows from what one costs, so that they take about 2 % of the
 * time; while that is possible within 5 %, there is one in every second. The cost of an observation is the smallest of the
 * last five: the others were slow because code was being compiled, or because something else had the processor.
 * Parameters are copied only around a step that is observed; every other step costs one look at the clock.
 *
 * Nothing is imported: a model and an optimizer are whatever has these methods.
 */
import { roundTo } from "../number.ts";
import type { FanValues } from "./fan.ts";
import { EXACT_UP_TO, exactQuantiles, histogramQuantiles, scratch } from "./quantiles.ts";

type Numbers = ArrayLike<number>;
export interface ArrayBacked {
  /** A copy of the elements. */
  toTypedArray(): Numbers;
}
export interface ParameterLike extends ArrayBacked {
  readonly shape: readonly number[];
  readonly grad?: ArrayBacked | null | undefined;
}
export interface ModelLike {
  namedParameters(): Iterable<readonly [string, ParameterLike]>;
}
export interface OptimizerLike {
  registerStepPreHook(hook: () => void): { remove(): void };
  registerStepPostHook(hook: () => void): { remove(): void };
  /** The factor on the gradient of each element at the last step; NaN, or beyond all bounds, where there never was one. */
  effectiveLearningRate?(parameter: never): ArrayBacked | number;
  readonly paramGroups?: readonly { readonly params?: unknown; readonly weightDecay?: unknown }[];
}

/** So many steps are observed at once, while code is still being compiled. */
export const FIRST_OBSERVATIONS = 3;
/** Milliseconds of observations that may follow each other directly. */
export const AT_ONCE_MS = 20;
/** Share of the time that observations take after that, and the largest they may take to come once a second. */
export const SHARE = 0.02;
export const LARGEST_SHARE = 0.05;
export const AT_LEAST_EVERY_MS = 1000;
const RECENT = 5;

/** Milliseconds from one observation to the next, when one costs `costMs` and all so far have cost `spentMs`. */
export function pauseAfter(costMs: number, spentMs: number): number {
  if (spentMs < AT_ONCE_MS) return 0;
  return Math.min(costMs / SHARE, Math.max(AT_LEAST_EVERY_MS, costMs / LARGEST_SHARE));
}

interface Watched {
  name: string;
  parameter: ParameterLike;
  size: number;
  /** Whether an element can move without ever having had a gradient. */
  decays: boolean;
  /** 1 for each element that had a gradient at an observed step; only filled where the optimizer does not know. */
  hadGradient: Uint8Array | undefined;
  before: Numbers | undefined;
}

export class Monitor {
  readonly parameters: { name: string; shape: readonly number[]; rate: boolean }[];
  /** What the observations so far have cost, in ms, each counted with the smallest cost known when it was made. */
  #spentMs = 0;
  #optimizer: OptimizerLike;
  #watched: Watched[];
  #now: () => number;
  #dueMs = -Infinity;
  #copyMs = 0;
  #recentCosts: number[] = [];
  #beganMs: number | undefined;
  #made = 0;
  #latest: [FanValues, FanValues | null][] | undefined;
  #hooks: { remove(): void }[] = [];
  #scratch = scratch(0);

  constructor(model: ModelLike, optimizer: OptimizerLike, now: () => number) {
    this.#optimizer = optimizer;
    this.#now = now;
    this.#watched = watched(model, optimizer);
    const rate = typeof optimizer.effectiveLearningRate === "function";
    this.parameters = this.#watched.map(({ name, parameter }) => ({ name, shape: parameter.shape, rate }));
  }

  attach(): void {
    if (this.#hooks.length > 0) return;
    this.#hooks = [
      this.#optimizer.registerStepPreHook(() => this.#beforeStep()),
      this.#optimizer.registerStepPostHook(() => this.#afterStep()),
    ];
  }

  detach(): void {
    for (const hook of this.#hooks) hook.remove();
    this.#hooks = [];
    this.#beganMs = undefined;
    for (const watched of this.#watched) watched.before = undefined;
  }

  /** The newest observation that was not taken yet, in the order of `parameters`. */
  take(): [FanValues, FanValues | null][] | undefined {
    const latest = this.#latest;
    this.#latest = undefined;
    return latest;
  }

  #beforeStep(): void {
    const now = this.#now();
    if (now < this.#dueMs) return;
    this.#beganMs = now;
    for (const watched of this.#watched) watched.before = watched.parameter.toTypedArray();
    this.#copyMs = this.#now() - now;
  }

  #afterStep(): void {
    if (this.#beganMs === undefined) return;
    const now = this.#now();
    this.#latest = this.#watched.map((watched) => this.#observe(watched));
    this.#beganMs = undefined;
    const ended = this.#now();
    this.#recentCosts = [...this.#recentCosts.slice(1 - RECENT), this.#copyMs + ended - now];
    const cost = Math.min(...this.#recentCosts);
    this.#spentMs += cost;
    this.#dueMs = ++this.#made < FIRST_OBSERVATIONS ? -Infinity : ended + pauseAfter(cost, this.#spentMs);
  }

  #observe(watched: Watched): [FanValues, FanValues | null] {
    const { parameter, size } = watched;
    const before = watched.before!;
    watched.before = undefined;
    const after = parameter.toTypedArray();
    const effective = this.#optimizer.effectiveLearningRate?.(parameter as never);
    const rates = effective === undefined || typeof effective === "number" ? undefined : effective.toTypedArray();
    if (rates === undefined) noteGradients(watched);
    const { hadGradient, decays } = watched;
    const values = this.#roomFor(size);

    let count = 0;
    let nonFinite = 0;
    for (let i = 0; i < size; i++) {
      const moved = Math.abs(after[i]! - before[i]!);
      if (!(moved < Infinity)) nonFinite++;
      // Without decay only a gradient, now or remembered by momentum, moves an element.
      else if (moved > 0 && (!decays || (rates ? hasRate(rates[i]!) : hadGradient![i] === 1))) values[count++] = moved;
    }
    const update = fanValues(this.#quantiles(size, count), size, count, nonFinite);
    if (effective === undefined) return [update, null];

    count = nonFinite = 0;
    if (rates === undefined) {
      const rate = effective as number;
      for (let i = 0; i < size; i++) {
        if (hadGradient![i] === 1 || (!decays && after[i] !== before[i])) count++;
      }
      const finite = Number.isFinite(rate);
      const all = finite && rate > 0 && count > 0 ? [rate, rate, rate, rate, rate] : null;
      return [update, fanValues(all, size, count, finite ? 0 : size)];
    }
    for (let i = 0; i < size; i++) {
      const rate = rates[i]!;
      if (hasRate(rate)) values[count++] = rate;
    }
    return [update, fanValues(this.#quantiles(size, count), size, count, 0)];
  }

  #roomFor(size: number): Float64Array | Float32Array {
    if (this.#scratch.many.length < size) this.#scratch = scratch(size);
    return size <= EXACT_UP_TO ? this.#scratch.few : this.#scratch.many;
  }

  #quantiles(size: number, count: number) {
    const { few, bits } = this.#scratch;
    return size <= EXACT_UP_TO ? exactQuantiles(few.subarray(0, count)) : histogramQuantiles(bits.subarray(0, count));
  }
}

/** An optimizer answers NaN (or lr/0) for an element that never had a gradient. */
function hasRate(rate: number): boolean {
  return rate > 0 && rate < Infinity;
}

/** Remembers which elements had a gradient, for optimizers whose effective learning rate does not tell. */
function noteGradients(watched: Watched): void {
  watched.hadGradient ??= new Uint8Array(watched.size);
  const had = watched.hadGradient;
  const grad = watched.parameter.grad?.toTypedArray();
  if (grad === undefined) return;
  for (let i = 0; i < had.length; i++) if (grad[i] !== 0) had[i] = 1;
}

function fanValues(fan: readonly number[] | null, size: number, count: number, nonFinite: number): FanValues {
  const leftOut = size === 0 ? 0 : roundTo((size - count - nonFinite) / size, 4);
  const [q05, q25, q50, q75, q95] = fan === null ? [null, null, null, null, null] : fan.map((q) => roundTo(q, 4));
  return [q05!, q25!, q50!, q75!, q95!, leftOut, nonFinite];
}

function watched(model: ModelLike, optimizer: OptimizerLike): Watched[] {
  const groups = optimizer.paramGroups?.map((group) => ({
    params: new Set(group.params as Iterable<unknown>),
    decays: typeof group.weightDecay === "number" && group.weightDecay !== 0,
  }));
  const found: Watched[] = [];
  for (const [name, parameter] of model.namedParameters()) {
    const group = groups?.find(({ params }) => params.has(parameter));
    // A parameter that the optimizer does not hold never moves by it: a frozen layer has no row.
    if (groups && !group) continue;
    const size = parameter.shape.reduce((product, n) => product * n, 1);
    found.push({ name, parameter, size, decays: group?.decays ?? true, hadGradient: undefined, before: undefined });
  }
  return found;
}
