import * as vscode from "vscode";
import type { Command } from "./command.ts";
import { variableOf } from "./variableOf.ts";

/** Copies a value as text: a string as it is, a tensor as it prints. */
export const copyVariableValue: Command = {
  id: "gradbook.copyVariableValue",
  async run({ variables }, argument) {
    const element = variableOf(argument);
    if (!element) return;
    const options = { location: { viewId: "gradbook.variables" } };
    try {
      const text = await vscode.window.withProgress(options, () =>
        variables.source.ask("text", { path: element.path }),
      );
      await vscode.env.clipboard.writeText(text);
    } catch (error) {
      void vscode.window.showErrorMessage((error as Error).message);
    }
  },
};
