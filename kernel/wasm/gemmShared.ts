import { packA, prepackedB, workBytes } from "./gemmBlocks.ts";
import type { GemmExports } from "./gemmKernel.ts";
import type { Compiled, Exports } from "./kernel.ts";
import { parallel, rows, threadCount, worthSharing, type Job } from "./threads.ts";

/** Below this many multiplications nobody needs to ask. */
export const leastShared = 4_000_000;
const rowArguments = 16;
const batchArguments = 21;

/** A product for several threads: its parts are columns, rows or, in a batch, whole products; sums are never cut. */
export class SharedGemm {
  private readonly one: Job;
  private readonly many: Job;
  private readonly bytes: number;
  /** Multiplications and additions in a nanosecond, about. */
  private readonly rate: number;

  constructor(compiled: Compiled<GemmExports>, bytes: number) {
    const kernel = compiled as unknown as Compiled<Exports>;
    this.one = { kernel, run: "run", width: rowArguments, scratchAt: rowArguments - 1, scratchBytes: workBytes };
    this.many = { kernel, run: "batch", width: batchArguments, scratchAt: batchArguments - 1, scratchBytes: workBytes };
    this.bytes = bytes;
    this.rate = ((compiled.variant.wide ? 100 : compiled.variant.fma ? 60 : 40) * 4) / bytes;
  }

  worthwhile(products: number): boolean {
    return worthSharing((2 * products) / this.rate);
  }

  /** As the kernel's `run`; see `emitGemm`. */
  // prettier-ignore
  run(
    m: number, n: number, k: number, a: number, rowA: number, columnA: number, b: number, rowB: number, columnB: number,
    from: number, rowFrom: number, columnFrom: number, c: number, rowC: number, how: number, work: number,
  ): void {
    const { bytes } = this;
    let count = 0;
    if (n >= 128 && (how & prepackedB) === 0) {
      // Each thread packs its own columns of B. A, where it is packed, is packed by each: fewer parts then.
      const parts = threadCount() * ((how & packA) === 0 ? 4 : 2);
      const step = Math.max(64, Math.ceil(n / parts / 16) * 16);
      for (let j = 0; j < n; j += step, count++) {
        put(
          count, m, Math.min(step, n - j), k, a, rowA, columnA, b + j * columnB, rowB, columnB,
          from + j * columnFrom, rowFrom, columnFrom, c + j * bytes, rowC, how, work,
        );
      }
    } else {
      const step = Math.max(48, Math.ceil(m / (threadCount() * 4) / 12) * 12);
      for (let i = 0; i < m; i += step, count++) {
        put(
          count, Math.min(step, m - i), n, k, a + i * rowA, rowA, columnA, b, rowB, columnB,
          from + i * rowFrom, rowFrom, columnFrom, c + i * rowC, rowC, how, work,
        );
      }
    }
    parallel(this.one, count, (2 * m * n * k) / this.rate, from !== c);
  }

  /** As the kernel's `batch`. */
  // prettier-ignore
  batch(
    count: number, stepA: number, stepB: number, stepFrom: number, stepC: number,
    m: number, n: number, k: number, a: number, rowA: number, columnA: number, b: number, rowB: number, columnB: number,
    from: number, rowFrom: number, columnFrom: number, c: number, rowC: number, how: number, work: number,
  ): void {
    const step = Math.ceil(count / (threadCount() * 4));
    let chunks = 0;
    for (let i = 0; i < count; i += step, chunks++) {
      const at = chunks * batchArguments;
      rows[at] = Math.min(step, count - i);
      rows[at + 1] = stepA;
      rows[at + 2] = stepB;
      rows[at + 3] = stepFrom;
      rows[at + 4] = stepC;
      putAt(
        at + 5, m, n, k, a + i * stepA, rowA, columnA, b + i * stepB, rowB, columnB,
        from + i * stepFrom, rowFrom, columnFrom, c + i * stepC, rowC, how, work,
      );
    }
    parallel(this.many, chunks, (2 * count * m * n * k) / this.rate, from !== c);
  }
}

// prettier-ignore
function put(
  chunk: number, m: number, n: number, k: number, a: number, rowA: number, columnA: number, b: number, rowB: number,
  columnB: number, from: number, rowFrom: number, columnFrom: number, c: number, rowC: number, how: number, work: number,
): void {
  putAt(chunk * rowArguments, m, n, k, a, rowA, columnA, b, rowB, columnB, from, rowFrom, columnFrom, c, rowC, how, work);
}

// prettier-ignore
function putAt(
  at: number, m: number, n: number, k: number, a: number, rowA: number, columnA: number, b: number, rowB: number,
  columnB: number, from: number, rowFrom: number, columnFrom: number, c: number, rowC: number, how: number, work: number,
): void {
  rows[at] = m; rows[at + 1] = n; rows[at + 2] = k;
  rows[at + 3] = a; rows[at + 4] = rowA; rows[at + 5] = columnA;
  rows[at + 6] = b; rows[at + 7] = rowB; rows[at + 8] = columnB;
  rows[at + 9] = from; rows[at + 10] = rowFrom; rows[at + 11] = columnFrom;
  rows[at + 12] = c; rows[at + 13] = rowC; rows[at + 14] = how; rows[at + 15] = work;
}
