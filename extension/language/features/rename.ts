import * as vscode from "vscode";
import { range, workspaceEdit } from "../convert.ts";
import { at, CELLS, type Feature } from "./feature.ts";

/** Here a refusal is thrown on: VS Code shows its message to the user. */
export const rename: Feature = ({ languages }) =>
  vscode.languages.registerRenameProvider(CELLS, {
    async prepareRename(document, position, token) {
      const about = languages.about(document);
      const answer = await about?.ask("textDocument/prepareRename", at(document, position), { token });
      return answer && { range: range(answer.range), placeholder: answer.placeholder };
    },
    async provideRenameEdits(document, position, newName, token) {
      const params = { ...at(document, position), newName };
      const answer = await languages.about(document)?.ask("textDocument/rename", params, { token });
      return answer && workspaceEdit(answer);
    },
  });
