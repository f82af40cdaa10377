/**
 * The state of a live figure and the deltas that advance it: plain JSON, and one pure function between them. The kernel,
 * the extension and the renderer all use this function, so they cannot disagree about what the figure shows.
 */
import { addPoint, copyCurve, emptyCurve, type Curve, type Value } from "./curve.ts";
import { addObservation, copyFan, emptyFan, type Observation, type Observations, type ParameterFans } from "./fan.ts";

export const LIVE_MIME = "application/vnd.gradbook.live+json";
/** `target` of the channel that deltas travel on. */
export const LIVE_TARGET = "gradbook.live";

export interface LiveState {
  version: 1;
  id: string;
  title: string;
  /** Name of the optimizer that is watched, "" when none is. */
  optimizer: string;
  /** Scale of the loss axis to begin with. */
  yScale: "linear" | "log";
  /** Number of the last delta applied; 0 before the first. */
  seq: number;
  /** False once the cell has ended. */
  running: boolean;
  /** Milliseconds since the figure was made. */
  elapsedMs: number;
  /** Logged values by name, in the order in which the names first came. */
  curves: { [name: string]: Curve };
  smoothing: number;
  observed: Observations;
  parameters: ParameterFans[];
}

/** What happened since the delta before. `seq` counts from 1 without holes. */
export interface LiveDelta {
  seq: number;
  elapsedMs: number;
  running: boolean;
  points: { [name: string]: { step: number[]; value: Value[] } };
  observations: Observation[];
}

export interface LiveStart {
  id: string;
  title: string;
  optimizer?: string;
  yScale?: "linear" | "log";
  /** Weight of the past in the smoothed loss, 0 … 1, exclusive. */
  smoothing?: number;
  parameters?: { name: string; shape: readonly number[]; rate: boolean }[];
}

/** Points drawn of one curve at most; see `Curve`. */
export const DRAWN_POINTS = 4000;
/** Observations kept of all parameters together, so that a saved figure stays below about a megabyte. */
const FAN_BUDGET = 12_000;

export function initialState({
  id,
  title,
  optimizer = "",
  yScale = "linear",
  smoothing = 0,
  parameters = [],
}: LiveStart): LiveState {
  const observations = Math.floor(FAN_BUDGET / Math.max(1, parameters.length) / 2) * 2;
  return {
    version: 1,
    id,
    title,
    optimizer,
    yScale,
    seq: 0,
    running: true,
    elapsedMs: 0,
    curves: {},
    smoothing,
    observed: { count: 0, stride: 1, limit: Math.min(512, Math.max(64, observations)), step: [] },
    parameters: parameters.map(({ name, shape, rate }) => ({
      name,
      shape: [...shape],
      update: emptyFan(),
      rate: rate ? emptyFan() : null,
    })),
  };
}

/** Whether `delta` is the one that `state` waits for, one it already holds, or one after a hole. */
export function follows(state: LiveState, delta: LiveDelta): "next" | "old" | "gap" {
  return delta.seq === state.seq + 1 ? "next" : delta.seq <= state.seq ? "old" : "gap";
}

/**
 * The state after `delta`; `state` itself is not touched. A delta that was applied before changes nothing.
 * @throws RangeError when deltas are missing in between: then the whole state is needed.
 */
export function applyDelta(state: LiveState, delta: LiveDelta): LiveState {
  const order = follows(state, delta);
  if (order === "old") return state;
  if (order === "gap") {
    throw new RangeError(
      `live figure ${state.id}: delta ${delta.seq} came after delta ${state.seq}; ask for the whole state.`,
    );
  }
  const curves = { ...state.curves };
  for (const [name, { step, value }] of Object.entries(delta.points)) {
    const smoothing = name === "loss" ? state.smoothing : 0;
    const before = Object.hasOwn(curves, name) ? curves[name]! : emptyCurve({ limit: DRAWN_POINTS, smoothing });
    const curve = copyCurve(before);
    for (let i = 0; i < step.length; i++) addPoint(curve, step[i]!, value[i]!);
    // defineProperty: a metric may be called "__proto__".
    Object.defineProperty(curves, name, { value: curve, enumerable: true, configurable: true, writable: true });
  }
  let { observed, parameters } = state;
  if (delta.observations.length > 0) {
    observed = { ...observed, step: observed.step.slice() };
    parameters = parameters.map((p) => ({ ...p, update: copyFan(p.update), rate: p.rate && copyFan(p.rate) }));
    for (const observation of delta.observations) addObservation(observed, parameters, observation);
  }
  return { ...state, seq: delta.seq, elapsedMs: delta.elapsedMs, running: delta.running, curves, observed, parameters };
}
