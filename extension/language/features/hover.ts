import * as vscode from "vscode";
import { hover as shown } from "../convert.ts";
import { ask, at, CELLS, type Feature } from "./feature.ts";

export const hover: Feature = (context) =>
  vscode.languages.registerHoverProvider(CELLS, {
    async provideHover(document, position, token) {
      const answer = await ask(context, document, "textDocument/hover", at(document, position), token);
      return answer ? shown(answer) : undefined;
    },
  });
