import * as vscode from "vscode";
import { activeNotebook } from "./activeNotebook.ts";
import type { Command } from "./command.ts";

/** Attaches the debugger to the notebook's kernel until the user ends it: cells that are run then stop at breakpoints. */
export const debugNotebook: Command = {
  id: "gradbook.debugNotebook",
  async run({ kernels, debugging }, argument) {
    const notebook = activeNotebook(argument);
    if (!notebook || !vscode.workspace.isTrusted) return;
    try {
      await debugging.attach(kernels.of(notebook));
    } catch (error) {
      void vscode.window.showErrorMessage((error as Error).message);
    }
  },
};
