/** Runs the cells of one notebook: one after the other, each from its click to the end of what it published. */
import * as vscode from "vscode";
import type { KernelClient } from "../kernel/client/kernelClient.ts";
import type { ErrorContent } from "../kernel/protocol/messages.ts";
import type { CellDependencies } from "../kernel/protocol/session.ts";
import type { BackPressure } from "./backPressure.ts";
import type { CellExecution, Executions } from "./executions.ts";
import type { KernelCell, KernelCells } from "./kernelCell.ts";
import type { NotebookOutputs } from "./outputs.ts";
import type { Ran } from "./stale/cellHistory.ts";
import { RunQueue, type Waiting } from "./runQueue.ts";

export interface RunsSurroundings {
  cells: KernelCells;
  executions: Executions;
  outputs: NotebookOutputs;
  backPressure: BackPressure;
  /** The kernel, started for the cell if there is none. */
  start(): KernelClient;
  /** Resolves when no restart is under way. */
  steady(): Promise<unknown>;
  /** Awaited before a cell is sent. */
  onWillRun(cell: vscode.NotebookCell): Promise<void>;
  /** `ran` is undefined when the kernel did not come to the end of it. */
  onFinish(cell: vscode.NotebookCell, success: boolean, ran: Ran | undefined): void;
}

export interface Running extends Waiting {
  /** Empty until the cell was sent. */
  msg_id: string;
  /** What waited when the cell was stopped was cancelled then; what was started since shall run. */
  stopped: boolean;
  /** Called with the kernel's time, in ms, when the cell's idle status comes. */
  onIdle(time: number): void;
}

/** Messages of widgets whose late output still finds its cell. */
const MOST_FOLLOWED = 1000;

export class CellRuns {
  readonly #around: RunsSurroundings;
  readonly #queue = new RunQueue();
  /** The cell that a request, and everything it causes however late, belongs to. */
  #cells = new Map<string, KernelCell>();
  /** Those of them that are no cells' requests, oldest first. */
  #followed: string[] = [];
  #running: Running | undefined;
  #draining = false;
  #drained: Promise<void> = Promise.resolve();

  constructor(around: RunsSurroundings) {
    this.#around = around;
  }

  get running(): Running | undefined {
    return this.#running;
  }
  /** Whether a cell is running or waits. */
  get isBusy(): boolean {
    return this.#draining;
  }

  /** Whether a cell runs, or will without being asked again. */
  has(cell: vscode.NotebookCell): boolean {
    const known = this.#around.cells.of(cell);
    return this.#running?.cell === known || this.#queue.has(known);
  }

