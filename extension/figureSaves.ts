/**
 * What a running figure or a widget shows is in the file when its notebook is saved. VS Code gives this 1.5 s and then saves without
 * it: where the window or this process was too busy for that, the notebook is saved a second time.
 */
import * as vscode from "vscode";
import type { NotebookKernel } from "./kernel.ts";

export class FigureSaves implements vscode.Disposable {
  readonly #underWay = new Map<vscode.NotebookDocument, Promise<unknown>>();
  /** Notebooks that are being saved a second time. */
  readonly #again = new Set<vscode.NotebookDocument>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(kernelOf: (notebook: vscode.NotebookDocument) => NotebookKernel | undefined) {
    this.#subscriptions = [
      vscode.workspace.onWillSaveNotebookDocument((event) => {
        const settling = kernelOf(event.notebook)?.settleFigures();
        if (!settling) return;
        if (settling.shown) this.#underWay.set(event.notebook, settling.shown);
        event.waitUntil(settling.enough);
      }),
      vscode.workspace.onDidSaveNotebookDocument((notebook) => void this.#saved(notebook)),
    ];
  }

  async #saved(notebook: vscode.NotebookDocument): Promise<void> {
    const settled = this.#underWay.get(notebook);
    this.#underWay.delete(notebook);
    if (!settled || this.#again.has(notebook)) return;
    this.#again.add(notebook);
    try {
      await settled;
      // What was put into it came after it was written.
      if (notebook.isDirty && !notebook.isClosed) await notebook.save();
    } finally {
      this.#again.delete(notebook);
    }
  }

  dispose(): void {
    for (const each of this.#subscriptions) each.dispose();
  }
}
