import { AutogradError, describe, OptionError } from "../tensor/errors.ts";
import { onRecover } from "../tensor/recovery.ts";

/** Whether operations are recorded for `backward()` at the moment. */
export const gradMode = { enabled: true };
// An interrupt that ends the computation from outside would leave a `noGrad` open for the rest of the session.
onRecover(() => (gradMode.enabled = true));

/**
 * Runs `f` without recording: what it computes has no gradient. For evaluation and for changing parameters by hand.
 *
 * @example const accuracy = noGrad(() => model.forward(x).argmax(1).eq(y).mean().item());
 */
export function noGrad<T>(f: () => T): T {
  return within(false, "noGrad", f);
}

/** Records again inside a `noGrad`. */
export function enableGrad<T>(f: () => T): T {
  return within(true, "enableGrad", f);
}

/** Whether operations are recorded now. */
export function isGradEnabled(): boolean {
  return gradMode.enabled;
}

/** Runs `f` with recording on or off, and restores what was before. */
export function within<T>(enabled: boolean, who: string, f: () => T): T {
  if (typeof f !== "function")
    throw new OptionError(`${who}: needs a function, got ${describe(f)}. Write ${who}(() => …).`);
  const before = gradMode.enabled;
  gradMode.enabled = enabled;
  let result: T;
  try {
    result = f();
  } finally {
    gradMode.enabled = before;
  }
  if (typeof (result as { then?: unknown } | undefined)?.then === "function") {
    // Its own failure, should it come, is not the news here.
    (result as unknown as Promise<unknown>).then(undefined, () => {});
    throw new AutogradError(
      `${who}: the function returned a promise, and what it does after its first await would run outside ${who}. ` +
        `Await first, then put only the computation into ${who}.`,
    );
  }
  return result;
}
