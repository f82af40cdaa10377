import * as vscode from "vscode";
import type { CompletionItem } from "vscode-languageserver-types";
import { completionItem, resolveInto } from "../convert.ts";
import { ask, at, CELLS, type Feature } from "./feature.ts";

/** As TypeScript's own; the kernel knows where each of them means something. */
const TRIGGERS = [".", '"', "'", "`", "/", "@", "<", "#", " "];

export const completion: Feature = (context) => {
  /** What a listed item was, for the question about the rest of it. */
  const listed = new WeakMap<vscode.CompletionItem, { from: CompletionItem; document: vscode.TextDocument }>();
  let resolving = new vscode.CancellationTokenSource();
  return vscode.languages.registerCompletionItemProvider(
    CELLS,
    {
      async provideCompletionItems(document, position, token, { triggerCharacter }) {
        const params = { ...at(document, position), ...(triggerCharacter && { triggerCharacter }) };
        const list = await ask(context, document, "textDocument/completion", params, token);
        if (!list || list.items.length === 0) return undefined;
        const items = list.items.map((from) => {
          const item = completionItem(from, list.itemDefaults);
          listed.set(item, { from, document });
          return item;
        });
        return new vscode.CompletionList(items, list.isIncomplete);
      },
      async resolveCompletionItem(item) {
        const known = listed.get(item);
        if (!known) return item;
        // VS Code cancels this when its list closes, as it does when the item is taken, and then takes what was answered for
        // the whole item: the import would be left out. So only the next one's question ends it.
        resolving.cancel();
        resolving = new vscode.CancellationTokenSource();
        const resolved = await ask(context, known.document, "completionItem/resolve", known.from, resolving.token);
        if (resolved) resolveInto(item, resolved);
        return item;
      },
    },
    ...TRIGGERS,
  );
};
