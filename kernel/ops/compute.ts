import { MemoryError } from "../tensor/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { OutOfMemory } from "../wasm/allocator.ts";

/** What a kernel works on at the moment. */
const working: { on: readonly (Tensor | undefined)[] } = { on: [] };

/**
 * Runs a kernel that takes memory for itself. A sweep may come of that, and of a copy made for the kernel only the
 * address is in use then: the operands are held here meanwhile, so that the sweep does not find them dead.
 */
export function compute(held: readonly (Tensor | undefined)[], run: () => void): void {
  working.on = held;
  try {
    run();
  } catch (error) {
    if (!(error instanceof OutOfMemory)) throw error;
    throw new MemoryError(`no room for what it computes in between: ${error.message}`);
  } finally {
    working.on = [];
  }
}
