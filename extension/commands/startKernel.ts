import * as vscode from "vscode";
import { activeNotebook } from "./activeNotebook.ts";
import type { Command } from "./command.ts";

/** Starts the kernel of the notebook in front without running anything. */
export const startKernel: Command = {
  id: "gradbook.startKernel",
  async run({ kernels, selection, variables }, argument) {
    const notebook = activeNotebook(argument) ?? variables.notebook;
    if (!notebook || !selection.has(notebook) || !vscode.workspace.isTrusted) return;
    try {
      await kernels.of(notebook).start().ready;
    } catch (error) {
      void vscode.window.showErrorMessage(`The kernel did not start: ${(error as Error).message.split("\n")[0]}`);
    }
  },
};
