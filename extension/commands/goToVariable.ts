import * as vscode from "vscode";
import { definitionIn } from "../variables/definition.ts";
import type { Command } from "./command.ts";
import { variableOf } from "./variableOf.ts";

/** Goes to the cell that last declared a variable or gave it a value. */
export const goToVariable: Command = {
  id: "gradbook.goToVariable",
  async run({ stale, variables }, argument) {
    const element = variableOf(argument);
    const { kernel } = variables;
    if (!element || !kernel) return;
    const name = element.path[0]!;
    const cell = stale.declarer(kernel, name);
    if (!cell) {
      void vscode.window.showInformationMessage(`The cell that defined "${name}" is there no more.`);
      return;
    }
    const [from, to] = definitionIn(cell.document.getText(), name);
    const selection = new vscode.Range(cell.document.positionAt(from), cell.document.positionAt(to));
    await vscode.window.showTextDocument(cell.document, { selection });
  },
};
