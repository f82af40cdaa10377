/** What the editor is told about a cell, by whoever has something to say: Gradbook, and VS Code's own TypeScript. */
import * as vscode from "vscode";
import { placeIn } from "./cellEditor.ts";
import { until } from "./notebooks.ts";

export const ask = <T>(
  command: string,
  cell: vscode.NotebookCell,
  where: Parameters<typeof placeIn>[1],
  ...rest: unknown[]
) => vscode.commands.executeCommand<T>(command, cell.document.uri, placeIn(cell.document, where), ...rest);

/** Texts of all hovers there, of whoever shows one. */
export async function hovers(cell: vscode.NotebookCell, where: Parameters<typeof placeIn>[1]): Promise<string[]> {
  const found = await ask<vscode.Hover[]>("vscode.executeHoverProvider", cell, where);
  return found.map(({ contents }) => contents.map((part) => (typeof part === "string" ? part : part.value)).join("\n"));
}

export const problems = (cell: vscode.NotebookCell): string[] =>
  vscode.languages
    .getDiagnostics(cell.document.uri)
    .map(({ message, severity, range }) => `${vscode.DiagnosticSeverity[severity]} ${range.start.line}: ${message}`);

/** The problems of a cell once `wanted` is true of them. */
export const problemsOf = (cell: vscode.NotebookCell, wanted: (found: string[]) => boolean): Promise<string[]> =>
  until(`other problems than ${JSON.stringify(problems(cell))}`, () => wanted(problems(cell)) && problems(cell));
