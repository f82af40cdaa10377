import { allocate, lastSpan, type Span } from "./allocator.ts";
import { emitGemm, packA, packB, rowsAdjacent, workBytes } from "./gemmBlocks.ts";
import { defineShared, differs, pattern, type KernelDefinition } from "./kernel.ts";
import { heap } from "./memory.ts";

/** See `emitGemm`. */
// prettier-ignore
type Run = (
  m: number, n: number, k: number,
  a: number, rowA: number, columnA: number,
  b: number, rowB: number, columnB: number,
  from: number, rowFrom: number, columnFrom: number,
  c: number, rowC: number, how: number, work: number,
) => void;

export const definition: KernelDefinition<{ run: Run }> = {
  name: "matrix product",
  build: emitGemm,
  check({ run }, bench) {
    // Every height and width of a tile, both ways to read A, packed and not; then one size beyond each block.
    const cases: (readonly [m: number, n: number, k: number])[] = [
      ...[1, 2, 3, 4, 5, 6, 8, 13].map((m, i) => [m, [1, 4, 7, 8, 11, 16, 21, 33][i]!, 5 + (i % 4)] as const),
      [2, 3, 650],
      [245, 2, 2],
      [1, 530, 2],
    ];
    for (const [m, n, k] of cases) {
      const a = bench.f32(m * k, pattern);
      const b = bench.f32(k * n, (i) => pattern(i + 50));
      const start = bench.f32(n, (i) => pattern(i + 90));
      for (const transposed of [false, true]) {
        const [rowA, columnA] = transposed ? [1, m] : [k, 1];
        const [rowB, columnB] = transposed ? [1, k] : [n, 1];
        const want = Float64Array.from({ length: m * n }, (_, at) => {
          const [i, j] = [Math.floor(at / n), at % n];
          let sum = start.data[j]!;
          for (let p = 0; p < k; p++) sum += a.data[i * rowA + p * columnA]! * b.data[p * rowB + j * columnB]!;
          return sum;
        });
        for (const how of transposed ? [rowsAdjacent | packB, packA | packB] : [0, packB, packA | packB]) {
          const c = bench.f32(m * n);
          // prettier-ignore
          run(m, n, k, a.address, rowA * 4, columnA * 4, b.address, rowB * 4, columnB * 4, start.address, 0, 4, c.address, n * 4, how, work());
          const wrong = differs(c.data, (i) => want[i]!);
          if (wrong !== undefined) return `[${m}, ${k}] · [${k}, ${n}], way ${how}: ${wrong}`;
        }
      }
    }
    return undefined;
  },
};
export const compiledGemm = defineShared(definition);

let workAddress = 0;
/** Keeps the memory. */
let workSpan: Span | undefined;
let run: Run | undefined;

/** Where packed blocks are put; its first 64 bytes are zeros. */
function work(): number {
  if (workSpan === undefined) {
    workAddress = allocate(workBytes);
    workSpan = lastSpan;
    heap.f32.fill(0, workAddress >>> 2, (workAddress >>> 2) + 16);
  }
  return workAddress;
}

/**
 * C = A·B, or C += A·B with `accumulate`: a[m, k], b[k, n], c[m, n], all float32.
 *
 * `a`, `b`, `c` are addresses in bytes; the steps are in elements and may be any, also 0; the columns of C have step 1.
 * C must not overlap A or B. Each element is summed in float32 from k = 0 on, one product after the other (from C's
 * value on, with `accumulate`), whatever the sizes, steps and threads.
 */
// prettier-ignore
export function gemm(
  m: number, n: number, k: number,
  a: number, rowStepA: number, columnStepA: number,
  b: number, rowStepB: number, columnStepB: number,
  c: number, rowStepC: number, accumulate: boolean,
): void {
  if (accumulate) gemmFrom(m, n, k, a, rowStepA, columnStepA, b, rowStepB, columnStepB, c, rowStepC, 1, c, rowStepC);
  else gemmFrom(m, n, k, a, rowStepA, columnStepA, b, rowStepB, columnStepB, work(), 0, 0, c, rowStepC);
}

/**
 * As `gemm`, with what the sums start with given: C = F + A·B where F has steps of its own; columnStepF is 0 (16 equal
 * numbers are at `from`) or 1. A bias is a row with rowStepF 0.
 */
// prettier-ignore
export function gemmFrom(
  m: number, n: number, k: number,
  a: number, rowStepA: number, columnStepA: number,
  b: number, rowStepB: number, columnStepB: number,
  from: number, rowStepF: number, columnStepF: number,
  c: number, rowStepC: number,
): void {
  if (m === 0 || n === 0) return;
  if (k === 0) return copyStart(m, n, from, rowStepF, columnStepF, c, rowStepC);
  run ??= compiledGemm().exports.run;
  // A step along a dim of size 1 may be anything.
  if (k === 1) columnStepA = 1;
  if (n === 1) columnStepB = 1;
  if (m === 1) rowStepA = 1;
  const how = plan(m, n, k, rowStepA, columnStepA, columnStepB);
  run(
    m, n, k, a, rowStepA * 4, columnStepA * 4, b, rowStepB * 4, columnStepB * 4,
    from, rowStepF * 4, columnStepF * 4, c, rowStepC * 4, how, work(),
  );
}

/** How A and B are best read. Packing costs as much as a few passes, and pays where they are read more often than that. */
// prettier-ignore
export function plan(
  m: number, n: number, k: number,
  rowStepA: number, columnStepA: number, columnStepB: number,
): number {
  let how = 0;
  if (columnStepB !== 1 || (m >= 96 && n * k >= 50000)) how = packB;
  if (columnStepA === 1 && m !== 1) return how;
  if (rowStepA !== 1) return how | packA;
  return n >= 96 && m * k >= 50000 ? how | packA : how | rowsAdjacent;
}

/** k = 0: nothing is added. */
// prettier-ignore
function copyStart(
  m: number, n: number, from: number, rowStepF: number, columnStepF: number, c: number, rowStepC: number,
): void {
  const { f32 } = heap;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      f32[(c >>> 2) + i * rowStepC + j] = f32[(from >>> 2) + i * rowStepF + j * columnStepF]!;
    }
  }
}
