import * as vscode from "vscode";
import { activeNotebook } from "./activeNotebook.ts";
import type { Command } from "./command.ts";

/** Runs the cells above the selected one, and not the selected one itself. */
export const runAllAbove: Command = {
  id: "gradbook.runAllAbove",
  async run(_context, argument) {
    const notebook = activeNotebook(argument);
    const editor = vscode.window.visibleNotebookEditors.find((candidate) => candidate.notebook === notebook);
    if (!notebook || !editor || editor.selection.start === 0) return;
    await vscode.commands.executeCommand("notebook.cell.execute", {
      ranges: [{ start: 0, end: editor.selection.start }],
      document: notebook.uri,
    });
  },
};
