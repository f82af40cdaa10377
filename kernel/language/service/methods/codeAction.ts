import { pathToFileURL } from "node:url";
import ts from "typescript";
import type { CodeAction, Diagnostic, TextEdit } from "vscode-languageserver-types";
import type { CellFile } from "../cellFile.ts";
import { editsOf } from "../edits.ts";
import { Lines } from "../lines.ts";
import { missingAwait } from "../missingAwait.ts";
import type { Method } from "../method.ts";
import { FORMAT, type NotebookService } from "../service.ts";

const ORGANIZE_IMPORTS = "source.organizeImports";

export const codeAction: Method<"textDocument/codeAction"> = (service, { textDocument, context }) => {
  const file = service.notebook.cell(textDocument.uri);
  service.notebook.link();
  const wanted = (kind: string): boolean =>
    !context.only || context.only.some((only) => kind === only || kind.startsWith(`${only}.`));
  return [
    ...(wanted("quickfix") ? quickFixes(service, file, context.diagnostics) : []),
    ...(context.only && wanted(ORGANIZE_IMPORTS) ? organizeImports(service, file) : []),
  ];
};

function quickFixes(service: NotebookService, file: CellFile, diagnostics: readonly Diagnostic[]): CodeAction[] {
  const found = new Map<string, CodeAction>();
  for (const diagnostic of diagnostics) {
    if (typeof diagnostic.code !== "number") continue;
    const { lines } = file.cell;
    const start = file.toCode(lines.offset(diagnostic.range.start));
    const end = file.toCode(lines.offset(diagnostic.range.end));
    const preferences = service.preferences(file);
    const fixes = service.ts.getCodeFixesAtPosition(file.path, start, end, [diagnostic.code], FORMAT, preferences);
    const awaited = missingAwait(service, file, start, diagnostic.code);
    const edits = awaited && editsOf(service, file, awaited);
    if (edits) found.set("await", quickFix("Add 'await'", diagnostic, { [file.uri!]: edits }, true));
    // Commands install packages by the editor's own means; here `!npm install` does.
    for (const { description, changes, commands, fixName } of commandsLast(fixes)) {
      if (commands?.length) continue;
      const edits = workspaceEdit(service, changes);
      if (!edits || found.has(JSON.stringify(edits))) continue;
      const action = quickFix(service.readable(description), diagnostic, edits, PREFERRED.includes(fixName));
      found.set(JSON.stringify(edits), action);
    }
  }
  return [...found.values()];
}

function quickFix(
  title: string,
  diagnostic: Diagnostic,
  changes: { [uri: string]: TextEdit[] },
  isPreferred: boolean,
): CodeAction {
  return { title, kind: "quickfix", diagnostics: [diagnostic], edit: { changes }, ...(isPreferred && { isPreferred }) };
}

/** What is nearly always meant. */
const PREFERRED: readonly string[] = ["spelling", "fixAwaitInSyncFunction", "addMissingAwait", "fixOverrideModifier"];

function commandsLast(fixes: readonly ts.CodeFixAction[]): ts.CodeFixAction[] {
  return fixes.toSorted((a, b) => (a.commands?.length ?? 0) - (b.commands?.length ?? 0));
}

/** Undefined when something would change that is not the user's. */
function workspaceEdit(
  service: NotebookService,
  changes: readonly ts.FileTextChanges[],
): { [uri: string]: TextEdit[] } | undefined {
  const all: { [uri: string]: TextEdit[] } = {};
  for (const { fileName, textChanges, isNewFile } of changes) {
    if (isNewFile || service.host.isShipped(fileName) || fileName.includes("/node_modules/")) return undefined;
    const cell = service.notebook.fileAt(fileName);
    const edits = cell
      ? cell.uri !== undefined && editsOf(service, cell, textChanges)
      : fileEdits(fileName, textChanges);
    if (!edits) return undefined;
    if (edits.length > 0) all[cell?.uri ?? pathToFileURL(fileName).href] = edits;
  }
  return Object.keys(all).length > 0 ? all : undefined;
}

function fileEdits(fileName: string, changes: readonly ts.TextChange[]): TextEdit[] {
  const lines = new Lines(ts.sys.readFile(fileName) ?? "");
  return changes.map(({ span: { start, length }, newText }) => ({
    range: { start: lines.position(start), end: lines.position(start + length) },
    newText,
  }));
}

/** Sorts and merges; what looks unused here may be used by another cell. */
function organizeImports(service: NotebookService, file: CellFile): CodeAction[] {
  const [changes] = service.ts.organizeImports(
    { type: "file", fileName: file.path, mode: ts.OrganizeImportsMode.SortAndCombine },
    FORMAT,
    service.preferences(file),
  );
  const edits = (changes?.textChanges ?? []).flatMap((change) => editsOf(service, file, [change]) ?? []);
  if (edits.length === 0) return [];
  return [{ title: "Organize Imports", kind: ORGANIZE_IMPORTS, edit: { changes: { [file.uri!]: edits } } }];
}
