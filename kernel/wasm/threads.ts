import os from "node:os";
import { MessageChannel, SHARE_ENV, Worker, type MessagePort } from "node:worker_threads";
import { allocate, lastSpan, release, type Span } from "./allocator.ts";
import {
  chunkBits,
  generationMask,
  mostHelpers,
  rowNumbers,
  rowsAt,
  word,
  wordsBetween,
  type ComputeThreadData,
  type SentKernel,
} from "./control.ts";
import { Gains } from "./gains.ts";
import type { Compiled, Exports, WasmFunction } from "./kernel.ts";
import { note } from "./log.ts";
import { memory } from "./memory.ts";

const words = new Int32Array(memory.buffer, 0, rowsAt / 4);
/**
 * The numbers with which the function of a job is called: one row for each chunk. Whoever wants to share a job writes
 * them here, and calls `parallel`. Good until the next job.
 */
export const rows = new Float64Array(memory.buffer, rowsAt, rowNumbers);

/** Waking a sleeping thread takes 50 µs, so a job below this many nanoseconds is done faster alone. */
const leastNanoseconds = 250_000;
/** How long a thread looks for the next job, and a caller for the last chunk, before it sleeps. */
const spinMs = 0.08;
/** After so long without a sign of life a thread that has a chunk counts as lost. */
let patienceMs = 2000;

interface Helper {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly index: number;
  /** Kernels that it has. */
  readonly known: boolean[];
  scratch: number;
  scratchSpan: Span | undefined;
}

/** Threads that take part. */
let helpers: Helper[] = [];
let started = false;
let wanted: number | undefined;
/** A job has begun and not ended: after an interrupt it still is. */
let underWay = false;
const gains = new Gains();

/** How many threads compute: GRADBOOK_THREADS, by default as many as there are processors, at most eight. */
export function threadCount(): number {
  if (wanted === undefined) {
    const given = process.env["GRADBOOK_THREADS"] ?? "";
    const usable = /^[1-9]\d*$/.test(given);
    if (given !== "" && !usable)
      note(`threads: GRADBOOK_THREADS must be a whole number ≥ 1, not "${given}"; it is ignored.`);
    wanted = Math.min(usable ? Number(given) : os.availableParallelism(), mostHelpers + 1);
  }
  return wanted;
}
/** Another number from now on, 1 for none; undefined: as at the start. Threads that run already are ended. */
export function setThreadCount(count: number | undefined): void {
  drainThreads();
  for (const helper of helpers) lose(helper);
  helpers = [];
  started = false;
  wanted = count === undefined ? undefined : Math.min(count, mostHelpers + 1);
}
/** For tests: how soon a thread counts as lost, in milliseconds. */
export function setPatience(ms: number): void {
  patienceMs = ms;
}
/** For tests: the threads that take part, once they have come up. */
export function computeThreads(): readonly Worker[] {
  return helpers.filter((_, i) => i < Atomics.load(words, word.ready)).map(({ worker }) => worker);
}

/** Whether a job that takes about so long alone should be cut into chunks for `parallel`. */
export function worthSharing(nanoseconds: number): boolean {
  return nanoseconds >= leastNanoseconds && threadCount() > 1;
}

/** A function of a kernel, called for every chunk. */
export interface Job {
  readonly kernel: Compiled<Exports>;
  /** Its name among the kernel's exports. */
  readonly run: string;
  /** Numbers for each call. */
  readonly width: number;
  /** Which of them is replaced by the address of memory that each thread has for itself, and how many bytes; −1: none. */
  readonly scratchAt: number;
  readonly scratchBytes: number;
}

/**
 * Calls the job's function for `count` chunks whose arguments are in `rows`, on all threads where that helps. Chunks must
 * not write what another one reads or writes, and must give the same bits whoever runs them.
 *
 * @param nanoseconds about how long all of it takes alone. @param repeatable whether a chunk may be run again after it
 * was run in part, should a thread be lost: it does not read what it writes.
 */
