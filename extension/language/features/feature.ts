import * as vscode from "vscode";
import type { LanguageMethod, LanguageMethods } from "../../../kernel/protocol/language.ts";
import { LANGUAGE, NOTEBOOK_TYPE } from "../../ids.ts";
import { Refused } from "../conversation.ts";
import { lspPosition } from "../convert.ts";
import type { Diagnostics } from "../diagnostics.ts";
import type { Languages } from "../languages.ts";

export interface FeatureContext {
  languages: Languages;
  diagnostics: Diagnostics;
  log: vscode.LogOutputChannel;
}

/** Something that the editor offers in a cell: registers its provider with VS Code. */
export type Feature = (context: FeatureContext) => vscode.Disposable;

/** Cells in TypeScript. Which of them are ours is looked up with each question: kernels come and go. */
export const CELLS: vscode.DocumentSelector = { notebookType: NOTEBOOK_TYPE, language: LANGUAGE };

export const at = (document: vscode.TextDocument, position: vscode.Position) => ({
  textDocument: { uri: document.uri.toString() },
  position: lspPosition(position),
});

/** Asks the kernel about a cell; undefined when it is not one of ours, or nobody waits any more, or there is no answer. */
export async function ask<M extends LanguageMethod>(
  { languages, log }: FeatureContext,
  document: vscode.TextDocument,
  method: M,
  params: LanguageMethods[M]["params"],
  token: vscode.CancellationToken,
): Promise<LanguageMethods[M]["result"] | undefined> {
  try {
    return await languages.about(document)?.ask(method, params, { token });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    log.debug(`${method}: ${error.message}`);
    return undefined;
  }
}
