/**
 * VS Code's executions with its rules kept: one at a time for a cell, started once, ended once, no output before the
 * start or after the end, nothing for a cell that is gone. Breaking one of them throws inside VS Code.
 */
import { setTimeout as pause } from "node:timers/promises";
import * as vscode from "vscode";
import type { KernelCell } from "./kernelCell.ts";

/** How long a cell stays reopened after the last late output, in ms: less would flicker with every line. */
const LINGER_MS = 100;
/** For how long a save waits until a cell that was open again shows its number again … */
const RESTORE_MS = 700;
/** … and how long it may take in a busy window. */
const LONGEST_RESTORE_MS = 3000;

export class Executions {
  readonly #controller: vscode.NotebookController;
  readonly #live = new Map<KernelCell, CellExecution>();
  /** What a finished cell showed, to put back after late output. */
  readonly #finished = new WeakMap<KernelCell, Finished>();

  /** Settle when a cell that was opened again for late output is as it was before. */
  readonly #restoring = new Map<Promise<void>, KernelCell>();

  constructor(controller: vscode.NotebookController) {
    this.#controller = controller;
  }

  /** A new execution, pending until it is started; undefined when the cell is gone or belongs to another kernel. */
  create(cell: KernelCell): CellExecution | undefined {
    this.#live.get(cell)?.close();
    return this.#make(cell);
  }

