import * as vscode from "vscode";

/** The URIs of the notebooks that tabs of any window show. */
export function notebooksInTabs(): Set<string> {
  const inputs = vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ input }) => input));
  return new Set(inputs.flatMap((input) => (input instanceof vscode.TabInputNotebook ? [input.uri.toString()] : [])));
}
export const hasTab = (uri: string): boolean => notebooksInTabs().has(uri);
