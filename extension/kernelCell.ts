/**
 * A cell as its kernel holds on to it. When a notebook's file gets another name VS Code makes a new document with new
 * cells; whatever belongs to a cell of the kernel then goes on under the cell that took its place.
 */
import type * as vscode from "vscode";

export class KernelCell {
  current: vscode.NotebookCell;

  constructor(cell: vscode.NotebookCell) {
    this.current = cell;
  }

  /** Whether it can still show something: not deleted, and its document is open. */
  get isThere(): boolean {
    return this.current.index >= 0 && !this.current.notebook.isClosed;
  }
}

export class KernelCells {
  readonly #byCell = new WeakMap<vscode.NotebookCell, KernelCell>();

  of(cell: vscode.NotebookCell): KernelCell {
    let known = this.#byCell.get(cell);
    if (!known) this.#byCell.set(cell, (known = new KernelCell(cell)));
    return known;
  }
}
