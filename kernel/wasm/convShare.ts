import { defineShared, type Compiled, type Exports, type KernelDefinition } from "./kernel.ts";
import { parallel, rows, worthSharing, type Job } from "./threads.ts";

/** Below this many multiplications and additions nobody needs to ask. */
const least = 8_000_000;

/** Who computes chunks of images. */
export interface Sharing {
  worthwhile(operations: number): boolean;
  /**
   * Calls the function for every `chunk` images with `args`, of which the last is the address of `scratchBytes` bytes that
   * each thread has for itself, and after them: bytes to the next chunk's scratch memory (0), images from, to.
   */
  images(args: readonly number[], scratchBytes: number, chunk: number, images: number, operations: number): void;
}

/** A kernel that works on images one after the other, for several threads: each takes some images. */
export class Share implements Sharing {
  private readonly kernel: Compiled<Exports>;
  private readonly run: string;
  /** Multiplications and additions in a nanosecond, about. */
  private readonly rate: number;

  constructor(kernel: Compiled<Exports>, run: string) {
    this.kernel = kernel;
    this.run = run;
    this.rate = kernel.variant.wide ? 90 : kernel.variant.fma ? 50 : 40;
  }

  worthwhile(operations: number): boolean {
    return operations >= least && worthSharing(operations / this.rate);
  }

  images(args: readonly number[], scratchBytes: number, chunk: number, images: number, operations: number): void {
    const job: Job = {
      kernel: this.kernel,
      run: this.run,
      width: args.length + 3,
      scratchAt: args.length - 1,
      scratchBytes,
    };
    let at = 0;
    for (let from = 0; from < images; from += chunk) {
      for (const arg of args) rows[at++] = arg;
      rows[at++] = 0;
      rows[at++] = from;
      rows[at++] = Math.min(images, from + chunk);
    }
    parallel(job, Math.ceil(images / chunk), operations / this.rate, true);
  }
}

/** Calls a kernel's function for all images: by itself, or shared among threads where that is worth it. */
export function overImages(
  run: (...args: number[]) => void,
  share: Sharing | undefined,
  args: readonly number[],
  scratchBytes: number,
  chunk: number,
  images: number,
  operations: number,
): void {
  if (share !== undefined && images > chunk && share.worthwhile(operations)) {
    share.images(args, scratchBytes, chunk, images, operations);
  } else run(...args, scratchBytes, 0, images);
}

/** A kernel, and the means to share it among threads. */
export function shared<E extends Exports>(
  definition: KernelDefinition<E>,
  run: string,
): () => { run: E; share: Sharing } {
  const kernel = defineShared(definition);
  let ready: { run: E; share: Sharing } | undefined;
  return () => (ready ??= { run: kernel().exports, share: new Share(kernel() as unknown as Compiled<Exports>, run) });
}
