import * as vscode from "vscode";
import { LANGUAGE } from "../ids.ts";
import type { Command } from "./command.ts";
import { variableOf } from "./variableOf.ts";

/** Shows a variable in full: a cell `display(name)` below the selected one, run at once. */
export const displayVariable: Command = {
  id: "gradbook.displayVariable",
  async run({ variables }, argument) {
    const expression = variableOf(argument)?.expression;
    const { notebook, kernel } = variables;
    if (expression === undefined || !notebook || !kernel) return;
    const editor = vscode.window.visibleNotebookEditors.find((each) => each.notebook === notebook);
    const index = Math.min(editor?.selection.end ?? notebook.cellCount, notebook.cellCount);
    const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, `display(${expression})`, LANGUAGE);
    const edit = new vscode.WorkspaceEdit();
    edit.set(notebook.uri, [vscode.NotebookEdit.insertCells(index, [cell])]);
    if (!(await vscode.workspace.applyEdit(edit))) return;
    const range = new vscode.NotebookRange(index, index + 1);
    await vscode.window.showNotebookDocument(notebook, { selections: [range], preserveFocus: true });
    kernel.run([notebook.cellAt(index)]);
  },
};
