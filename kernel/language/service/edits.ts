/** TypeScript's changes of a cell's code as changes of the cell. */
import type ts from "typescript";
import type { TextEdit } from "vscode-languageserver-types";
import type { CellFile } from "./cellFile.ts";
import type { NotebookService } from "./service.ts";

/** Undefined when something would have to change that the user cannot see. */
export function editsOf(
  service: NotebookService,
  file: CellFile,
  changes: readonly ts.TextChange[],
): TextEdit[] | undefined {
  const edits: TextEdit[] = [];
  for (const { span, newText } of changes) {
    const range = service.range(file, span);
    if (range) edits.push({ range, newText });
    else if (span.length === 0 && /^\s*import\b/.test(newText)) edits.push(newImport(file, newText.trim()));
    else return undefined;
  }
  return edits;
}

/** An import that TypeScript would sort among the generated ones goes below the cell's own. */
function newImport({ cell }: CellFile, statement: string): TextEdit {
  const at = cell.lines.position(cell.importsAt);
  const onNewLine = at.character === 0;
  return { range: { start: at, end: at }, newText: onNewLine ? `${statement}\n` : `\n${statement}` };
}
