/** A thread that helps with one operation at a time, over the same memory; threads.ts starts it. It never returns. */
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import {
  chunkBits,
  generationMask,
  rowNumbers,
  rowsAt,
  word,
  wordsBetween,
  type ComputeThreadData,
  type SentKernel,
} from "./control.ts";

const { memory, port, index, spinMs } = workerData as ComputeThreadData;
const words = new Int32Array(memory.buffer, 0, rowsAt / 4);
const rows = new Float64Array(memory.buffer, rowsAt, rowNumbers);
const state = word.state + index * wordsBetween;
const scratch = word.scratch + index * wordsBetween;

type WasmFunction = (...args: number[]) => void;
const kernels: WasmFunction[][] = [];

/** The functions of a kernel, which was sent before the first job with it. */
function functionsOf(id: number): WasmFunction[] {
  while (kernels[id] === undefined) {
    const received = receiveMessageOnPort(port) as { message: SentKernel } | undefined;
    if (received === undefined) throw new Error(`kernel ${id} was not sent`);
    const { exports } = new WebAssembly.Instance(received.message.module, { env: { memory } });
    kernels[received.message.id] = Object.values(exports) as WasmFunction[];
  }
  return kernels[id];
}

function wait(seen: number): number {
  let asleepAt = performance.now() + spinMs;
  for (let n = 1; ; n++) {
    const now = Atomics.load(words, word.generation);
    if (now !== seen) return now;
    if (n % 256 !== 0 || performance.now() < asleepAt) continue;
    Atomics.add(words, word.sleepers, 1);
    Atomics.wait(words, word.generation, seen);
    Atomics.sub(words, word.sleepers, 1);
    asleepAt = performance.now() + spinMs;
  }
}

function help(generation: number): void {
  for (;;) {
    const claim = Atomics.load(words, word.claim);
    const chunk = claim & ((1 << chunkBits) - 1);
    if (claim >>> chunkBits !== (generation & generationMask) || chunk >= Atomics.load(words, word.count)) return;
    // Before the claim: whoever forbids further claims then sees every thread that got one in time.
    Atomics.store(words, state, chunk + 1);
    // From here on to `done` the job stays as it is, because its caller waits for this chunk.
    if (Atomics.compareExchange(words, word.claim, claim, claim + 1) !== claim) continue;
    try {
      run(chunk);
    } catch {
      Atomics.store(words, word.failed, 1);
    }
    Atomics.add(words, word.done, 1);
    Atomics.notify(words, word.done);
  }
}

const args: number[] = [];
function run(chunk: number): void {
  const width = words[word.width]!;
  args.length = width;
  for (let i = 0; i < width; i++) args[i] = rows[chunk * width + i]!;
  const own = words[word.scratchAt]!;
  if (own >= 0) args[own] = words[scratch]! >>> 0;
  Reflect.apply(functionsOf(words[word.kernel]!)[words[word.function]!]!, undefined, args);
}

let seen = Atomics.load(words, word.generation);
Atomics.add(words, word.ready, 1);
for (;;) {
  seen = wait(seen);
  help(seen);
  Atomics.store(words, state, 0);
}
