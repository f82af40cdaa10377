/**
 * Which cell is running, by async context: a timer that fires a minute later still belongs to the cell that set it.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Header } from "../protocol/messages.ts";
import { Interrupted } from "./interrupted.ts";

export class CellContext {
  readonly parent: Header;
  readonly executionCount: number;
  readonly silent: boolean;
  /** What to do when this cell is interrupted: reject a pending await, clear a timer. */
  private readonly cancellations = new Set<(reason: Interrupted) => void>();
  private endings: (() => void)[] = [];
  interrupted = false;

  constructor(cell: { parent: Header; executionCount: number; silent: boolean }) {
    this.parent = cell.parent;
    this.executionCount = cell.executionCount;
    this.silent = cell.silent;
  }

  onCancel(cancel: (reason: Interrupted) => void): void {
    this.cancellations.add(cancel);
  }
  offCancel(cancel: (reason: Interrupted) => void): void {
    this.cancellations.delete(cancel);
  }
  cancel(reason: Interrupted): void {
    this.interrupted = true;
    const all = [...this.cancellations];
    this.cancellations.clear();
    for (const cancel of all) cancel(reason);
  }

  onEnd(callback: () => void): void {
    this.endings.push(callback);
  }
  /** Runs what waits for the end of the cell; a failure in one callback does not keep the others from running. */
  end(report: (error: unknown) => void): void {
    const all = this.endings;
    this.endings = [];
    for (const callback of all) {
      try {
        callback();
      } catch (error) {
        report(error);
      }
    }
  }
}

const storage = new AsyncLocalStorage<CellContext>();
let latest: CellContext | undefined;

export function runInCell<T>(cell: CellContext, work: () => T): T {
  latest = cell;
  return storage.run(cell, work);
}

/** The cell that the calling code belongs to; the latest one for code that lost its context (native callbacks). */
export function currentCell(): CellContext | undefined {
  return storage.getStore() ?? latest;
}
