import ts from "typescript";
import type { FormattingOptions, TextEdit } from "vscode-languageserver-types";
import type { CellFile } from "../cellFile.ts";
import { Host } from "../host.ts";
import type { Method } from "../method.ts";
import { FORMAT, type NotebookService } from "../service.ts";

export const formatting: Method<"textDocument/formatting"> = (service, { textDocument, options }) => {
  const file = cellOf(service, textDocument.uri);
  return edits(file, service.ts.getFormattingEditsForDocument(Host.formatted(file.path), settings(options, file)));
};

export const rangeFormatting: Method<"textDocument/rangeFormatting"> = (service, { textDocument, range, options }) => {
  const file = cellOf(service, textDocument.uri);
  const { lines } = file.cell;
  const [start, end] = [lines.offset(range.start), lines.offset(range.end)];
  return edits(
    file,
    service.ts.getFormattingEditsForRange(Host.formatted(file.path), start, end, settings(options, file)),
  );
};

function cellOf(service: NotebookService, uri: string): CellFile {
  const file = service.notebook.cell(uri);
  service.notebook.link();
  return file;
}

function settings({ tabSize, insertSpaces }: FormattingOptions, { cell }: CellFile): ts.FormatCodeSettings {
  const newLineCharacter = cell.text.includes("\r\n") ? "\r\n" : "\n";
  return { ...FORMAT, newLineCharacter, tabSize, indentSize: tabSize, convertTabsToSpaces: insertSpaces };
}

/** The text is formatted without generated code, so its offsets are the cell's. Lines for the shell stay as they are. */
function edits({ cell }: CellFile, changes: readonly ts.TextChange[]): TextEdit[] {
  return changes
    .filter(({ span }) => !cell.commands.some(({ start, end }) => span.start < end && span.start + span.length > start))
    .map(({ span: { start, length }, newText }) => ({
      range: { start: cell.lines.position(start), end: cell.lines.position(start + length) },
      newText,
    }));
}
