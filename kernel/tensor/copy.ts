import { copyKernels, type CopyExports } from "../wasm/copy.ts";
import { heap } from "../wasm/memory.ts";
import type { Shape } from "./shape.ts";

/**
 * Copies elements of four bytes row by row to `to`, from the address `from` on with any strides (in elements): rows where
 * neighbours lie side by side, a transposition in blocks where those of another dim do, single elements else.
 */
export function copyStrided(shape: Shape, strides: readonly number[], from: number, to: number): void {
  // Dims that are walked through in one go count as one; those of size 1 do not count.
  const sizes: number[] = [];
  const steps: number[] = [];
  for (let d = 0; d < shape.length; d++) {
    const [size, step] = [shape[d]!, strides[d]! * 4];
    if (size === 0) return;
    const last = sizes.length - 1;
    if (size === 1) continue;
    if (last >= 0 && steps[last] === step * size) {
      sizes[last]! *= size;
      steps[last] = step;
    } else {
      sizes.push(size);
      steps.push(step);
    }
  }
  const targets = new Array<number>(sizes.length);
  for (let d = sizes.length - 1, step = 4; d >= 0; d--) {
    targets[d] = step;
    step *= sizes[d]!;
  }
  const copies = copyKernels();
  const last = sizes.length - 1;
  if (last < 0) {
    copies.copy(1, 1, from, 0, to, 0);
    return;
  }
  const beside = steps[last] === 4 ? last : steps.indexOf(4);
  // The two dims that one call takes: the last one, and the one that lies side by side in memory or is the longest.
  const second = beside >= 0 && beside < last ? beside : sizes.lastIndexOf(Math.max(...sizes.slice(0, last)), last - 1);
  const outer = sizes.map((_, d) => d).filter((d) => d !== last && d !== second);
  const one = innermost(copies, sizes, steps, targets, second, beside);
  const visit = (depth: number, x: number, y: number): void => {
    if (depth === outer.length) return one(x, y);
    const d = outer[depth]!;
    for (let i = 0; i < sizes[d]!; i++) visit(depth + 1, x + i * steps[d]!, y + i * targets[d]!);
  };
  visit(0, from, to);
}

function innermost(
  copies: CopyExports,
  sizes: readonly number[],
  steps: readonly number[],
  targets: readonly number[],
  second: number,
  beside: number,
): (x: number, y: number) => void {
  const last = sizes.length - 1;
  const count = sizes[last]!;
  const step = steps[last]!;
  const [rows, row, target] = second < 0 ? [1, 0, 0] : [sizes[second]!, steps[second]!, targets[second]!];
  if (beside === last) return (x, y) => copies.copy(rows, count, x, row, y, target);
  if (beside >= 0) return (x, y) => copies.transpose(rows, count, x, step, y, target);
  return (x, y) => copies.gather(rows, count, x, row, step, y, target);
}

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** Fills `count` elements of four bytes from an address on: floats, or whole numbers if `whole`. */
export function fill(address: number, count: number, value: number, whole: boolean): void {
  if (whole) bits[0] = value;
  else float[0] = value;
  const pattern = bits[0]!;
  if (count > 16) copyKernels().fill(count, address, pattern);
  else for (let i = 0, at = address >>> 2; i < count; i++) heap.i32[at + i] = pattern;
}
