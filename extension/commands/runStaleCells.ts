import * as vscode from "vscode";
import { activeNotebook } from "./activeNotebook.ts";
import type { Command } from "./command.ts";

/** Runs the cells that are marked as stale, from top to bottom. */
export const runStaleCells: Command = {
  id: "gradbook.runStaleCells",
  async run({ stale }, argument) {
    const notebook = activeNotebook(argument);
    if (!notebook) return;
    const cells = stale.of(notebook);
    if (cells.length === 0) {
      void vscode.window.showInformationMessage(
        "No cell is stale: every one that has run shows what it would show now.",
      );
      return;
    }
    await vscode.commands.executeCommand("notebook.cell.execute", {
      ranges: cells.map(({ index }) => ({ start: index, end: index + 1 })),
      document: notebook.uri,
    });
  },
};
