import type { Compiled, Exports, WasmFunction } from "./kernel.ts";
import { parallel, rows, threadCount, worthSharing, type Job } from "./threads.ts";
import type { Operand } from "./translate.ts";

const bytesOf = { f32: 4, i32: 4, bool: 1 } as const;
/** Nanoseconds for a byte from memory and for an instruction on one element, about. */
const perByte = 0.045;
const perInstruction = 0.02;

/**
 * A formula's pass for several threads: `(count, …addresses, …numbers)`, cut into pieces of elements. Every element is
 * computed by itself, so that nothing depends on where the cuts are.
 *
 * @param instructions of one element.
 * @param repeatable whether no operand is both read and written.
 */
export function sharedPass(
  compiled: Compiled<Exports>,
  operands: readonly Operand[],
  numbers: number,
  instructions: number,
  repeatable: boolean,
): WasmFunction {
  const width = 1 + operands.length + numbers;
  const job: Job = { kernel: compiled, run: "run", width, scratchAt: -1, scratchBytes: 0 };
  const steps = operands.map(({ type, step }) => step * bytesOf[type]);
  const bytes = operands.reduce((sum, { written }, k) => sum + steps[k]! * (written ? 2 : 1), 0);
  const each = bytes * perByte + instructions * perInstruction;
  const alone = compiled.exports["run"]!;
  return (...args) => {
    const count = args[0]!;
    if (!worthSharing(count * each)) return alone(...args);
    // Pieces end at a multiple of what a loop takes at once, and no cache line is written by two threads.
    const piece = Math.max(16384, Math.ceil(count / (threadCount() * 4) / 1024) * 1024);
    let pieces = 0;
    for (let start = 0; start < count; start += piece, pieces++) {
      const at = pieces * width;
      rows[at] = Math.min(piece, count - start);
      for (let k = 1; k < width; k++) rows[at + k] = args[k]! + (k <= steps.length ? start * steps[k - 1]! : 0);
    }
    // Also different operands may look at one place in memory.
    const apart = operands.every(
      ({ written }, k) =>
        !written || operands.every((_, j) => j === k || Math.abs(args[1 + j]! - args[1 + k]!) >= count * 4),
    );
    parallel(job, pieces, count * each, repeatable && apart);
    return 0;
  };
}
