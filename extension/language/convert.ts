/** Shapes of the Language Server Protocol as VS Code's, and back. Positions are the same in both: line and UTF-16 unit from 0. */
import * as vscode from "vscode";
import type * as lsp from "vscode-languageserver-types";

export const position = ({ line, character }: lsp.Position): vscode.Position => new vscode.Position(line, character);

export const range = ({ start, end }: lsp.Range): vscode.Range => new vscode.Range(position(start), position(end));

export const lspRange = ({ start, end }: vscode.Range): lsp.Range => ({
  start: lspPosition(start),
  end: lspPosition(end),
});

export const lspPosition = ({ line, character }: vscode.Position): lsp.Position => ({ line, character });

export const location = ({ uri, range: at }: lsp.Location): vscode.Location =>
  new vscode.Location(vscode.Uri.parse(uri), range(at));

export const textEdit = ({ range: at, newText }: lsp.TextEdit): vscode.TextEdit =>
  vscode.TextEdit.replace(range(at), newText);

export function workspaceEdit({ changes = {}, documentChanges = [] }: lsp.WorkspaceEdit): vscode.WorkspaceEdit {
  const edit = new vscode.WorkspaceEdit();
  for (const [uri, edits] of Object.entries(changes)) edit.set(vscode.Uri.parse(uri), edits.map(textEdit));
  for (const change of documentChanges) {
    if (!("textDocument" in change))
      throw new Error(`The kernel wants to ${change.kind} a file, which no edit of a cell does.`);
    const edits = change.edits.map((each) => {
      if (!("newText" in each))
        throw new Error("The kernel sent a snippet as an edit, which only a completion may be.");
      return textEdit(each);
    });
    edit.set(vscode.Uri.parse(change.textDocument.uri), edits);
  }
  return edit;
}

export function markdown(content: lsp.MarkupContent | lsp.MarkedString | undefined): vscode.MarkdownString | undefined {
  if (content === undefined) return undefined;
  if (typeof content === "string") return new vscode.MarkdownString(content);
  if ("language" in content) return new vscode.MarkdownString().appendCodeblock(content.value, content.language);
  return content.kind === "markdown"
    ? new vscode.MarkdownString(content.value)
    : new vscode.MarkdownString().appendText(content.value);
}

export function hover({ contents, range: at }: lsp.Hover): vscode.Hover {
  const parts = (Array.isArray(contents) ? contents : [contents]).map((part) => markdown(part)!);
  return new vscode.Hover(parts, at && range(at));
}

/** Both count the kinds alike, one from 1 and the other from 0. */
export const completionKind = (kind: lsp.CompletionItemKind): vscode.CompletionItemKind => kind - 1;

export function completionItem(
  from: lsp.CompletionItem,
  { commitCharacters }: Pick<lsp.CompletionItem, "commitCharacters"> = {},
): vscode.CompletionItem {
  const { label, labelDetails, kind, textEdit: edit } = from;
  const item = new vscode.CompletionItem(labelDetails ? { label, ...labelDetails } : label);
  if (kind) item.kind = completionKind(kind);
  if (from.tags) item.tags = from.tags as number[];
  if (from.sortText !== undefined) item.sortText = from.sortText;
  if (from.filterText !== undefined) item.filterText = from.filterText;
  if (from.preselect !== undefined) item.preselect = from.preselect;
  const commit = from.commitCharacters ?? commitCharacters;
  if (commit) item.commitCharacters = commit;
  const text = edit?.newText ?? from.textEditText ?? from.insertText;
  const isSnippet = from.insertTextFormat === 2;
  if (text !== undefined) item.insertText = isSnippet ? new vscode.SnippetString(text) : text;
  if (edit) {
    item.range =
      "range" in edit ? range(edit.range) : { inserting: range(edit.insert), replacing: range(edit.replace) };
  }
  resolveInto(item, from);
  return item;
}

/** What a resolved item may know beyond the item as it was listed. */
export function resolveInto(item: vscode.CompletionItem, from: lsp.CompletionItem): void {
  if (from.detail !== undefined) item.detail = from.detail;
  const documentation = markdown(from.documentation);
  if (documentation) item.documentation = documentation;
  if (from.additionalTextEdits) item.additionalTextEdits = from.additionalTextEdits.map(textEdit);
}

export function signatureHelp({
  signatures,
  activeSignature,
  activeParameter,
}: lsp.SignatureHelp): vscode.SignatureHelp {
  const help = new vscode.SignatureHelp();
  help.signatures = signatures.map((from) => {
    const signature = new vscode.SignatureInformation(from.label, markdown(from.documentation));
    signature.parameters = (from.parameters ?? []).map(
      ({ label, documentation }) => new vscode.ParameterInformation(label, markdown(documentation)),
    );
    if (from.activeParameter != null) signature.activeParameter = from.activeParameter;
    return signature;
  });
  help.activeSignature = activeSignature ?? 0;
  help.activeParameter = activeParameter ?? 0;
  return help;
}

export const documentHighlight = ({ range: at, kind }: lsp.DocumentHighlight): vscode.DocumentHighlight =>
  new vscode.DocumentHighlight(range(at), kind === undefined ? undefined : kind - 1);

export function diagnostic(from: lsp.Diagnostic): vscode.Diagnostic {
  const message = typeof from.message === "string" ? from.message : from.message.value;
  const made = new vscode.Diagnostic(range(from.range), message, (from.severity ?? 1) - 1);
  if (from.source !== undefined) made.source = from.source;
  if (from.code !== undefined) {
    made.code = from.codeDescription
      ? { value: from.code, target: vscode.Uri.parse(from.codeDescription.href) }
      : from.code;
  }
  if (from.tags) made.tags = from.tags as number[];
  if (from.relatedInformation) {
    made.relatedInformation = from.relatedInformation.map(
      (related) => new vscode.DiagnosticRelatedInformation(location(related.location), related.message),
    );
  }
  return made;
}

export function codeAction(
  from: lsp.CodeAction,
  diagnosticOf: (from: lsp.Diagnostic) => vscode.Diagnostic,
): vscode.CodeAction {
  const kind = from.kind === undefined ? undefined : vscode.CodeActionKind.Empty.append(from.kind);
  const action = new vscode.CodeAction(from.title, kind);
  if (from.edit) action.edit = workspaceEdit(from.edit);
  if (from.isPreferred !== undefined) action.isPreferred = from.isPreferred;
  if (from.disabled) action.disabled = from.disabled;
  if (from.diagnostics) action.diagnostics = from.diagnostics.map(diagnosticOf);
  return action;
}
