/**
 * What must be put right when a computation was ended from outside, where no `finally` runs (design T2). The worker runs
 * everything registered here before the next cell; a plain script never does.
 */
const RECOVERY = Symbol.for("gradbook.recovery");
const surroundings = globalThis as { [RECOVERY]?: (() => void)[] };

/** Registers `recover`, once for each piece of state that a computation changes and puts back. */
export function onRecover(recover: () => void): void {
  (surroundings[RECOVERY] ??= []).push(recover);
}
