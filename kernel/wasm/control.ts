/**
 * What the threads talk through: words in the first 64 KB of the engine's memory, where no tensor lies. Words that
 * different threads write are in cache lines of their own.
 */
export const word = {
  /** Counts the jobs; a thread without work waits for it to change. */
  generation: 0,
  /** How many threads wait asleep. */
  sleepers: 16,
  /** Which job may be helped with (its number, shifted) and its next free chunk. Whoever raises it by one has that chunk. */
  claim: 32,
  /** Chunks that are done. */
  done: 48,
  /** Chunks of the job, the kernel, its function, the numbers for each chunk, and which of them is to be the thread's own memory. */
  count: 64,
  kernel: 65,
  function: 66,
  width: 67,
  scratchAt: 68,
  /** A chunk failed in a thread; the caller says so. */
  failed: 80,
  /** How many threads have come up. */
  ready: 96,
  /** From here on, 16 apart, for each thread: 0 at rest, else 1 + the chunk it has or is about to take. */
  state: 112,
  /** From here on, 16 apart: where the memory of its own is. */
  scratch: 240,
} as const;
export const wordsBetween = 16;
export const mostHelpers = 7;

/** Low bits of `claim`: the chunk. */
export const chunkBits = 12;
export const generationMask = (1 << (32 - chunkBits)) - 1;

/** The numbers with which the function is called for each chunk, one row after the other. */
export const rowsAt = 4096;
export const rowNumbers = (65536 - rowsAt) / 8;

/** What a compute thread is started with. */
export interface ComputeThreadData {
  readonly memory: WebAssembly.Memory;
  /** Kernels come here, each before the first job with it. */
  readonly port: import("node:worker_threads").MessagePort;
  readonly index: number;
  /** How long it looks for the next job before it falls asleep, in milliseconds. */
  readonly spinMs: number;
}
export interface SentKernel {
  readonly id: number;
  readonly module: WebAssembly.Module;
}
