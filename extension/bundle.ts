import * as vscode from "vscode";
import type { MimeBundle } from "../kernel/protocol/messages.ts";
import { bytesOf, typesOf } from "./mime.ts";

/** Output items of a bundle in order of preference: VS Code takes the order as the wish. */
export function itemsOf(bundle: MimeBundle): vscode.NotebookCellOutputItem[] {
  return typesOf(bundle).map((mime) => new vscode.NotebookCellOutputItem(bytesOf(mime, bundle[mime]), mime));
}
