/** Quick fixes for what is underlined, and "Organize Imports". */
import * as vscode from "vscode";
import { codeAction, lspRange } from "../convert.ts";
import { ask, CELLS, type Feature } from "./feature.ts";

export const codeActions: Feature = (context) =>
  vscode.languages.registerCodeActionsProvider(
    CELLS,
    {
      async provideCodeActions(document, range, { diagnostics: shown, only }, token) {
        const { diagnostics } = context;
        const ours = shown.flatMap((each) => diagnostics.original(each) ?? []);
        // With each move of the cursor VS Code asks; only where something is underlined is there an answer.
        if (ours.length === 0 && !only) return undefined;
        const params = {
          textDocument: { uri: document.uri.toString() },
          range: lspRange(range),
          context: { diagnostics: ours, ...(only && { only: [only.value] }) },
        };
        const answer = await ask(context, document, "textDocument/codeAction", params, token);
        return answer?.map((action) => codeAction(action, (each) => diagnostics.diagnosticOf(each)));
      },
    },
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, vscode.CodeActionKind.SourceOrganizeImports] },
  );
