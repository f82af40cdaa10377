/** What the charts accept as recorded values: plain numbers, steps with values, or a live figure. */
import type { LiveState } from "./live/state.ts";

export interface Recorded {
  step: readonly number[];
  value: readonly number[];
}
export type Run =
  | readonly number[]
  | Float32Array
  | Float64Array
  | Recorded
  | { readonly history: { readonly [name: string]: Recorded } };

/** The values called `metric` of a run; steps count from 1 where none are given. */
export function recorded(who: string, name: string, run: Run, metric: string): Recorded {
  if (Array.isArray(run) || ArrayBuffer.isView(run)) {
    const value = Array.from(run as ArrayLike<number>);
    return { step: value.map((_, i) => i + 1), value };
  }
  const found = run !== null && typeof run === "object" && "history" in run ? run.history[metric] : (run as Recorded);
  if (found === undefined) {
    const names = Object.keys((run as { history: object }).history);
    throw new TypeError(
      `${who}: "${name}" has no values called "${metric}". It logged: ${names.join(", ") || "nothing yet"}.`,
    );
  }
  const { step, value } = found;
  if (!Array.isArray(step) || !Array.isArray(value) || step.length !== value.length) {
    throw new TypeError(
      `${who}: "${name}" must be an array of numbers, { step, value } of equal length, or what plot.live returned.`,
    );
  }
  return found;
}

/** Something with the state of a live figure. */
export interface Watched {
  readonly state: LiveState;
}

/** Refuses options that do not exist, by name. */
export function checkOptions(who: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`${who}: unknown option "${name}". Options: ${known.join(", ")}.`);
  }
}
