/**
 * The few numbers that the supervisor and the worker share while the worker is busy: an Int32Array over shared memory.
 *
 * Reads in hot code are plain loads (an `Atomics.load` in a loop costs twenty times as much and is not seen sooner);
 * writes and waits use `Atomics`.
 */
export const CONTROL = {
  /** 1 when the user asked to stop. Whoever sees it first takes it back to 0 and throws `Interrupted`. */
  interrupt: 0,
  /** Counts interrupts that running code has noticed: the supervisor sees that unwinding has begun. */
  noticed: 1,
  /** Units of output (1 kB or part of it) on their way to the client. The worker waits while it is over the limit. */
  inFlight: 2,
  /** 1 while a debugger may be attached: the ladder must not pause the thread under its hands. */
  debugging: 3,
} as const;

export type Control = Int32Array<SharedArrayBuffer>;

export function createControl(): Control {
  return new Int32Array(new SharedArrayBuffer(64));
}

/** Output under way, in kB, at which the worker stops until the client has taken some. */
export const IN_FLIGHT_LIMIT = 4096;
/** A message weighs at least this much, so that a flood of tiny ones is held back as well. */
export const MESSAGE_WEIGHT = 4;
