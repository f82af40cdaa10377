import { homedir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";

/** Where a notebook's cells run: its own folder; for one not saved yet the workspace, else the home folder. */
export function workingFolder(notebook: vscode.NotebookDocument): string {
  if (notebook.uri.scheme === "file") return path.dirname(notebook.uri.fsPath);
  return vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath ?? homedir();
}
