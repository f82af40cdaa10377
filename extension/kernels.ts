/** The kernels by notebook: at most one for each, ended with its document unless another one takes its place. */
import * as vscode from "vscode";
import type { KernelClient } from "../kernel/client/kernelClient.ts";
import type { Ran } from "./stale/cellHistory.ts";
import { FigureSaves } from "./figureSaves.ts";
import { NotebookKernel, type KernelEvents, type KernelSurroundings } from "./kernel.ts";
import { Moves } from "./moves.ts";
import { Unseen } from "./unseen.ts";

type Surroundings = Omit<KernelSurroundings, keyof KernelEvents>;

export interface KernelDeath {
  kernel: NotebookKernel;
  because: string;
  cell: vscode.NotebookCell | undefined;
}
export interface KernelMove {
  kernel: NotebookKernel;
  from: vscode.NotebookDocument;
  to: vscode.NotebookDocument;
}
export interface FinishedCell {
  kernel: NotebookKernel;
  cell: vscode.NotebookCell;
  success: boolean;
  /** What was run and what it had to do with the variables; undefined when the kernel did not come to its end. */
  ran: Ran | undefined;
}

export class Kernels implements vscode.Disposable {
  readonly #byNotebook = new Map<vscode.NotebookDocument, NotebookKernel>();
  readonly #around: Surroundings;
  readonly #changed = new vscode.EventEmitter<NotebookKernel>();
  readonly #started = new vscode.EventEmitter<{ kernel: NotebookKernel; client: KernelClient }>();
  readonly #ended = new vscode.EventEmitter<NotebookKernel>();
  readonly #finished = new vscode.EventEmitter<FinishedCell>();
  readonly #died = new vscode.EventEmitter<KernelDeath>();
  readonly #moved = new vscode.EventEmitter<KernelMove>();
  readonly #moves: Moves;
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
  /** The notebook was renamed or saved under another name: the kernel goes on with its new document, and new cells. */
  readonly onDidMove = this.#moved.event;

  /** Awaited before each cell is sent to its kernel. */
  onWillRunCell: (kernel: NotebookKernel, cell: vscode.NotebookCell) => Promise<void> = () => Promise.resolve();

  constructor(around: Surroundings) {
    this.#around = around;
    this.#moves = new Moves({
      kernels: () => this.#byNotebook.values(),
      move: (kernel, to) => this.#move(kernel, to),
      isAlive: (uri) =>
        [...this.#byNotebook].some(([{ uri: own }, { pid }]) => own.toString() === uri && pid !== undefined),
      end: (kernel) => {
        this.end(kernel.notebook);
        around.figures.forget(kernel.notebook);
      },
    });
    this.#subscriptions = [
      this.#moves,
      new Unseen({
        kernels: () => this.#byNotebook.values(),
        mayLeave: (kernel) => this.#moves.has(kernel),
        end: (kernel) => this.end(kernel.notebook),
      }),
      vscode.workspace.onDidCloseNotebookDocument((notebook) => this.#closed(notebook)),
      vscode.workspace.onDidChangeNotebookDocument(({ notebook, contentChanges }) => {
        const removed = contentChanges.flatMap(({ removedCells }) => removedCells).filter(({ index }) => index < 0);
        if (removed.length > 0) this.get(notebook)?.removed(removed);
      }),
      new FigureSaves((notebook) => this.get(notebook)),
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
        onFinishCell: (cell, success, ran) => this.#finished.fire({ kernel: made, cell, success, ran }),
        onDeath: (because, cell) => this.#died.fire({ kernel: made, because, cell }),
      });
      this.#byNotebook.set(notebook, (kernel = made));
    }
    return kernel;
  }

  /** The notebook has our controller now, or no more. */
  setSelected(notebook: vscode.NotebookDocument, selected: boolean): void {
    this.#moves.setSelected(notebook, selected);
    const kernel = this.get(notebook);
    // VS Code takes the controller from an untitled notebook when it is saved as a file, before it closes it.
    const isSaved = notebook.isUntitled && kernel !== undefined && this.#moves.mayLeave(kernel);
    if (!selected && !isSaved) this.end(notebook);
  }
  /** Whether the notebook is about to be replaced: what VS Code stops then is not for the kernel. */
  isLeaving(notebook: vscode.NotebookDocument): boolean {
    const kernel = this.get(notebook);
    return kernel !== undefined && this.#moves.isLeaving(kernel);
  }
  /** Whether the kernel of another document is about to come over to this one. */
  isAwaited(notebook: vscode.NotebookDocument): boolean {
    return this.#moves.isAwaited(notebook);
  }
  /** Resolves when no kernel of another document is on its way to this one any more. */
  arrival(notebook: vscode.NotebookDocument): Promise<void> {
    return this.#moves.arrival(notebook);
  }

  #closed(notebook: vscode.NotebookDocument): void {
    const kernel = this.get(notebook);
    if (kernel && this.#moves.closed(kernel)) return;
    this.end(notebook);
    this.#around.figures.forget(notebook);
  }

  #move(kernel: NotebookKernel, to: vscode.NotebookDocument): void {
    const from = kernel.notebook;
    // One that was started for the new document and has run nothing, or whose file was overwritten.
    this.end(to);
    this.#byNotebook.delete(from);
    this.#byNotebook.set(to, kernel);
    kernel.move(to);
    this.#moved.fire({ kernel, from, to });
    this.#changed.fire(kernel);
  }

  end(notebook: vscode.NotebookDocument): void {
    const kernel = this.get(notebook);
    this.#byNotebook.delete(notebook);
    if (!kernel) return;
    this.#moves.forget(kernel);
    kernel.dispose();
  }

  dispose(): void {
    for (const notebook of [...this.#byNotebook.keys()]) this.end(notebook);
    const emitters = [this.#changed, this.#started, this.#ended, this.#finished, this.#died, this.#moved];
    for (const each of [...this.#subscriptions, ...emitters]) each.dispose();
  }
}
