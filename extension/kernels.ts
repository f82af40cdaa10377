/** The kernels by notebook: at most one for each, ended with its document. */
import * as vscode from "vscode";
import type { KernelClient } from "../kernel/client/kernelClient.ts";
import { NotebookKernel, type KernelEvents, type KernelSurroundings } from "./kernel.ts";

type Surroundings = Omit<KernelSurroundings, keyof KernelEvents>;

export interface KernelDeath {
  kernel: NotebookKernel;
  because: string;
  cell: vscode.NotebookCell | undefined;
}
export interface FinishedCell {
  kernel: NotebookKernel;
  cell: vscode.NotebookCell;
  success: boolean;
}

export class Kernels implements vscode.Disposable {
  readonly #byNotebook = new Map<vscode.NotebookDocument, NotebookKernel>();
  readonly #around: Surroundings;
  readonly #changed = new vscode.EventEmitter<NotebookKernel>();
  readonly #started = new vscode.EventEmitter<{ kernel: NotebookKernel; client: KernelClient }>();
  readonly #ended = new vscode.EventEmitter<NotebookKernel>();
  readonly #finished = new vscode.EventEmitter<FinishedCell>();
  readonly #died = new vscode.EventEmitter<KernelDeath>();
  readonly #subscriptions: vscode.Disposable[];
  /** A kernel's state or memory changed. */
  readonly onDidChange = this.#changed.event;
  /** A process answers: the first one of a notebook, or a new one after a restart. */
  readonly onDidStart = this.#started.event;
  /** A process is gone, or going, with all it held: restarted, dead or closed. */
  readonly onDidEnd = this.#ended.event;
  /** A cell has run to its end, with all it published shown. */
  readonly onDidFinishCell = this.#finished.event;
  /** A process ended by itself; `onDidEnd` comes before. */
  readonly onDidDie = this.#died.event;

  /** Awaited before each cell is sent to its kernel. */
  onWillRunCell: (kernel: NotebookKernel, cell: vscode.NotebookCell) => Promise<void> = () => Promise.resolve();

  constructor(around: Surroundings) {
    this.#around = around;
    this.#subscriptions = [
      vscode.workspace.onDidCloseNotebookDocument((notebook) => this.end(notebook)),
      vscode.workspace.onDidChangeNotebookDocument(({ notebook, contentChanges }) => {
        const removed = contentChanges.flatMap(({ removedCells }) => removedCells).filter(({ index }) => index < 0);
        if (removed.length > 0) this.get(notebook)?.removed(removed);
      }),
      vscode.workspace.onWillSaveNotebookDocument((event) => {
        const kernel = this.get(event.notebook);
        if (kernel) event.waitUntil(kernel.settleFigures());
      }),
    ];
  }

  get(notebook: vscode.NotebookDocument): NotebookKernel | undefined {
    return this.#byNotebook.get(notebook);
  }

  /** The notebook's kernel, made (but not started) when there is none. */
  of(notebook: vscode.NotebookDocument): NotebookKernel {
    let kernel = this.get(notebook);
    if (!kernel) {
      const made: NotebookKernel = new NotebookKernel(notebook, {
        ...this.#around,
        onChange: () => this.#changed.fire(made),
        onStart: (client) => this.#started.fire({ kernel: made, client }),
        onEnd: () => this.#ended.fire(made),
        onWillRunCell: (cell) => this.onWillRunCell(made, cell),
        onFinishCell: (cell, success) => this.#finished.fire({ kernel: made, cell, success }),
        onDeath: (because, cell) => this.#died.fire({ kernel: made, because, cell }),
      });
      this.#byNotebook.set(notebook, (kernel = made));
    }
    return kernel;
  }

  end(notebook: vscode.NotebookDocument): void {
    const kernel = this.get(notebook);
    this.#byNotebook.delete(notebook);
    kernel?.dispose();
  }

  dispose(): void {
    for (const notebook of [...this.#byNotebook.keys()]) this.end(notebook);
    const emitters = [this.#changed, this.#started, this.#ended, this.#finished, this.#died];
    for (const each of [...this.#subscriptions, ...emitters]) each.dispose();
  }
}