export function parallel(job: Job, count: number, nanoseconds: number, repeatable: boolean): void {
  const { kernel, run, width } = job;
  // Ended in the middle and caught: parts of it may still be written.
  if (underWay) drainThreads();
  if (count > 1 && !started) start();
  const f = kernel.exports[run] as WasmFunction;
  const gain = gains.of(kernel.id, nanoseconds);
  const ready = Atomics.load(words, word.ready) > 0 && helpers.length > 0;
  const shared = ready && count > 1 && gain.shares();
  const begin = performance.now();
  if (shared) {
    publish(job, count);
    help(f, width, count);
    finish(f, width, count, repeatable);
  } else for (let chunk = 0; chunk < count; chunk++) call(f, width, chunk);
  if (ready) gain.took(shared, (performance.now() - begin) / nanoseconds);
}

const args: number[] = [];
function call(f: WasmFunction, width: number, chunk: number): void {
  args.length = width;
  for (let i = 0; i < width; i++) args[i] = rows[chunk * width + i]!;
  Reflect.apply(f, undefined, args);
}

function publish({ kernel, run, width, scratchAt, scratchBytes }: Job, count: number): void {
  underWay = true;
  for (const helper of helpers) {
    if (helper.known[kernel.id] !== true) {
      helper.port.postMessage({ id: kernel.id, module: kernel.module } satisfies SentKernel);
      helper.known[kernel.id] = true;
    }
    if (scratchAt >= 0) reserveScratch(helper, scratchBytes);
  }
  words[word.count] = count;
  words[word.kernel] = kernel.id;
  words[word.function] = Object.keys(kernel.exports).indexOf(run);
  words[word.width] = width;
  words[word.scratchAt] = scratchAt;
  Atomics.store(words, word.failed, 0);
  Atomics.store(words, word.done, 0);
  const generation = (Atomics.load(words, word.generation) + 1) | 0;
  Atomics.store(words, word.claim, (generation & generationMask) << chunkBits);
  Atomics.store(words, word.generation, generation);
  if (Atomics.load(words, word.sleepers) > 0) Atomics.notify(words, word.generation);
}

/** Takes chunks as the others do, until none is left. */
function help(f: WasmFunction, width: number, count: number): void {
  for (;;) {
    const claim = Atomics.load(words, word.claim);
    const chunk = claim & ((1 << chunkBits) - 1);
    if (chunk >= count) return;
    if (Atomics.compareExchange(words, word.claim, claim, claim + 1) !== claim) continue;
    call(f, width, chunk);
    Atomics.add(words, word.done, 1);
  }
}

/** Waits for the chunks that others have: the processor may have been taken away from them. */
function finish(f: WasmFunction, width: number, count: number, repeatable: boolean): void {
  const begin = performance.now();
  let done = Atomics.load(words, word.done);
  // In milliseconds in which this thread ran: a machine that slept is no sign that a thread is lost.
  let waited = 0;
  for (let n = 1; done < count && waited < patienceMs; n++) {
    if (n % 64 === 0 && performance.now() - begin > spinMs) {
      Atomics.wait(words, word.done, done, 1);
      waited++;
    }
    const now = Atomics.load(words, word.done);
    if (now !== done) waited = 0;
    done = now;
  }
  underWay = false;
  if (done < count) recompute(f, width, repeatable);
  if (Atomics.load(words, word.failed) !== 0) throw new Error("gradbook: a compute thread could not run its part.");
}

