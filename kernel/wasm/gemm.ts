import { allocate, lastSpan, release, type Span } from "./allocator.ts";
import { packA, packB, prepackedB, rowsAdjacent, workBytes } from "./gemmBlocks.ts";
import { gemmDefinition, type GemmExports } from "./gemmKernel.ts";
import { leastShared, SharedGemm } from "./gemmShared.ts";
import { double, single, tileOf, type Element } from "./gemmTile.ts";
import { defineKernel, defineShared } from "./kernel.ts";
import { matrixVector } from "./matrixVector.ts";
import { heap } from "./memory.ts";

/**
 * Matrix products of one element type. a[m, k], b[k, n], c[m, n]; `a`, `b`, `c` and `from` are addresses in bytes; steps are
 * in elements and may be any, also 0; the columns of C have step 1. C must not overlap A or B.
 *
 * Each element of C is summed in its own precision from k = 0 on, one product after the other, whatever the sizes, steps
 * and threads.
 */
export interface MatrixProducts {
  /** C = A·B, or C += A·B with `accumulate`. */
  // prettier-ignore
  gemm(
    m: number, n: number, k: number,
    a: number, rowStepA: number, columnStepA: number,
    b: number, rowStepB: number, columnStepB: number,
    c: number, rowStepC: number, accumulate: boolean,
  ): void;
  /**
   * C = F + A·B: the sums start with what is at `from`, which may be C itself. columnStepF is 1, or 0 when there are 64
   * bytes of equal numbers. A bias is one row, with rowStepF 0.
   */
  // prettier-ignore
  gemmFrom(
    m: number, n: number, k: number,
    a: number, rowStepA: number, columnStepA: number,
    b: number, rowStepB: number, columnStepB: number,
    from: number, rowStepF: number, columnStepF: number,
    c: number, rowStepC: number,
  ): void;
  /** As many products of equal shape, each that many elements further on. */
  // prettier-ignore
  gemmBatch(
    count: number, m: number, n: number, k: number,
    a: number, batchStepA: number, rowStepA: number, columnStepA: number,
    b: number, batchStepB: number, rowStepB: number, columnStepB: number,
    c: number, batchStepC: number, rowStepC: number, accumulate: boolean,
  ): void;
  /** B in the order in which products read it, for a B that is used again and again. A copy: later changes of B do not show. */
  packRight(k: number, n: number, b: number, rowStepB: number, columnStepB: number): PackedRight;
  /** As `gemmFrom`, with a packed B. Bits are those of the product with B itself. */
  // prettier-ignore
  gemmPacked(
    m: number, a: number, rowStepA: number, columnStepA: number, b: PackedRight,
    from: number, rowStepF: number, columnStepF: number, c: number, rowStepC: number,
  ): void;
}

/** A right operand, packed. Its memory is given back by `free()`, or when nobody holds it any more. */
export class PackedRight {
  readonly k: number;
  readonly n: number;
  readonly address: number;
  private span: Span | undefined;

  constructor(k: number, n: number, bytes: number) {
    this.k = k;
    this.n = n;
    this.address = allocate(bytes);
    this.span = lastSpan;
  }
  free(): void {
    if (this.span === undefined) return;
    release(this.span, this.address);
    this.span = undefined;
  }
}

let workAddress = 0;
/** Keeps the memory. */
let workSpan: Span | undefined;

/** Where packed blocks are put; its first 64 bytes are zeros. */
export function work(): number {
  if (workSpan === undefined) {
    workAddress = allocate(workBytes);
    workSpan = lastSpan;
    heap.f32.fill(0, workAddress >>> 2, (workAddress >>> 2) + 16);
  }
  return workAddress;
}

/** How A and B are best read. Packing costs as much as a few passes, and pays where they are read more often than that. */
// prettier-ignore
export function plan(
  m: number, n: number, k: number, rowStepA: number, columnStepA: number, columnStepB: number,
): number {
  const how = columnStepB !== 1 || (m >= 96 && n * k >= 50000) ? packB : 0;
  if (columnStepA === 1 && m !== 1) return how;
  if (rowStepA !== 1) return how | packA;
  return n >= 96 && m * k >= 50000 ? how | packA : how | rowsAdjacent;
}

/** Products of fewer multiplications than this (about a microsecond) are computed with 128 bits. */
const smallProduct = 25_000;

