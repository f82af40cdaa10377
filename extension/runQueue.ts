/** The cells that wait for their turn: in order, none twice. */
import type { CellExecution } from "./executions.ts";
import type { KernelCell } from "./kernelCell.ts";

export interface Waiting {
  cell: KernelCell;
  execution: CellExecution;
}

export class RunQueue {
  #waiting: Waiting[] = [];

  has(cell: KernelCell): boolean {
    return this.#waiting.some((entry) => entry.cell === cell);
  }
  push(entry: Waiting): void {
    this.#waiting.push(entry);
  }
  next(): Waiting | undefined {
    return this.#waiting.shift();
  }
  /** Ends what waits, of all cells or of those given, as not run. */
  cancel(cells?: readonly KernelCell[]): void {
    const [cancelled, kept] = [[] as Waiting[], [] as Waiting[]];
    for (const entry of this.#waiting) (!cells || cells.includes(entry.cell) ? cancelled : kept).push(entry);
    this.#waiting = kept;
    for (const { execution } of cancelled) execution.end(undefined);
  }
}
