/**
 * The few numbers that the supervisor and the worker share while the worker is busy: an Int32Array over shared memory.
 *
 * Reads in hot code are plain loads (an `Atomics.load` in a loop costs twenty times as much and is not seen sooner);
 * writes and waits use `Atomics`.
 */
export const CONTROL = {
  /** Number of the interrupt that is under way; 0: none. Set and taken back by the supervisor alone. */
  interrupt: 0,
  /** Counts interrupts that running code has noticed: the supervisor sees that unwinding has begun. */
  noticed: 1,
  /** Units of output (1 kB or part of it) on their way to the client. The worker waits while it is over the limit. */
  inFlight: 2,
  /** 1 while a debugger may be attached: the ladder must not pause the thread under its hands. */
  debugging: 3,
  /** Whom the interrupt means: 0 the cell that runs, 1 whatever runs, also what earlier cells have left behind. */
  everybody: 4,
  /** How many of the user's hooks watch promises: ending JavaScript from outside would then abort the process. */
  promiseHooks: 5,
  /** 1 while the worker waits for a program without an end in sight (`execSync` and its like). */
  inProgram: 6,
  /** How many cells and messages of front ends are on their way to the worker: a loop that awaits lets them in. */
  waiting: 7,
} as const;

export type Control = Int32Array<SharedArrayBuffer>;

export function createControl(): Control {
  return new Int32Array(new SharedArrayBuffer(64));
}

/** Output under way, in kB, at which the worker stops until the client has taken some. */
export const IN_FLIGHT_LIMIT = 4096;
/** A message weighs at least this much, so that a flood of tiny ones is held back as well. */
export const MESSAGE_WEIGHT = 4;