  /** The cell's execution if it runs, or its last one opened again for output that comes late. */
  forOutput(cell: KernelCell): CellExecution | undefined {
    const live = this.#live.get(cell);
    if (live) {
      live.touch();
      // Output of an earlier run, while the next one waits: it would be cleared in a moment.
      return live.started ? live : undefined;
    }
    const execution = this.#make(cell, () => {
      const restored = this.#restored(cell).finally(() => this.#restoring.delete(restored));
      this.#restoring.set(restored, cell);
    });
    if (!execution) return undefined;
    const { order, success, start, end } = this.#finished.get(cell) ?? summaryOf(cell.current);
    execution.start(start ?? Date.now());
    if (order !== undefined) execution.order = order;
    execution.linger(LINGER_MS, success, end ?? Date.now());
    return execution;
  }

  /**
   * Ends what was opened again for late output, before a save: a document that changes while it is saved stays unsaved, and
   * VS Code's own extension for notebooks takes a cell's number away while it is open. `enough` resolves when that is over,
   * or a save should wait no longer; `restored` when it is.
   */
  closeLate(notebook: vscode.NotebookDocument): { enough: Promise<unknown>; restored: Promise<unknown> } {
    const isMine = (cell: KernelCell): boolean => cell.current.notebook === notebook;
    for (const [cell, execution] of [...this.#live]) if (isMine(cell)) execution.closeLate();
    const restored = Promise.all([...this.#restoring].flatMap(([each, cell]) => (isMine(cell) ? [each] : [])));
    return { enough: Promise.race([restored, pause(RESTORE_MS)]), restored };
  }

  #restored(cell: KernelCell): Promise<void> {
    const { order, end } = this.#finished.get(cell) ?? {};
    const isRestored = ({ executionSummary, metadata }: vscode.NotebookCell): boolean =>
      executionSummary?.timing?.endTime === end && (order === undefined || metadata["execution_count"] === order);
    return new Promise((resolve) => {
      const done = (): void => {
        subscription.dispose();
        clearTimeout(timer);
        resolve();
      };
      const look = (): void => {
        // Run again, or gone: it will not come back as it was.
        if (isRestored(cell.current) || this.#live.has(cell) || !cell.isThere) done();
      };
      const subscription = vscode.workspace.onDidChangeNotebookDocument(look);
      const timer = setTimeout(done, LONGEST_RESTORE_MS);
      look();
    });
  }

  /** The cell has another document: its execution goes on there, pending or started as it was. */
  move(cell: KernelCell): void {
    const execution = this.#live.get(cell);
    const inner = execution && this.#createInner(cell);
    if (inner) execution.goOnWith(inner);
    else execution?.end(undefined);
  }

  #make(cell: KernelCell, ended?: () => void): CellExecution | undefined {
    const inner = this.#createInner(cell);
    if (!inner) return undefined;
    const execution = new CellExecution(inner, (finished) => {
      this.#live.delete(cell);
      if (finished) this.#finished.set(cell, finished);
      ended?.();
    });
    this.#live.set(cell, execution);
    return execution;
  }

  #createInner(cell: KernelCell): vscode.NotebookCellExecution | undefined {
    if (!cell.isThere) return undefined;
    try {
      return this.#controller.createNotebookCellExecution(cell.current);
    } catch {
      // The user has chosen another kernel for this notebook.
      return undefined;
    }
  }
}

interface Finished {
  order: number | undefined;
  success: boolean | undefined;
  start: number | undefined;
  end: number | undefined;
}

function summaryOf({ executionSummary }: vscode.NotebookCell): Finished {
  return {
    order: executionSummary?.executionOrder,
    success: executionSummary?.success,
    start: executionSummary?.timing?.startTime,
    end: executionSummary?.timing?.endTime,
  };
}

export class CellExecution {
  #inner: vscode.NotebookCellExecution;
  readonly #onEnd: (finished: Finished | undefined) => void;
  #state: "pending" | "started" | "ended" = "pending";
  #startTime: number | undefined;
  #lingering: { timer: NodeJS.Timeout; end: () => void } | undefined;

  constructor(inner: vscode.NotebookCellExecution, onEnd: (finished: Finished | undefined) => void) {
    this.#inner = inner;
    this.#onEnd = onEnd;
  }

  get started(): boolean {
    return this.#state === "started";
  }
  get ended(): boolean {
    return this.#state === "ended";
  }

  /** Another document took the place of the cell's. */
  goOnWith(inner: vscode.NotebookCellExecution): void {
    const order = this.#inner.executionOrder;
    this.#inner.end(undefined);
    this.#inner = inner;
    if (this.started) inner.start(this.#startTime);
    if (order !== undefined) inner.executionOrder = order;
  }

  /** `time` in ms since 1970. */
  start(time: number): void {
    if (this.#state !== "pending") return;
    this.#state = "started";
    this.#startTime = time;
    this.#inner.start(time);
  }

  set order(value: number) {
    if (this.#state !== "ended") this.#inner.executionOrder = value;
  }

  /** `success` is undefined for a cell that was not run. */
  end(success: boolean | undefined, time?: number): void {
    if (this.#state === "ended") return;
    clearTimeout(this.#lingering?.timer);
    const order = this.#inner.executionOrder;
    const finished = this.started ? { order, success, start: this.#startTime, end: time } : undefined;
    this.#state = "ended";
    this.#onEnd(finished);
    this.#inner.end(success, time);
  }

  /** Ends by itself with `success` and `time` when `ms` pass without `touch`. */
  linger(ms: number, success: boolean | undefined, time: number): void {
    const end = (): void => this.end(success, time);
    this.#lingering = { timer: setTimeout(end, ms), end };
  }
  touch(): void {
    this.#lingering?.timer.refresh();
  }
  /** Ends what lingers now; a cell that is run again must not wait. */
  close(): void {
    if (this.#lingering) this.#lingering.end();
    else this.end(undefined);
  }
  closeLate(): void {
    this.#lingering?.end();
  }

  clearOutput(): Promise<void> {
    return this.#act(() => this.#inner.clearOutput());
  }
  append(output: vscode.NotebookCellOutput): Promise<void> {
    return this.#act(() => this.#inner.appendOutput(output));
  }
  /** Clears and shows in one step, so that nothing flashes. */
  replace(outputs: vscode.NotebookCellOutput | vscode.NotebookCellOutput[]): Promise<void> {
    return this.#act(() => this.#inner.replaceOutput(outputs));
  }
  appendItems(items: vscode.NotebookCellOutputItem[], output: vscode.NotebookCellOutput): Promise<void> {
    return this.#act(() => this.#inner.appendOutputItems(items, output));
  }
  /** `output` may belong to another cell of the notebook. */
  replaceItems(items: vscode.NotebookCellOutputItem[], output: vscode.NotebookCellOutput): Promise<void> {
    return this.#act(() => this.#inner.replaceOutputItems(items, output));
  }

  async #act(change: () => Thenable<void>): Promise<void> {
    if (!this.started) return;
    try {
      await change();
    } catch {
      // The cell was deleted or the notebook closed since: there is nowhere left to show it.
    }
  }
}
