import * as vscode from "vscode";
import { signatureHelp as shown } from "../convert.ts";
import { ask, at, CELLS, type Feature } from "./feature.ts";

export const signatureHelp: Feature = (context) =>
  vscode.languages.registerSignatureHelpProvider(
    CELLS,
    {
      async provideSignatureHelp(document, position, token, { triggerCharacter }) {
        const params = { ...at(document, position), ...(triggerCharacter && { triggerCharacter }) };
        const answer = await ask(context, document, "textDocument/signatureHelp", params, token);
        return answer ? shown(answer) : undefined;
      },
    },
    { triggerCharacters: ["(", ",", "<"], retriggerCharacters: [")"] },
  );
