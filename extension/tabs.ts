import * as vscode from "vscode";

/** The URIs of the notebooks that tabs of any window show, alone or beside another version. */
export function notebooksInTabs(): Set<string> {
  const inputs = vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ input }) => input));
  const uris = inputs.flatMap((input) => {
    if (input instanceof vscode.TabInputNotebook) return [input.uri];
    return input instanceof vscode.TabInputNotebookDiff ? [input.original, input.modified] : [];
  });
  return new Set(uris.map(String));
}
export const hasTab = (uri: string): boolean => notebooksInTabs().has(uri);
