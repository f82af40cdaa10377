/**
 * Ends the kernel of a notebook whose last tab was closed. Mostly its document closes as well; but VS Code keeps that for
 * minutes when anybody has asked for it meanwhile, and a process that nobody sees would keep its memory as long.
 */
import * as vscode from "vscode";
import type { NotebookKernel } from "./kernel.ts";
import { notebooksInTabs } from "./tabs.ts";

export interface UnseenSurroundings {
  kernels(): Iterable<NotebookKernel>;
  /** Whether the notebook may be on its way to another name. */
  mayLeave(kernel: NotebookKernel): boolean;
  end(kernel: NotebookKernel): void;
}

/** A tab that moves to another group or window is gone for a moment, in ms. */
const GONE_MS = 2000;

export class Unseen implements vscode.Disposable {
  readonly #around: UnseenSurroundings;
  /** URIs that had a tab. A notebook that was opened by code, without one, is not ours to end. */
  readonly #seen = notebooksInTabs();
  readonly #subscriptions: vscode.Disposable[];
  #timer: NodeJS.Timeout | undefined;

  constructor(around: UnseenSurroundings) {
    this.#around = around;
    this.#subscriptions = [
      vscode.window.tabGroups.onDidChangeTabs(() => this.#look()),
      vscode.workspace.onDidCloseNotebookDocument(({ uri }) => this.#seen.delete(uri.toString())),
    ];
  }

  #look(): void {
    if (this.#unseen().length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      for (const kernel of this.#unseen()) this.#around.end(kernel);
    }, GONE_MS);
  }

  #unseen(): NotebookKernel[] {
    const shown = notebooksInTabs();
    for (const uri of shown) this.#seen.add(uri);
    return [...this.#around.kernels()].filter((kernel) => {
      const uri = kernel.notebook.uri.toString();
      return this.#seen.has(uri) && !shown.has(uri) && !this.#around.mayLeave(kernel);
    });
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
