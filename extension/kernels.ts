/** The kernels by notebook: at most one for each, ended with its document. */
import * as vscode from "vscode";
import { NotebookKernel, type KernelSurroundings } from "./kernel.ts";

type Surroundings = Omit<KernelSurroundings, "onChange" | "onDeath">;

export interface KernelDeath {
  kernel: NotebookKernel;
  because: string;
  cell: vscode.NotebookCell | undefined;
}

export class Kernels implements vscode.Disposable {
  readonly #byNotebook = new Map<vscode.NotebookDocument, NotebookKernel>();
  readonly #around: Surroundings;
  readonly #changed = new vscode.EventEmitter<NotebookKernel>();
  readonly #died = new vscode.EventEmitter<KernelDeath>();
  readonly #subscriptions: vscode.Disposable[];
  /** A kernel's state or memory changed. */
  readonly onDidChange = this.#changed.event;
  readonly onDidDie = this.#died.event;

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
    for (const each of [...this.#subscriptions, this.#changed, this.#died]) each.dispose();
  }
}