function matrixProducts(element: Element): MatrixProducts {
  const { bytes } = element;
  const compiled = defineShared<GemmExports>({ ...gemmDefinition(element, work), wide: true });
  const narrow = defineKernel<GemmExports>(gemmDefinition(element, work));
  // Small products are over before wide tiles pay.
  const kernel = (products: number): GemmExports => (products < smallProduct ? narrow() : compiled().exports);
  let sharing: SharedGemm | undefined;
  const shared = (): SharedGemm => (sharing ??= new SharedGemm(compiled(), bytes));
  // Asked in this order, so that small products need no kernel but theirs.
  const large = (products: number): boolean => products >= leastShared && shared().worthwhile(products);

  /** k = 0: nothing is added. */
  // prettier-ignore
  const copyStart = (
    m: number, n: number, from: number, rowStepF: number, columnStepF: number, c: number, rowStepC: number,
  ): void => {
    const data = bytes === 4 ? heap.f32 : heap.f64;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) data[c / bytes + i * rowStepC + j] = data[from / bytes + i * rowStepF + j * columnStepF]!;
    }
  };

  // prettier-ignore
  const products: MatrixProducts = {
    gemm(m, n, k, a, rowStepA, columnStepA, b, rowStepB, columnStepB, c, rowStepC, accumulate) {
      if (accumulate) products.gemmFrom(m, n, k, a, rowStepA, columnStepA, b, rowStepB, columnStepB, c, rowStepC, 1, c, rowStepC);
      else products.gemmFrom(m, n, k, a, rowStepA, columnStepA, b, rowStepB, columnStepB, work(), 0, 0, c, rowStepC);
    },
    gemmFrom(m, n, k, a, rowStepA, columnStepA, b, rowStepB, columnStepB, from, rowStepF, columnStepF, c, rowStepC) {
      if (m === 0 || n === 0) return;
      if (k === 0) return copyStart(m, n, from, rowStepF, columnStepF, c, rowStepC);
      // A step along a dim of size 1 may be anything.
      if (k === 1) columnStepA = 1;
      if (n === 1) columnStepB = 1;
      if (m === 1) rowStepA = 1;
      if (bytes === 4) {
        // A vector: lanes are rows of A (or, turned around, of Bᵀ), and the few that are left go the common way.
        if (n === 1 && m >= 4 && columnStepA === 1) {
          const rows = m & ~3;
          matrixVector(rows, k, a, rowStepA, b, rowStepB, from, rowStepF, c, rowStepC);
          if (rows === m) return;
          return products.gemmFrom(
            m - rows, 1, k, a + rows * rowStepA * 4, rowStepA, 1, b, rowStepB, 1,
            from + rows * rowStepF * 4, rowStepF, 0, c + rows * rowStepC * 4, rowStepC,
          );
        }
        // Aᵀ times a vector is a row times A, whose columns are lanes; 16 numbers to start with are only among `work`'s zeros.
        if (n === 1 && m >= 4 && rowStepA === 1 && rowStepC === 1 && (rowStepF === 1 || from === work())) {
          return products.gemmFrom(1, m, k, b, 1, rowStepB, a, columnStepA, 1, from, 0, rowStepF, c, m);
        }
        if (m === 1 && n >= 4 && rowStepB === 1 && columnStepB !== 1) {
          const columns = n & ~3;
          matrixVector(columns, k, b, columnStepB, a, columnStepA, from, columnStepF, c, 1);
          if (columns === n) return;
          return products.gemmFrom(
            1, n - columns, k, a, 1, columnStepA, b + columns * columnStepB * 4, 1, columnStepB,
            from + columns * columnStepF * 4, 0, columnStepF, c + columns * 4, n,
          );
        }
      }
      const on = large(m * n * k) ? shared() : kernel(m * n * k);
      on.run(
        m, n, k, a, rowStepA * bytes, columnStepA * bytes, b, rowStepB * bytes, columnStepB * bytes,
        from, rowStepF * bytes, columnStepF * bytes, c, rowStepC * bytes,
        plan(m, n, k, rowStepA, columnStepA, columnStepB), work(),
      );
    },
    gemmBatch(
      count, m, n, k, a, batchStepA, rowStepA, columnStepA, b, batchStepB, rowStepB, columnStepB,
      c, batchStepC, rowStepC, accumulate,
    ) {
      if (count === 0 || m === 0 || n === 0) return;
      if (k === 0) {
        if (accumulate) return;
        for (let i = 0; i < count; i++) copyStart(m, n, work(), 0, 0, c + i * batchStepC * bytes, rowStepC);
        return;
      }
      if (k === 1) columnStepA = 1;
      if (n === 1) columnStepB = 1;
      if (m === 1) rowStepA = 1;
      const on = large(count * m * n * k) ? shared() : kernel(count * m * n * k);
      on.batch(
        count, batchStepA * bytes, batchStepB * bytes, accumulate ? batchStepC * bytes : 0, batchStepC * bytes,
        m, n, k, a, rowStepA * bytes, columnStepA * bytes, b, rowStepB * bytes, columnStepB * bytes,
        accumulate ? c : work(), accumulate ? rowStepC * bytes : 0, accumulate ? bytes : 0, c, rowStepC * bytes,
        plan(m, n, k, rowStepA, columnStepA, columnStepB), work(),
      );
    },
    packRight(k, n, b, rowStepB, columnStepB) {
      const width = tileOf(compiled().variant).vectors * element.lanes;
      const packed = new PackedRight(k, n, Math.max(1, Math.ceil(n / width) * width * k * bytes));
      if (k > 0 && n > 0) compiled().exports.packRight(n, k, b, rowStepB * bytes, columnStepB * bytes, packed.address);
      return packed;
    },
    gemmPacked(m, a, rowStepA, columnStepA, { k, n, address }, from, rowStepF, columnStepF, c, rowStepC) {
      if (m === 0 || n === 0) return;
      if (k === 0) return copyStart(m, n, from, rowStepF, columnStepF, c, rowStepC);
      if (k === 1) columnStepA = 1;
      if (m === 1) rowStepA = 1;
      const on = large(m * n * k) ? shared() : compiled().exports; // B's panels are as wide as the wide tile.
      on.run(
        m, n, k, a, rowStepA * bytes, columnStepA * bytes, address, 0, 0,
        from, rowStepF * bytes, columnStepF * bytes, c, rowStepC * bytes,
        (plan(m, n, k, rowStepA, columnStepA, 1) & ~packB) | prepackedB, work(),
      );
    },
  };
  return products;
}

export const { gemm, gemmFrom, gemmBatch, packRight, gemmPacked } = matrixProducts(single);
/** The same for float64. */
export const float64 = matrixProducts(double);
