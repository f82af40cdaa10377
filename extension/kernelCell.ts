/**
 * A cell as its kernel holds on to it. When a notebook's file gets another name VS Code makes a new document with new
 * cells; whatever belongs to a cell of the kernel then goes on under the cell that took its place.
 */
import type * as vscode from "vscode";

export class KernelCell {
  current: vscode.NotebookCell;
  /** Our numbers of the outputs that it had when its document was replaced, by position; see outputs.ts. */
  numbers: readonly unknown[] = [];

  constructor(cell: vscode.NotebookCell) {
    this.current = cell;
  }

  /** Whether it can still show something: not deleted, and its document is open. */
  get isThere(): boolean {
    return this.current.index >= 0 && !this.current.notebook.isClosed;
  }
}

export interface MovedCell {
  cell: KernelCell;
  /** What it was in the old document. */
  before: vscode.NotebookCell;
}

export class KernelCells {
  readonly #byCell = new WeakMap<vscode.NotebookCell, KernelCell>();

  of(cell: vscode.NotebookCell): KernelCell {
    let known = this.#byCell.get(cell);
    if (!known) this.#byCell.set(cell, (known = new KernelCell(cell)));
    return known;
  }

  /** Returns the cells that moved. The cells of `from` go on as those of `to`, in their order; a cell without a counterpart stays behind. */
  move(from: vscode.NotebookDocument, to: vscode.NotebookDocument): MovedCell[] {
    const moved: MovedCell[] = [];
    const successors = to.getCells();
    for (const [i, before] of from.getCells().entries()) {
      const cell = this.#byCell.get(before);
      const successor = successors[i];
      if (!cell || successor?.kind !== before.kind) continue;
      cell.current = successor;
      this.#byCell.set(successor, cell);
      moved.push({ cell, before });
    }
    return moved;
  }
}
