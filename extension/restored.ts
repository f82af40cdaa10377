/**
 * After a rename VS Code 1.139 opens the new document with what the file holds, and puts in what the old one had not saved
 * some time later, in place of all that has come into it since. It tells nobody; the document is unsaved from then on.
 */
import { setTimeout as pause } from "node:timers/promises";
import type * as vscode from "vscode";

/** For how long its contents are waited for, in ms: a slow machine takes a second. */
const LONGEST_MS = 5000;
/** For how long when all was saved: then the file is read a second time, and nothing shows that. */
const READ_AGAIN_MS = 500;
const EVERY_MS = 20;

/** Resolves when a renamed document holds what the old one held; `unsaved`: what its file did not. */
export async function restored(notebook: vscode.NotebookDocument, unsaved: boolean): Promise<void> {
  const end = performance.now() + (unsaved ? LONGEST_MS : READ_AGAIN_MS);
  while (!(unsaved && notebook.isDirty) && !notebook.isClosed && performance.now() < end) await pause(EVERY_MS);
}
