/** Writes a file that a figure made (a picture, a table) to where the user says. */
import * as vscode from "vscode";

export type SaveRequest = { type: "save"; name: string; mime: string } & ({ base64: string } | { text: string });

export async function saveAs(request: SaveRequest, notebook: vscode.NotebookDocument): Promise<void> {
  const folder = notebook.isUntitled
    ? vscode.workspace.workspaceFolders?.[0]?.uri
    : vscode.Uri.joinPath(notebook.uri, "..");
  const extension = request.name.split(".").at(-1)!;
  const target = await vscode.window.showSaveDialog({
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, request.name) }),
    filters: { [extension.toUpperCase()]: [extension] },
    title: `Save ${request.name}`,
  });
  if (!target) return;
  const bytes = "base64" in request ? Buffer.from(request.base64, "base64") : new TextEncoder().encode(request.text);
  try {
    await vscode.workspace.fs.writeFile(target, bytes);
  } catch (error) {
    void vscode.window.showErrorMessage(`${target.fsPath} could not be written: ${(error as Error).message}`);
  }
}
