import type { TypedArray } from "./dtype.ts";

/** A matrix inside an array: element (i, j) is at offset + i·rowStep + j·columnStep. */
export interface Matrix {
  readonly data: TypedArray;
  readonly offset: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** Side of the register tile: 16 sums live in registers while a panel of A and one of B stream past. */
const TILE = 4;
let panelsA = new Float64Array(0);
let panelsB = new Float64Array(0);

/**
 * c = a · b with a[m, k], b[k, n], c[m, n] row by row from `start`; overwrites c. For
 * the dtypes that WebAssembly does not multiply, and for what needs sums in double precision.
 *
 * Both are first packed into panels of four rows (columns), as doubles, so that the inner loop reads two streams in
 * order, converts nothing and knows no strides. Sums are in double precision, from k = 0 on, rounded once.
 */
export function gemm(m: number, n: number, k: number, a: Matrix, b: Matrix, c: TypedArray, start: number): void {
  if (m * n * k <= 512) return small(m, n, k, a, b, c, start);
  const rows = Math.ceil(m / TILE);
  const columns = Math.ceil(n / TILE);
  if (panelsA.length < rows * TILE * k) panelsA = new Float64Array(rows * TILE * k);
  if (panelsB.length < columns * TILE * k) panelsB = new Float64Array(columns * TILE * k);
  pack(panelsA, a.data, a.offset, m, k, a.rowStep, a.columnStep);
  pack(panelsB, b.data, b.offset, n, k, b.columnStep, b.rowStep);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      tile(
        panelsA,
        row * TILE * k,
        panelsB,
        column * TILE * k,
        k,
        c,
        start + row * TILE * n + column * TILE,
        n,
        Math.min(TILE, m - row * TILE),
        Math.min(TILE, n - column * TILE),
      );
    }
  }
}

/** Lines of a matrix, four at a time side by side; what is missing of the last four is 0. */
function pack(
  to: Float64Array,
  from: TypedArray,
  offset: number,
  lines: number,
  length: number,
  lineStep: number,
  step: number,
): void {
  let at = 0;
  for (let line = 0; line < lines; line += TILE) {
    const full = lines - line;
    let i0 = offset + line * lineStep;
    if (full >= TILE) {
      let i1 = i0 + lineStep;
      let i2 = i1 + lineStep;
      let i3 = i2 + lineStep;
      for (let p = 0; p < length; p++, at += TILE) {
        to[at] = from[i0]!;
        to[at + 1] = from[i1]!;
        to[at + 2] = from[i2]!;
        to[at + 3] = from[i3]!;
        i0 += step;
        i1 += step;
        i2 += step;
        i3 += step;
      }
    } else {
      for (let p = 0; p < length; p++, at += TILE, i0 += step) {
        for (let r = 0; r < TILE; r++) to[at + r] = r < full ? from[i0 + r * lineStep]! : 0;
      }
    }
  }
}

// prettier-ignore
function tile(
  A: Float64Array, a: number, B: Float64Array, b: number, k: number,
  c: TypedArray, at: number, rowStep: number, rows: number, columns: number,
): void {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0, c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0, c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  for (let p = 0; p < k; p++) {
    const b0 = B[b]!, b1 = B[b + 1]!, b2 = B[b + 2]!, b3 = B[b + 3]!;
    const a0 = A[a]!;
    c00 += a0 * b0; c01 += a0 * b1; c02 += a0 * b2; c03 += a0 * b3;
    const a1 = A[a + 1]!;
    c10 += a1 * b0; c11 += a1 * b1; c12 += a1 * b2; c13 += a1 * b3;
    const a2 = A[a + 2]!;
    c20 += a2 * b0; c21 += a2 * b1; c22 += a2 * b2; c23 += a2 * b3;
    const a3 = A[a + 3]!;
    c30 += a3 * b0; c31 += a3 * b1; c32 += a3 * b2; c33 += a3 * b3;
    a += 4; b += 4;
  }
  const sums = [c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33];
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) c[at + i * rowStep + j] = sums[i * TILE + j]!;
}

/** Packing costs more than it saves. */
function small(m: number, n: number, k: number, a: Matrix, b: Matrix, c: TypedArray, start: number): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      let ia = a.offset + i * a.rowStep;
      let ib = b.offset + j * b.columnStep;
      for (let p = 0; p < k; p++) {
        sum += a.data[ia]! * b.data[ib]!;
        ia += a.columnStep;
        ib += b.rowStep;
      }
      c[start + i * n + j] = sum;
    }
  }
}
