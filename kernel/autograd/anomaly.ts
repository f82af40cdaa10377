/** Finds where NaN comes from: while it is on, every op and every gradient rule is looked at as it returns. */
import { isFloating } from "../tensor/dtype.ts";
import { AutogradError, describe, OptionError } from "../tensor/errors.ts";
import { onRecover } from "../tensor/recovery.ts";
import { show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Whether results are looked at now. Read by op.ts and backward.ts before they call what follows. */
export const anomaly = { enabled: false };

/** What `setDetectAnomaly` asked for: the state outside of any `detectAnomaly(…)`. */
let lasting = false;
// An interrupt that ends the computation from outside would leave a detectAnomaly open for the rest of the session.
onRecover(() => {
  anomaly.enabled = lasting;
  inRule = false;
});

/** Whether a gradient rule runs: what its ops compute is looked at when it returns, as the gradient of its op. */
let inRule = false;

/** Where each recorded operation was called; an error that has no text until someone reads its stack. */
const calls = new WeakMap<object, Error>();

/** Place of the first NaN, as indices; undefined if there is none. */
function firstNaN(x: Tensor): number[] | undefined {
  if (!isFloating(x.dtype)) return undefined;
  let rest = x.toTypedArray().findIndex((value) => value !== value);
  if (rest < 0) return undefined;
  const place: number[] = [];
  for (let d = x.shape.length - 1; d >= 0; d--) {
    place.unshift(rest % x.shape[d]!);
    rest = Math.floor(rest / x.shape[d]!);
  }
  return place;
}

function callOf(name: string): Error {
  // Deep enough that the user's own line is among the frames of modules and ops.
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const call = new Error(`${name} was called here`);
  Error.stackTraceLimit = before;
  return call;
}

/**
 * Refuses the result `y` of the operation `name` if it holds NaN, saying whether an input had it already.
 *
 * @param node what was recorded for the operation, if anything; the call is remembered for `checkBackward`.
 */
export function checkForward(name: string, y: Tensor, inputs: readonly Tensor[] = [], node?: object): void {
  if (node !== undefined) calls.set(node, callOf(name));
  const place = inRule ? undefined : firstNaN(y);
  if (place === undefined) return;
  const given = inputs.findIndex((x) => firstNaN(x) !== undefined);
  const shapes = inputs.map((x) => `${x.dtype} ${show(x.shape)}`).join(", ");
  throw new AutogradError(
    `${name}: the result holds NaN, first at ${show(place)} of ${show(y.shape)}${shapes === "" ? "" : ` (inputs: ${shapes})`}. ` +
      (given < 0
        ? `No input holds one: ${name} made it. Keep its inputs where it is defined, for example by clamp() or a small eps.`
        : `Input ${given} holds NaN already: look at the data, or at what made that tensor outside of detectAnomaly.`),
  );
}

/**
 * Refuses the gradients that the rule of the operation `name` gave for its inputs if one holds NaN.
 *
 * @param node what was recorded for the operation: the error's `cause` is then its call in the forward pass.
 */
export function checkBackward(
  name: string,
  gradients: readonly ({ readonly shape: readonly number[] } | undefined)[],
  node?: object,
): void {
  gradients.forEach((gradient, i) => {
    if (gradient === undefined) return;
    // Of a sparse gradient the rows that it has.
    const g = ("values" in gradient ? gradient.values : gradient) as Tensor;
    const place = firstNaN(g);
    if (place === undefined) return;
    const call = node === undefined ? undefined : calls.get(node);
    throw new AutogradError(
      `backward: the gradient of ${name} by its input ${i} holds NaN, first at ${show(place)} of ${show(g.shape)}. ` +
        `Look for 0 · ∞, 0 / 0 or ∞ − ∞ there: the root or logarithm of 0, a where() whose other branch is not finite.` +
        (call === undefined ? "" : ` The error's cause is the call of ${name} in the forward pass.`),
      call === undefined ? undefined : { cause: call },
    );
  });
}

/** Runs the gradient rule of the operation `name` and looks at what it gives. */
export function checkedRule<G extends Parameters<typeof checkBackward>[1]>(
  name: string,
  rule: () => G,
  node?: object,
): G {
  const before = inRule;
  inRule = true;
  let gradients: G;
  try {
    gradients = rule();
  } finally {
    inRule = before;
  }
  checkBackward(name, gradients, node);
  return gradients;
}

/**
 * Runs `f` with every result and every gradient looked at: the first NaN is an error that names the operation. Slow; for
 * finding a mistake.
 *
 * @example autograd.detectAnomaly(() => { loss = f(x); loss.backward(); });
 */
export function detectAnomaly<T>(f: () => T): T {
  if (typeof f !== "function") {
    throw new OptionError(
      `detectAnomaly: needs a function to run, got ${describe(f)}. To switch it on for all that follows: setDetectAnomaly(true).`,
    );
  }
  const before = anomaly.enabled;
  anomaly.enabled = true;
  let result: T;
  try {
    result = f();
  } finally {
    anomaly.enabled = before;
  }
  if (typeof (result as { then?: unknown } | undefined)?.then === "function") {
    // Its own failure, should it come, is not the news here.
    (result as unknown as Promise<unknown>).then(undefined, () => {});
    throw new AutogradError(
      "detectAnomaly: the function returned a promise, and what it does after its first await would run outside. " +
        "Await first, or use setDetectAnomaly(true).",
    );
  }
  return result;
}

/** Switches the search for NaN on or off for all that follows. */
export function setDetectAnomaly(mode: boolean): void {
  if (typeof mode !== "boolean") {
    throw new OptionError(`setDetectAnomaly: needs true or false, got ${describe(mode)}.`);
  }
  anomaly.enabled = lasting = mode;
}

/** Whether NaN is searched for now. */
export function isAnomalyEnabled(): boolean {
  return anomaly.enabled;
}
