/** The stop button: what runs is stopped, harder with each press; a kernel that does not react is offered a restart. */
import * as vscode from "vscode";
import type { Debugging } from "./debug/debugging.ts";
import type { NotebookKernel } from "./kernel.ts";
import type { Kernels } from "./kernels.ts";

/** How long a cell may go on after the button, in ms, before a restart is offered. */
const CELL_MS = 10_000;
/** The same for a kernel that does not even answer, which no cell can keep it from. */
const ANSWER_MS = 5000;

export class Interrupts {
  readonly #kernels: Kernels;
  readonly #debugging: Debugging;
  /** Kernels for which somebody waits already: each press is another call. */
  readonly #watched = new WeakSet<NotebookKernel>();

  constructor(kernels: Kernels, debugging: Debugging) {
    this.#kernels = kernels;
    this.#debugging = debugging;
  }

  /** With no cell running, what earlier cells left running (timers, promises) is stopped. */
  async stop(notebook: vscode.NotebookDocument): Promise<void> {
    // In a notebook that was renamed or saved just now, the press is meant for what comes over to it.
    await this.#kernels.arrival(notebook);
    const kernel = this.#kernels.get(notebook);
    // VS Code stops what runs in a document that it closes, also when another one takes its place.
    if (!kernel || notebook.isClosed || this.#kernels.isLeaving(notebook)) return;
    const answered = this.#send(kernel);
    if (!kernel.isRunning || this.#watched.has(kernel)) return;
    this.#watched.add(kernel);
    try {
      await this.#watch(kernel, answered);
    } finally {
      this.#watched.delete(kernel);
    }
  }

  async #send(kernel: NotebookKernel): Promise<void> {
    try {
      await kernel.interrupt();
      await this.#debugging.stopCell(kernel);
    } catch {
      // The kernel has ended meanwhile: its cell says so.
    }
  }

  async #watch(kernel: NotebookKernel, answered: Promise<void>): Promise<void> {
    const pid = kernel.pid;
    const { stopped, dispose } = this.#whenStopped(kernel);
    try {
      const answers = await within(ANSWER_MS, Promise.race([answered, stopped]));
      if (answers && (await within(CELL_MS, stopped))) return;
      // Restarted meanwhile, by another way.
      if (kernel.pid !== pid) return;
      const what = answers ? "The cell has not stopped." : "The kernel does not answer.";
      const text = `${what} A restart ends its process; the variables are lost.`;
      const choice = await vscode.window.showWarningMessage(text, "Restart", "Go on Waiting");
      if (choice === "Restart" && kernel.pid === pid) {
        // That it did not start is said elsewhere.
        await kernel.restart().catch(() => {});
      }
    } finally {
      dispose();
    }
  }

  #whenStopped(kernel: NotebookKernel): { stopped: Promise<void>; dispose(): void } {
    let dispose!: () => void;
    const stopped = new Promise<void>((resolve) => {
      const subscription = this.#kernels.onDidChange((changed) => {
        if (changed === kernel && kernel.state !== "busy") resolve();
      });
      dispose = () => subscription.dispose();
    });
    return { stopped, dispose };
  }
}

/** Whether the promise settles in time. */
async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, ms, false)));
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
