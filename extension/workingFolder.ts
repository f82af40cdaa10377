import { homedir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { Kernels } from "./kernels.ts";

/** Where a notebook's cells run: its own folder; for one not saved yet the workspace, else the home folder. */
export function workingFolder(notebook: vscode.NotebookDocument): string {
  if (notebook.uri.scheme === "file") return path.dirname(notebook.uri.fsPath);
  return vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath ?? homedir();
}

/** A kernel whose notebook went to another folder stays in its own: what runs there may depend on it. The user learns it. */
export function announceFolders(kernels: Kernels): vscode.Disposable {
  return kernels.onDidMove(({ kernel, to }) => {
    const next = workingFolder(to);
    if (!kernel.client || kernel.folder === next) return;
    const text = `The kernel goes on in ${kernel.folder}, with its variables. Relative paths and imports are those of ${next} after a restart.`;
    void vscode.window.showInformationMessage(text, "Restart").then((choice) => {
      if (choice) void vscode.commands.executeCommand("gradbook.restart", to.uri);
    });
  });
}