  /** The cell that a request came from. */
  cellOf(msg_id: string): KernelCell | undefined {
    return this.#cells.get(msg_id);
  }
  /** What this message of a widget causes belongs to the cell. */
  follow(msg_id: string, cell: KernelCell): void {
    this.#cells.set(msg_id, cell);
    // A slider says something sixty times a second.
    this.#followed.push(msg_id);
    if (this.#followed.length > MOST_FOLLOWED) this.#cells.delete(this.#followed.shift()!);
  }
  /** A new process: nothing comes from the old one any more. */
  forget(): void {
    this.#cells = new Map();
    this.#followed = [];
  }

  /** Queues cells; one that runs or waits already is not queued again. */
  run(cells: readonly vscode.NotebookCell[]): void {
    for (const each of cells) {
      if (each.kind !== vscode.NotebookCellKind.Code) continue;
      const cell = this.#around.cells.of(each);
      if (this.#running?.cell === cell || this.#queue.has(cell)) continue;
      const execution = this.#around.executions.create(cell);
      if (execution) this.#queue.push({ cell, execution });
    }
    if (!this.#draining) this.#drained = this.#drain();
  }
  settled(): Promise<void> {
    return this.#drained;
  }

  /** Cancels what waits. What is queued from now on runs, however the running cell ends. */
  cancel(): void {
    this.#queue.cancel();
    if (this.#running) this.#running.stopped = true;
  }

  /** Cancels what waits; whether the kernel has to stop something too. */
  stop(): boolean {
    this.cancel();
    const running = this.#running;
    if (!running || running.msg_id !== "") return true;
    // The kernel has not started yet: the cell is simply not sent.
    running.execution.end(undefined);
    return false;
  }

  /** Ends everything: with `reason` in the running cell, or silently. */
  async end(reason?: ErrorContent): Promise<void> {
    this.cancel();
    const running = this.#running;
    if (!running) return;
    if (reason && running.execution.started) {
      await this.#around.outputs.of(running.cell).error(reason);
      running.execution.end(false, Date.now());
    } else {
      running.execution.end(undefined);
    }
  }

  /** Cells were deleted: those that wait must not run. (VS Code interrupts by itself when the one that runs goes.) */
  removed(cells: readonly vscode.NotebookCell[]): void {
    const gone = cells.map((cell) => this.#around.cells.of(cell));
    this.#queue.cancel(gone);
    for (const [id, cell] of this.#cells) if (gone.includes(cell)) this.#cells.delete(id);
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    try {
      for (let next = this.#queue.next(); next; next = this.#queue.next()) {
        await this.#around.steady();
        if (next.execution.ended) continue;
        const goOn = await this.#runCell(next);
        if (!goOn && !tagsOf(next.cell.current).includes("raises-exception")) this.#queue.cancel();
      }
    } finally {
      this.#draining = false;
    }
  }

  /** Whether the cells after this one may run. */
  async #runCell({ cell, execution }: Waiting): Promise<boolean> {
    const { outputs, backPressure } = this.#around;
    if (cell.current.document.getText().trim() === "") {
      execution.start(Date.now());
      await outputs.of(cell).begin(execution);
      execution.end(undefined);
      return true;
    }
    let idle!: (time: number) => void;
    const isIdle = new Promise<number>((resolve) => (idle = resolve));
    const running: Running = { cell, execution, msg_id: "", stopped: false, onIdle: idle };
    this.#running = running;
    let success = false;
    let ran: Ran | undefined;
    try {
      const client = this.#around.start();
      await client.ready;
      await this.#around.onWillRun(cell.current);
      // Stopped, deleted or closed while the kernel started.
      if (execution.ended || !cell.isThere) return (execution.end(undefined), running.stopped);
      const { msg_id, reply, metadata, code } = send(client, cell.current);
      running.msg_id = msg_id;
      this.#cells.set(msg_id, cell);
      const { status } = await reply;
      const dependencies = (await metadata)["gradbook_dependencies"] as CellDependencies | undefined;
      ran = dependencies && { ...dependencies, code };
      const time = await isIdle;
      await backPressure.settled();
      success = status === "ok";
      execution.end(success, time);
    } catch (error) {
      if (!execution.ended) await this.#fail(cell, execution, error as Error);
    } finally {
      if (this.#running === running) this.#running = undefined;
    }
    this.#around.onFinish(cell.current, success, ran);
    return success || running.stopped;
  }

  /** The kernel died under the cell, or did not start for it. */
  async #fail(cell: KernelCell, execution: CellExecution, { name, message }: Error): Promise<void> {
    const outputs = this.#around.outputs.of(cell);
    await this.#around.backPressure.settled();
    if (!execution.started) {
      execution.start(Date.now());
      await outputs.begin(execution);
    }
    const lost = name === "KernelDied" ? `${message}\nThe variables are lost. Restart the kernel to go on.` : message;
    await outputs.error(said(name === "KernelDied" ? name : "KernelNotStarted", lost));
    execution.end(false, Date.now());
  }
}

/** An error of ours, as the kernel would publish one. */
export const said = (ename: string, evalue: string): ErrorContent => ({
  ename,
  evalue,
  traceback: [`${ename}: ${evalue}`],
});

function send(client: KernelClient, cell: vscode.NotebookCell): ReturnType<KernelClient["execute"]> & { code: string } {
  // Read as late as this, so that what runs is what is seen.
  const code = cell.document.getText().replaceAll("\r\n", "\n");
  const sent = client.execute(
    { code, silent: false, store_history: true, allow_stdin: true, stop_on_error: false },
    { cellId: cell.metadata["id"] ?? cell.document.uri.toString() },
  );
  return { ...sent, code };
}

/** Tags as Jupyter stores them in a cell's metadata. */
function tagsOf({ metadata }: vscode.NotebookCell): string[] {
  const tags: unknown = (metadata["metadata"] as { tags?: unknown } | undefined)?.tags;
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
}
