import * as vscode from "vscode";
import { activeNotebook } from "./activeNotebook.ts";
import type { Command } from "./command.ts";
import { restartKernel } from "./restart.ts";

/** A new kernel, then every cell in order: shows that the notebook works from its top. */
export const restartAndRunAll: Command = {
  id: "gradbook.restartAndRunAll",
  async run({ kernels }, argument) {
    const notebook = activeNotebook(argument);
    if (!notebook || !(await restartKernel(kernels.of(notebook)))) return;
    await vscode.commands.executeCommand("notebook.execute", notebook.uri);
  },
};
