import * as vscode from "vscode";

/**
 * The notebook that a command is for: a toolbar gives its URI in one form or another, a link its URI; else the one in
 * front.
 */
export function activeNotebook(argument: unknown): vscode.NotebookDocument | undefined {
  const uri = uriOf(argument)?.toString();
  const named = uri && vscode.workspace.notebookDocuments.find((notebook) => notebook.uri.toString() === uri);
  return named || vscode.window.activeNotebookEditor?.notebook;
}

function uriOf(argument: unknown): vscode.Uri | undefined {
  if (argument instanceof vscode.Uri) return argument;
  // The notebook's toolbar: { notebookEditor: { notebookUri } }.
  const editor = (argument as { notebookEditor?: { notebookUri?: unknown } } | undefined)?.notebookEditor;
  return editor?.notebookUri instanceof vscode.Uri ? editor.notebookUri : undefined;
}
