import ts from "typescript";
import type { Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity } from "vscode-languageserver-types";
import { findJsx, NO_JSX } from "../../erase.ts";
import type { CellFile } from "../cellFile.ts";
import { messageFor } from "../messages.ts";
import type { Method } from "../method.ts";
import type { NotebookService } from "../service.ts";

export const diagnostics: Method<"notebook/diagnostics"> = (service) => {
  service.host.refresh();
  return Object.fromEntries(service.notebook.cells.map((file) => [file.uri!, diagnosticsOf(service, file)]));
};

/** Of one cell of the document. */
export function diagnosticsOf(service: NotebookService, file: CellFile): Diagnostic[] {
  const { ts: language } = service;
  const syntactic = language.getSyntacticDiagnostics(file.path);
  const jsx = syntactic.length > 0 ? findJsx(file.cell.code) : undefined;
  if (jsx) {
    // What TypeScript says of it misleads: it takes the tags for comparisons and regular expressions.
    const { lines } = file.cell;
    const range = { start: lines.position(jsx.start), end: lines.position(jsx.start + jsx.length) };
    return [{ range, message: NO_JSX, severity: 1, source: "ts" }];
  }
  const found = [
    ...syntactic,
    ...language.getSemanticDiagnostics(file.path),
    ...language.getSuggestionDiagnostics(file.path),
  ];
  service.host.settled();
  return found.flatMap((diagnostic) => {
    if (isPedantic(diagnostic.code) || diagnostic.start === undefined) return [];
    const range = service.range(file, { start: diagnostic.start, length: diagnostic.length ?? 0 });
    if (!range) return [];
    const shown: Diagnostic = {
      range,
      message: messageFor(diagnostic, service.readable(text(diagnostic)), file),
      severity: SEVERITIES[diagnostic.category],
      code: diagnostic.code,
      source: "ts",
    };
    const tags: (1 | 2)[] = [];
    if (diagnostic.reportsUnnecessary) tags.push(1);
    if (diagnostic.reportsDeprecated) tags.push(2);
    if (tags.length > 0) shown.tags = tags;
    const related = (diagnostic.relatedInformation ?? []).flatMap((information) => relatedTo(service, information));
    if (related.length > 0) shown.relatedInformation = related;
    return [shown];
  });
}

function relatedTo(service: NotebookService, related: ts.DiagnosticRelatedInformation): DiagnosticRelatedInformation[] {
  const { file, start, length } = related;
  const location = file && start !== undefined && service.location(file.fileName, { start, length: length ?? 0 });
  return location ? [{ location, message: service.readable(text(related)) }] : [];
}

function text({ messageText }: { messageText: string | ts.DiagnosticMessageChain }): string {
  return ts.flattenDiagnosticMessageText(messageText, "\n");
}

const SEVERITIES: { [category in ts.DiagnosticCategory]: DiagnosticSeverity } = {
  [ts.DiagnosticCategory.Error]: 1,
  [ts.DiagnosticCategory.Warning]: 2,
  [ts.DiagnosticCategory.Message]: 3,
  [ts.DiagnosticCategory.Suggestion]: 4,
};

/**
 * What a notebook is right to leave out. `noImplicitAny` is on all the same: only with it TypeScript finds the type of
 * `const losses = []` from what is pushed.
 */
function isPedantic(code: number): boolean {
  return PEDANTIC.some(([from, to]) => code >= from && code <= to);
}
const PEDANTIC: readonly [from: number, to: number][] = [
  // Something is implicitly `any`, or a module has no types.
  ...([[7005, 7026], [7031, 7034], [7039, 7039], [7043, 7053], [7055, 7055], [7057, 7057]] as [number, number][]), // prettier-ignore
  // An unused label: `{ a: 1 }` that is about to become an object. The left side of a comma.
  [7028, 7028],
  [2695, 2695],
  // JSON imported without saying so: the kernel needs no attribute.
  [1543, 1543],
  // "This may be converted to an ES module" and the like.
  [80001, 80005],
];
