/** What the user is told, and offered, when a kernel's process has ended by itself. */
import * as vscode from "vscode";
import { NOTEBOOK_TYPE } from "./ids.ts";
import type { Kernels } from "./kernels.ts";

export function announceDeaths(kernels: Kernels): vscode.Disposable {
  /** Cells under which a kernel died, until it lives again: commands cannot be linked from inside an output. */
  const marked = new Map<vscode.NotebookDocument, vscode.NotebookCell>();
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.NotebookCellStatusBarItemProvider = {
    onDidChangeCellStatusBarItems: changed.event,
    provideCellStatusBarItems(cell) {
      if (marked.get(cell.notebook) !== cell) return [];
      return [
        item("$(debug-restart) Restart kernel", "gradbook.restart"),
        item("$(output) Show log", "gradbook.showLog"),
      ];
    },
  };
  return vscode.Disposable.from(
    changed,
    vscode.notebooks.registerNotebookCellStatusBarItemProvider(NOTEBOOK_TYPE, provider),
    kernels.onDidDie(({ kernel, because, cell }) => {
      if (cell) marked.set(kernel.notebook, cell);
      changed.fire();
      void offer(kernel.notebook, because);
    }),
    kernels.onDidMove(({ from, to }) => {
      const cell = marked.get(from);
      if (cell && marked.delete(from) && cell.index < to.cellCount) marked.set(to, to.cellAt(cell.index));
      changed.fire();
    }),
    kernels.onDidChange(({ notebook, state }) => {
      if (state !== "dead" && marked.delete(notebook)) changed.fire();
    }),
  );
}

async function offer(notebook: vscode.NotebookDocument, because: string): Promise<void> {
  const name = notebook.uri.path.split("/").at(-1);
  const choice = await vscode.window.showErrorMessage(`The kernel of ${name} ${because}`, "Restart", "Show Log");
  if (choice === "Restart") await vscode.commands.executeCommand("gradbook.restart", notebook.uri);
  if (choice === "Show Log") await vscode.commands.executeCommand("gradbook.showLog");
}

function item(text: string, command: string): vscode.NotebookCellStatusBarItem {
  const made = new vscode.NotebookCellStatusBarItem(text, vscode.NotebookCellStatusBarAlignment.Left);
  made.command = command;
  return made;
}
