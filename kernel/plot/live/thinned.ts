/** A live figure with as many points as a picture of it can show: small enough to be sent whole, several times a second. */
import { roundTo } from "../number.ts";
import { SHOWN_PARAMETERS } from "./chart.ts";
import { extremes, type Curve } from "./curve.ts";
import { emptyFan, type Fan, type ParameterFans } from "./fan.ts";
import type { LiveState } from "./state.ts";

/** How much is kept. */
export interface Detail {
  /** Points of one curve, about. */
  points: number;
  /** Numbers of all fans together, and observations of one fan. */
  fans: number;
  observations: number;
}
/** About two points for each two pixels. */
export const ON_SCREEN: Detail = { points: 600, fans: 12_000, observations: 160 };
/** With however many parameters, a fan keeps so many observations. */
const LEAST_OBSERVATIONS = 20;
const DIGITS = 4;

/** The same figure, thinned out; `state` is not touched. Names of parameters that are not drawn stay: they are counted. */
export function thinned(state: LiveState, detail: Detail): LiveState {
  const curves = Object.fromEntries(
    Object.entries(state.curves).map(([name, curve]) => [name, thinCurve(curve, detail.points)]),
  );
  const shown = state.parameters.slice(0, SHOWN_PARAMETERS);
  const fans = shown.reduce((n, { rate }) => n + (rate ? 2 : 1), 0);
  const room = Math.max(LEAST_OBSERVATIONS, Math.floor(detail.fans / Math.max(1, fans) / 7));
  const kept = everySome(state.observed.step.length, Math.min(detail.observations, room));
  const parameters = state.parameters.map((parameter, i): ParameterFans => {
    const { name, shape, update, rate } = parameter;
    if (i >= SHOWN_PARAMETERS) return { name, shape, update: emptyFan(), rate: null };
    return { name, shape, update: thinFan(update, kept), rate: rate && thinFan(rate, kept) };
  });
  const observed = { ...state.observed, step: kept.map((at) => state.observed.step[at]!) };
  return { ...state, curves, observed, parameters };
}

/** Smallest and largest value of buckets that stay where they are while the curve grows: it does not tremble. */
function thinCurve(curve: Curve, points: number): Curve {
  const { length } = curve.step;
  const nonFinite = { ...curve.nonFinite, first: curve.nonFinite.first.slice(0, 1) };
  const size = 2 * powerOfTwo(Math.ceil(length / points));
  const kept: number[] = [];
  if (size <= 2) for (let i = 0; i < length; i++) kept.push(i);
  else {
    for (let start = 0; start < length; start += size) {
      const end = Math.min(start + size, length);
      if (end - start < 3) for (let i = start; i < end; i++) kept.push(i);
      else kept.push(...extremes(curve.value, start, end));
    }
    if (kept.at(-1) !== length - 1) kept.push(length - 1);
  }
  const rounded = (values: readonly (number | null)[]) => kept.map((at) => short(values[at]!));
  return {
    ...curve,
    nonFinite,
    step: kept.map((at) => curve.step[at]!),
    value: rounded(curve.value),
    // Without smoothing the second line is the first one, and nobody draws it.
    smooth: curve.smoothing === 0 ? [] : rounded(curve.smooth),
  };
}

function thinFan(fan: Fan, kept: readonly number[]): Fan {
  return Object.fromEntries(
    Object.entries(fan).map(([key, values]) => [key, kept.map((at) => short((values as (number | null)[])[at]!))]),
  ) as Fan;
}

/** Places of every second, fourth, … of `count` observations, at most about `most`, and the newest. */
function everySome(count: number, most: number): number[] {
  const every = powerOfTwo(Math.ceil(count / most));
  const kept: number[] = [];
  for (let at = 0; at < count; at += every) kept.push(at);
  if (count > 0 && kept.at(-1) !== count - 1) kept.push(count - 1);
  return kept;
}

/** The smallest power of two that is not less. */
function powerOfTwo(least: number): number {
  let power = 1;
  while (power < least) power *= 2;
  return power;
}

function short(value: number | null): number | null {
  return value === null ? null : roundTo(value, DIGITS);
}
