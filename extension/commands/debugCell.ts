import * as vscode from "vscode";
import type { Command } from "./command.ts";

/** Runs a cell with the debugger attached; it leaves when the cell has ended, unless it was there before. */
export const debugCell: Command = {
  id: "gradbook.debugCell",
  async run({ kernels, debugging }, argument) {
    const cell = cellOf(argument);
    if (!cell || !vscode.workspace.isTrusted) return;
    const kernel = kernels.of(cell.notebook);
    const was = debugging.has(kernel);
    try {
      await debugging.attach(kernel);
      kernel.run([cell]);
      await kernel.settled();
    } catch (error) {
      void vscode.window.showErrorMessage((error as Error).message);
    } finally {
      if (!was) await debugging.detach(kernel);
    }
  },
};

/** The cell of a menu, or the one in front. */
function cellOf(argument: unknown): vscode.NotebookCell | undefined {
  if (argument && typeof argument === "object" && "document" in argument) return argument as vscode.NotebookCell;
  const editor = vscode.window.activeNotebookEditor;
  return editor?.notebook.cellAt(editor.selection.start);
}