/** Does what threads had that will not answer any more. */
function recompute(f: WasmFunction, width: number, repeatable: boolean): void {
  const lost = helpers.filter(({ index }) => Atomics.load(words, stateOf(index)) !== 0);
  note(
    `threads: ${lost.length} of ${helpers.length} did not answer for ${patienceMs} ms and are left out from now on.`,
  );
  const chunks = lost.map(({ index }) => Atomics.load(words, stateOf(index)) - 1);
  for (const helper of lost) lose(helper);
  helpers = helpers.filter((helper) => !lost.includes(helper));
  if (!repeatable) {
    throw new Error(
      "gradbook: a compute thread was lost in the middle of an operation, whose result is incomplete. Run it again.",
    );
  }
  // They end at the next round of a loop, once they get the processor.
  Atomics.wait(words, word.failed, 0, 20);
  for (const chunk of chunks) call(f, width, chunk);
}

/**
 * Brings all threads to rest, also those that still work for a computation that was ended in the middle: for recovery,
 * before any memory is used again (design T2).
 */
export function drainThreads(): void {
  underWay = false;
  if (helpers.length === 0) return;
  // No job has this number of a chunk: nobody can claim one.
  Atomics.or(words, word.claim, (1 << chunkBits) - 1);
  let waited = 0;
  for (const helper of [...helpers]) {
    for (let state; (state = Atomics.load(words, stateOf(helper.index))) !== 0; waited++) {
      if (waited >= patienceMs) {
        note(`threads: one did not come to rest within ${patienceMs} ms and is left out from now on.`);
        lose(helper);
        helpers = helpers.filter((other) => other !== helper);
        break;
      }
      Atomics.wait(words, stateOf(helper.index), state, 1);
    }
  }
}

function stateOf(index: number): number {
  return word.state + index * wordsBetween;
}

function lose(helper: Helper): void {
  void helper.worker.terminate();
  // Its memory may still be written to by what is left of it, so it is not given back.
  Atomics.store(words, stateOf(helper.index), 0);
}

function reserveScratch(helper: Helper, bytes: number): void {
  if (bytes <= helper.scratch) return;
  const before = helper.scratchSpan;
  const address = allocate(bytes);
  helper.scratchSpan = lastSpan;
  helper.scratch = bytes;
  Atomics.store(words, word.scratch + helper.index * wordsBetween, address | 0);
  if (before !== undefined) release(before, before.start);
}

/** Starts the threads, which come up while the program goes on. They do not keep the process alive. */
function start(): void {
  started = true;
  Atomics.store(words, word.ready, 0);
  for (let index = 0; index < threadCount() - 1; index++) {
    try {
      helpers.push(startHelper(index));
    } catch (error) {
      note(`threads: none beside the first, because one could not be started (${(error as Error).message}).`);
      return;
    }
  }
}

function startHelper(index: number): Helper {
  const { port1: port, port2 } = new MessageChannel();
  const workerData: ComputeThreadData = { memory, port: port2, index, spinMs };
  Atomics.store(words, stateOf(index), 0);
  // In the sources this file's neighbour, in the bundle an entry of its own beside the chunk that holds this.
  const file = new URL(import.meta.url.endsWith(".ts") ? "./computeThread.ts" : "./computeThread.js", import.meta.url);
  const worker = new Worker(file, {
    name: "gradbook compute",
    workerData,
    transferList: [port2],
    env: SHARE_ENV,
    execArgv: flags(),
    trackUnmanagedFds: false,
  });
  const helper: Helper = { worker, port, index, known: [], scratch: 0, scratchSpan: undefined };
  const gone = (why: string): void => {
    if (!helpers.includes(helper)) return;
    note(`threads: one ended (${why}) and is left out from now on.`);
    helpers = helpers.filter((other) => other !== helper);
    Atomics.store(words, stateOf(index), 0);
  };
  worker.on("error", (error) => gone(String(error)));
  worker.on("exit", (code) => gone(`code ${code}`));
  worker.unref();
  port.unref();
  return helper;
}

/** Older Nodes read TypeScript only with this flag; newer ones do without and VS Code's own may not know it. */
function flags(): string[] {
  const name = "--experimental-strip-types";
  return !process.features.typescript && process.allowedNodeEnvironmentFlags.has(name)
    ? [name, "--no-warnings"]
    : ["--no-warnings"];
}
