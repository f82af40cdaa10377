import { builtinModules } from "node:module";
import ts from "typescript";
import type { CompletionItem, CompletionItemKind } from "vscode-languageserver-types";
import { OURS, type CellFile } from "../cellFile.ts";
import { editsOf } from "../edits.ts";
import { documentation } from "../markdown.ts";
import type { Method } from "../method.ts";
import { originOf } from "../names.ts";
import { FORMAT, type NotebookService } from "../service.ts";
import { signatureText } from "./hover.ts";

/** What `resolve` needs to find an item again. */
interface ItemData {
  uri: string;
  /** In the cell. */
  offset: number;
  name: string;
  source?: string;
  /** TypeScript's own. */
  entry?: ts.CompletionEntryData;
}

const TRIGGERS: readonly string[] = [".", '"', "'", "`", "/", "@", "<", "#", " "];

export const completion: Method<"textDocument/completion"> = (service, params) => {
  const { file, path, offset } = service.place(params);
  const at = file.cell.lines.offset(params.position);
  if (file.cell.isForShell(at)) return { isIncomplete: false, items: [] };
  const word = /[\p{ID_Continue}$]*$/u.exec(file.cell.code.slice(0, at))![0];
  const { triggerCharacter: trigger } = params;
  const list = service.ts.getCompletionsAtPosition(path, offset, {
    ...service.preferences(file),
    // Thousands of names: only once there is something to choose them by.
    includeCompletionsForModuleExports: word !== "",
    ...(trigger !== undefined &&
      TRIGGERS.includes(trigger) && { triggerCharacter: trigger as ts.CompletionsTriggerCharacter }),
  });
  if (!list) return { isIncomplete: false, items: [] };
  const items = list.entries.filter(isOffered).map((entry) => {
    const item = itemOf(entry, kindOf(entry, file));
    const span = entry.replacementSpan ?? list.optionalReplacementSpan;
    const range = span && service.range(file, span);
    const newText = entry.insertText ?? entry.name;
    if (range && (entry.replacementSpan || span.start !== offset - word.length)) {
      item.textEdit = { range, newText };
      const before = file.code.slice(span.start, Math.max(span.start, offset - word.length));
      if (entry.replacementSpan && !before.includes("\n")) item.filterText = before + entry.name;
    } else if (entry.insertText !== undefined) item.insertText = newText;
    const data: ItemData = { uri: params.textDocument.uri, offset: at, name: entry.name };
    if (entry.source !== undefined) data.source = entry.source;
    if (entry.data) data.entry = entry.data;
    item.data = data;
    return item;
  });
  // Where a new name may be meant (a parameter, a key) none is taken by a dot or a comma.
  const itemDefaults = { commitCharacters: list.defaultCommitCharacters ?? [] };
  return { isIncomplete: word === "" && !list.isMemberCompletion, items, itemDefaults };
};

export const resolve: Method<"completionItem/resolve"> = (service, item) => {
  const { uri, offset, name, source, entry } = item.data as ItemData;
  const file = service.notebook.cell(uri);
  service.notebook.link();
  const at = file.toCode(Math.min(offset, file.cell.text.length));
  const details = service.ts.getCompletionEntryDetails(
    file.path,
    at,
    name,
    FORMAT,
    source,
    service.preferences(file),
    entry,
  );
  if (!details) return item;
  const resolved: CompletionItem = { ...item };
  const origin = details.documentation?.length ? undefined : originByName(service, file, name);
  const told = origin ? (service.ts.getQuickInfoAtPosition(origin.path, origin.offset) ?? details) : details;
  resolved.detail = service.readable(signatureText(ts.displayPartsToString(details.displayParts)));
  const value = documentation(told.documentation, told.tags);
  if (value !== "") resolved.documentation = { kind: "markdown", value };
  const changes = (details.codeActions ?? []).flatMap((action) => action.changes);
  const own = changes.filter(({ fileName }) => fileName === file.path).flatMap(({ textChanges }) => textChanges);
  const edits = editsOf(service, file, own);
  if (edits && edits.length > 0) {
    resolved.additionalTextEdits = edits;
    const [action] = details.codeActions!;
    if (action) resolved.detail = `${action.description}\n${resolved.detail}`;
  }
  return resolved;
};

