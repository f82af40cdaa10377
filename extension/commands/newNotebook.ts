import * as vscode from "vscode";
import { KERNELSPEC, LANGUAGE, LANGUAGE_INFO, NOTEBOOK_TYPE } from "../ids.ts";
import type { Command } from "./command.ts";

/** Opens an untitled notebook with one empty TypeScript cell, ready to type in. */
export const newNotebook: Command = {
  id: "gradbook.newNotebook",
  async run() {
    const data = new vscode.NotebookData([new vscode.NotebookCellData(vscode.NotebookCellKind.Code, "", LANGUAGE)]);
    data.metadata = {
      cells: [],
      metadata: { kernelspec: KERNELSPEC, language_info: LANGUAGE_INFO },
      nbformat: 4,
      nbformat_minor: 5,
    };
    const notebook = await vscode.workspace.openNotebookDocument(NOTEBOOK_TYPE, data);
    await vscode.window.showNotebookDocument(notebook);
    await vscode.commands.executeCommand("notebook.cell.edit");
  },
};
