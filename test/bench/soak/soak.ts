/** Long training loops, and what the process holds while they run. */
import { zeros } from "../../../kernel/gradbook.ts";
import { memoryUsage, sweep } from "../../../kernel/wasm/allocator.ts";
import { lenet } from "../workloads/images.ts";
import { tiny } from "../workloads/tiny.ts";
import type { Workload } from "../workloads/workload.ts";

/** The loops of `npm run soak`, with their numbers of steps; `short` is for tests. */
export const soaks: readonly { name: string; workload: () => Workload; steps: number; short: number }[] = [
  { name: "2-4-1, batch 100", workload: tiny, steps: 1_000_000, short: 20_000 },
  { name: "LeNet, batch 64", workload: lenet, steps: 5_000, short: 60 },
];

/** The largest that was seen in a twentieth of the steps, in bytes. */
export interface Sample {
  /** Steps done at its end. */
  readonly step: number;
  /** Resident memory of the process. */
  readonly process: number;
  readonly heap: number;
  /** Tensors in use, and dead ones not yet found. */
  readonly live: number;
  /** The WebAssembly memory, and what arrays outside it hold. */
  readonly reserved: number;
  readonly stepsPerSecond: number;
}
type Quantity = "process" | "heap" | "live" | "reserved";

const PARTS = 20;
const LOOKS = 10;

function look(): Record<Quantity, number> {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const { liveBytes, reservedBytes } = memoryUsage();
  return { process: rss, heap: heapUsed, live: liveBytes, reserved: reservedBytes + arrayBuffers };
}

/** Leaves garbage behind until the engine has collected once: from then on its memory has the size that it works in. */
function fillOnce(): void {
  let before = 0;
  for (let i = 0; i < 4096 && memoryUsage().liveBytes >= before; i++) {
    before = memoryUsage().liveBytes;
    zeros(1 << 20);
  }
}

/** Bytes that somebody still holds. */
function heldBytes(): number {
  sweep();
  return memoryUsage().liveBytes;
}

export interface Soaked {
  readonly samples: readonly Sample[];
  /** Bytes of tensors held in the middle and at the end, each after a collection. */
  readonly held: readonly [middle: number, end: number];
}

/**
 * Runs a workload `steps` times without a pause: no turn of the event loop, and no help for the engine's collector but in the
 * middle, where what is held is counted.
 */
export function soak({ run }: Workload, steps: number, onSample: (sample: Sample) => void = () => {}): Soaked {
  fillOnce();
  const samples: Sample[] = [];
  let middle = 0;
  const every = Math.max(1, Math.floor(steps / PARTS / LOOKS));
  let done = 0;
  for (let part = 1; part <= PARTS; part++) {
    const end = Math.round((steps * part) / PARTS);
    const count = end - done;
    const began = performance.now();
    let most = look();
    while (done < end) {
      run();
      if (++done % every !== 0) continue;
      const now = look();
      most = {
        process: Math.max(most.process, now.process),
        heap: Math.max(most.heap, now.heap),
        live: Math.max(most.live, now.live),
        reserved: Math.max(most.reserved, now.reserved),
      };
    }
    const sample = { step: done, ...most, stepsPerSecond: (1000 * count) / (performance.now() - began) };
    samples.push(sample);
    onSample(sample);
    if (part === PARTS / 2) middle = heldBytes();
  }
  return { samples, held: [middle, heldBytes()] };
}

const MB = 2 ** 20;
/** What may lie between two halves of a run that is flat: a collector comes when it likes, a heap has no fixed size. */
const allowed = {
  process: { share: 0.05, bytes: 16 * MB },
  heap: { share: 0.25, bytes: 16 * MB },
  reserved: { share: 0.05, bytes: 4 * MB },
  // Small tensors share pages, and of each size one page is being filled.
  held: { share: 0, bytes: MB / 4 },
};
type Growth = { readonly [quantity in keyof typeof allowed]: number };

/**
 * By how many per cent the largest of the second half exceeds the largest of the first, for what is held the end the
 * middle; 0: flat.
 */
export function growth({ samples, held }: Soaked): Growth {
  const half = samples.length >> 1;
  const grown = (quantity: keyof Growth, first: number, second: number): number => {
    const { share, bytes } = allowed[quantity];
    return second - first > Math.max(share * first, bytes) ? 100 * (second / first - 1) : 0;
  };
  const largest = (part: readonly Sample[], quantity: Quantity) => Math.max(...part.map((sample) => sample[quantity]));
  const ofHalves = (quantity: Exclude<keyof Growth, "held">): number =>
    grown(quantity, largest(samples.slice(0, half), quantity), largest(samples.slice(half), quantity));
  return {
    process: ofHalves("process"),
    heap: ofHalves("heap"),
    reserved: ofHalves("reserved"),
    held: grown("held", ...held),
  };
}