/** What generated code needs for itself, and a second spelling of Node's modules, are not offered. */
function isOffered({ name, source, kind }: ts.CompletionEntry): boolean {
  if (name.startsWith(OURS) || name.startsWith("[") || source?.startsWith("./[")) return false;
  if (kind === ts.ScriptElementKind.warning) return false;
  return source === undefined || source.startsWith("node:") || !builtinModules.includes(source);
}

function originByName(service: NotebookService, file: CellFile, name: string): ReturnType<typeof originOf> {
  const alias = file.aliases.get(name);
  return alias && originOf(service, file.path, alias.at);
}

function itemOf(entry: ts.CompletionEntry, kind: CompletionItemKind): CompletionItem {
  const item: CompletionItem = { label: entry.name, kind, sortText: entry.sortText };
  const modifiers = entry.kindModifiers?.split(",") ?? [];
  if (modifiers.includes("deprecated")) item.tags = [1];
  if (entry.commitCharacters) item.commitCharacters = entry.commitCharacters;
  const isFile = kind === KINDS[ts.ScriptElementKind.scriptElement];
  const ending = isFile ? modifiers.find((modifier) => modifier.startsWith(".")) : undefined;
  if (ending !== undefined && !entry.name.endsWith(ending)) item.detail = entry.name + ending;
  if (modifiers.includes("optional")) item.labelDetails = { detail: "?" };
  const source = ts.displayPartsToString(entry.sourceDisplay ?? []) || (entry.hasAction ? entry.source : undefined);
  if (source !== undefined && source !== "") {
    item.labelDetails = { ...item.labelDetails, description: source };
    item.data = undefined;
  }
  if (entry.isRecommended) item.preselect = true;
  return item;
}

/** A name that comes from another cell is what it is there. */
function kindOf(entry: ts.CompletionEntry, file: CellFile): CompletionItemKind {
  const alias = entry.kind === ts.ScriptElementKind.alias && !entry.source ? file.aliases.get(entry.name) : undefined;
  const declared = alias?.provider.cell.declares.get(entry.name)?.kind;
  return KINDS[declared === "namespace" ? "module" : (declared ?? entry.kind)] ?? 6;
}

/** TypeScript's kinds as the protocol's. */
const KINDS: { [kind: string]: CompletionItemKind } = {
  [ts.ScriptElementKind.primitiveType]: 14,
  [ts.ScriptElementKind.keyword]: 14,
  [ts.ScriptElementKind.constElement]: 21,
  [ts.ScriptElementKind.letElement]: 6,
  [ts.ScriptElementKind.variableElement]: 6,
  [ts.ScriptElementKind.localVariableElement]: 6,
  [ts.ScriptElementKind.parameterElement]: 6,
  [ts.ScriptElementKind.alias]: 6,
  [ts.ScriptElementKind.variableUsingElement]: 6,
  [ts.ScriptElementKind.variableAwaitUsingElement]: 6,
  import: 6,
  [ts.ScriptElementKind.memberVariableElement]: 5,
  [ts.ScriptElementKind.memberGetAccessorElement]: 5,
  [ts.ScriptElementKind.memberSetAccessorElement]: 5,
  [ts.ScriptElementKind.memberAccessorVariableElement]: 5,
  [ts.ScriptElementKind.functionElement]: 3,
  [ts.ScriptElementKind.localFunctionElement]: 3,
  [ts.ScriptElementKind.memberFunctionElement]: 2,
  [ts.ScriptElementKind.constructSignatureElement]: 2,
  [ts.ScriptElementKind.callSignatureElement]: 2,
  [ts.ScriptElementKind.indexSignatureElement]: 2,
  [ts.ScriptElementKind.enumElement]: 13,
  [ts.ScriptElementKind.enumMemberElement]: 20,
  [ts.ScriptElementKind.moduleElement]: 9,
  [ts.ScriptElementKind.externalModuleName]: 9,
  [ts.ScriptElementKind.classElement]: 7,
  [ts.ScriptElementKind.localClassElement]: 7,
  [ts.ScriptElementKind.typeElement]: 7,
  [ts.ScriptElementKind.interfaceElement]: 8,
  [ts.ScriptElementKind.typeParameterElement]: 25,
  [ts.ScriptElementKind.warning]: 1,
  [ts.ScriptElementKind.scriptElement]: 17,
  [ts.ScriptElementKind.directory]: 19,
  [ts.ScriptElementKind.string]: 21,
};
