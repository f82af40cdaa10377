import * as vscode from "vscode";
import type { Command } from "./command.ts";

/** Brings the view of the notebook's variables to the front. */
export const showVariables: Command = {
  id: "gradbook.showVariables",
  async run() {
    await vscode.commands.executeCommand("gradbook.variables.focus");
  },
};
