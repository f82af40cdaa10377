/**
 * What an editor asks about the text of a notebook's cells, and what it gets: the Language Server Protocol's own methods and
 * shapes, carried by `gradbook_language_request`. Positions are the protocol's: line and UTF-16 code unit, from 0, within a cell.
 *
 * Source: Language Server Protocol 3.18 (microsoft/language-server-protocol).
 */
import type {
  CodeAction,
  CompletionItem,
  CompletionList,
  Diagnostic,
  DocumentHighlight,
  FormattingOptions,
  Hover,
  Location,
  Position,
  Range,
  SignatureHelp,
  TextEdit,
  WorkspaceEdit,
} from "vscode-languageserver-types";

/** A code cell: its document's URI, as the editor writes it, and its whole text. */
export interface CellText {
  uri: string;
  text: string;
}
/** A place in a cell. */
export interface At {
  textDocument: { uri: string };
  position: Position;
}
/** A variable that a cell declares at its top. */
export interface ParameterDeclared {
  name: string;
  syntax: "const" | "let" | "var";
  /** Its type as the cell writes it. */
  annotation: string | null;
  /** The same, or as its first value says. */
  type: string;
  /** From 0. */
  line: number;
}
interface In {
  textDocument: { uri: string };
}

/** Parameters and result of each method. A result of null: nothing to say there. */
export interface LanguageMethods {
  /** All code cells in their order. Said first, and again whenever the client is not sure that the kernel knows the same. */
  "notebook/open": { params: { cells: CellText[] }; result: null };
  /** The order of all code cells, and the text of those that are new or changed. */
  "notebook/change": { params: { order: string[]; changed: CellText[] }; result: null };
  /** The diagnostics of every cell, by its URI. */
  "notebook/diagnostics": { params: object; result: { [uri: string]: Diagnostic[] } };
  /** What the cell with a notebook's parameters declares, and which values, as TypeScript text, do not fit. */
  "notebook/parameters": {
    params: In & { values: { name: string; value: string }[] };
    result: { declared: ParameterDeclared[]; wrong: { name: string; message: string }[] };
  };
  "textDocument/completion": { params: At & { triggerCharacter?: string }; result: CompletionList };
  /** Adds what takes longer to an item of the last completion: documentation, and the import it needs. */
  "completionItem/resolve": { params: CompletionItem; result: CompletionItem };
  "textDocument/hover": { params: At; result: Hover | null };
  "textDocument/signatureHelp": { params: At & { triggerCharacter?: string }; result: SignatureHelp | null };
  /** Places in cells, and in files by `file:` URIs. */
  "textDocument/definition": { params: At; result: Location[] };
  "textDocument/typeDefinition": { params: At; result: Location[] };
  "textDocument/references": { params: At & { context: { includeDeclaration: boolean } }; result: Location[] };
  "textDocument/documentHighlight": { params: At; result: DocumentHighlight[] };
  /** What a rename would change at that place; an error says why it cannot be renamed. */
  "textDocument/prepareRename": { params: At; result: { range: Range; placeholder: string } };
  "textDocument/rename": { params: At & { newName: string }; result: WorkspaceEdit };
  /** Quick fixes for the diagnostics in `context`. */
  "textDocument/codeAction": {
    params: In & { range: Range; context: { diagnostics: Diagnostic[]; only?: string[] } };
    result: CodeAction[];
  };
  "textDocument/formatting": { params: In & { options: FormattingOptions }; result: TextEdit[] };
  "textDocument/rangeFormatting": { params: In & { range: Range; options: FormattingOptions }; result: TextEdit[] };
  /**
   * Jupyter's own `complete_request` and `inspect_request`: a text that is in no cell, such as a console's line, after all
   * that was executed. `offset`, `start` and `end` are UTF-16 code units of `text`.
   */
  "text/completion": {
    params: { text: string; offset: number };
    /** What may stand from `start` to `end`; `type` in the words of Jupyter's front ends: "function", "class", … */
    result: { items: { text: string; type: string }[]; start: number; end: number };
  };
  /** Whether a console should run the text or ask for another line; `indent` is for that line. Nothing is executed. */
  "text/isComplete": {
    params: { text: string };
    result: { status: "complete" | "incomplete" | "invalid"; indent?: string };
  };
  "text/hover": { params: { text: string; offset: number }; result: { markdown: string; plain: string } | null };
}
export type LanguageMethod = keyof LanguageMethods;
export type LanguageRequest = {
  [M in LanguageMethod]: { method: M; params: LanguageMethods[M]["params"] };
}[LanguageMethod];
