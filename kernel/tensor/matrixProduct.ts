import { float64, gemm, gemmBatch, gemmFrom } from "../wasm/gemm.ts";
import { gemm as gemmInJavaScript } from "./gemm.ts";
import { whole } from "./dtype.ts";
import { broadcastStrides, sizeOf, type Shape } from "./shape.ts";
import { bytesOf } from "./storage.ts";
import { addressOf, packed, type Tensor } from "./tensor.ts";

/** Which operands are meant transposed, in their last two dims. */
export interface Form {
  readonly left: boolean;
  readonly right: boolean;
}

/**
 * Writes the products of the matrices in `a` and `b`, of which `form` says which are transposed, into c[…, m, n], which lies
 * row by row. The leading dims of `a` and `b` broadcast to those of `c`. With `bias`[n], where `b` is one matrix and `a` is
 * not transposed, every row starts from it.
 *
 * float32 and float64 are summed in their own precision from k = 0 on, in WebAssembly (wasm/gemm.ts). Whole and mixed
 * dtypes are summed in double precision; a bias is for the first two only.
 */
export function multiply(a: Tensor, b: Tensor, c: Tensor, form: Form, bias?: Tensor): void {
  const [da, db, dc] = [a.shape.length, b.shape.length, c.shape.length];
  const [ra, ca] = form.left ? [da - 1, da - 2] : [da - 2, da - 1];
  const [rb, cb] = form.right ? [db - 1, db - 2] : [db - 2, db - 1];
  let m = c.shape[dc - 2]!;
  const n = c.shape[dc - 1]!;
  const k = a.shape[ca]!;
  let rowA = a.strides[ra]!;
  let columnA = a.strides[ca]!;
  const rowB = b.strides[rb]!;
  const columnB = b.strides[cb]!;
  const { dtype } = c;
  if (a.dtype !== dtype || b.dtype !== dtype || (dtype !== "float32" && dtype !== "float64")) {
    return inJavaScript(a, b, c, m, n, k, rowA, columnA, rowB, columnB);
  }
  if (dc > 2) {
    if (db !== 2 || form.left) return stack(a, b, c, m, n, k, rowA, columnA, rowB, columnB);
    // One matrix for all: a single tall product, if need be of a copy.
    if (!a.isPacked && !evenRows(a)) return multiply(packed(a), b, c, form, bias);
    // The step along a dim of size 1 says nothing.
    if (a.isPacked) [rowA, columnA] = [k, 1];
    m = sizeOf(c.shape) / Math.max(1, n);
  }
  const [atA, atB, atC] = [addressOf(a), addressOf(b), addressOf(c)];
  const use = dtype === "float32" ? undefined : float64;
  if (bias !== undefined) {
    const from = addressOf(bias);
    if (use === undefined) gemmFrom(m, n, k, atA, rowA, columnA, atB, rowB, columnB, from, 0, 1, atC, n);
    else use.gemmFrom(m, n, k, atA, rowA, columnA, atB, rowB, columnB, from, 0, 1, atC, n);
  } else if (use === undefined) gemm(m, n, k, atA, rowA, columnA, atB, rowB, columnB, atC, n, false);
  else use.gemm(m, n, k, atA, rowA, columnA, atB, rowB, columnB, atC, n, false);
}

/** Whether all dims but the last could be one. */
function evenRows({ shape, strides }: Tensor): boolean {
  let d = shape.length - 2;
  let next = strides[d]! * shape[d]!;
  while (--d >= 0) {
    if (shape[d] === 1) continue;
    if (strides[d] !== next) return false;
    next *= shape[d]!;
  }
  return true;
}

/** A stack of matrices: the innermost leading dim in one call, the others one after the other. */
// prettier-ignore
function stack(
  a: Tensor, b: Tensor, c: Tensor, m: number, n: number, k: number,
  rowA: number, columnA: number, rowB: number, columnB: number,
): void {
  const lead = c.shape.slice(0, -2);
  const stepsA = leadingSteps(a, lead);
  const stepsB = leadingSteps(b, lead);
  const inner = lead.length - 1;
  const count = lead[inner]!;
  const bytes = bytesOf[c.dtype];
  const batch = c.dtype === "float32" ? gemmBatch : float64.gemmBatch;
  let to = addressOf(c);
  eachMatrix(lead.slice(0, -1), stepsA, stepsB, (offsetA, offsetB) => {
    batch(
      count, m, n, k, addressOf(a) + offsetA * bytes, stepsA[inner]!, rowA, columnA,
      addressOf(b) + offsetB * bytes, stepsB[inner]!, rowB, columnB, to, m * n, n, false,
    );
    to += count * m * n * bytes;
  });
}

function leadingSteps(x: Tensor, lead: Shape): number[] {
  return broadcastStrides(x.shape.slice(0, -2), x.strides.slice(0, -2), lead);
}

/** Calls `use` with the offsets of each pair of matrices, row by row. */
function eachMatrix(
  lead: Shape,
  stepsA: readonly number[],
  stepsB: readonly number[],
  use: (offsetA: number, offsetB: number) => void,
): void {
  const count = sizeOf(lead);
  for (let i = 0; i < count; i++) {
    let rest = i;
    let offsetA = 0;
    let offsetB = 0;
    for (let d = lead.length - 1; d >= 0; d--) {
      const index = rest % lead[d]!;
      rest = (rest - index) / lead[d]!;
      offsetA += index * stepsA[d]!;
      offsetB += index * stepsB[d]!;
    }
    use(offsetA, offsetB);
  }
}

// prettier-ignore
function inJavaScript(
  a: Tensor, b: Tensor, c: Tensor, m: number, n: number, k: number,
  rowA: number, columnA: number, rowB: number, columnB: number,
): void {
  const lead = c.shape.slice(0, -2);
  const left = { data: a.storage.array(), offset: a.offset, rowStep: rowA, columnStep: columnA };
  const right = { data: b.storage.array(), offset: b.offset, rowStep: rowB, columnStep: columnB };
  const array = c.storage.array();
  // Whole numbers that do not fit are an error, so they are looked at before they are stored.
  const sums = c.dtype === "int32" ? new Float64Array(m * n) : undefined;
  let to = c.offset;
  eachMatrix(lead, leadingSteps(a, lead), leadingSteps(b, lead), (offsetA, offsetB) => {
    left.offset = a.offset + offsetA;
    right.offset = b.offset + offsetB;
    gemmInJavaScript(m, n, k, left, right, sums ?? array, sums === undefined ? to : 0);
    if (sums !== undefined) for (let i = 0; i < sums.length; i++) array[to + i] = whole("matmul", sums[i]!);
    to += m * n;
  });
}
