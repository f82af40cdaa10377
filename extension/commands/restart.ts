import * as vscode from "vscode";
import type { NotebookKernel } from "../kernel.ts";
import { changeSetting, setting } from "../settings.ts";
import { activeNotebook } from "./activeNotebook.ts";
import type { Command } from "./command.ts";

/** Ends the notebook's kernel and starts a new one; outputs stay, variables go. */
export const restart: Command = {
  id: "gradbook.restart",
  async run({ kernels }, argument) {
    const notebook = activeNotebook(argument);
    if (notebook) await restartKernel(kernels.of(notebook));
  },
};

/** Asks when a cell is running; resolves to whether the kernel was restarted. */
export async function restartKernel(kernel: NotebookKernel): Promise<boolean> {
  if (!vscode.workspace.isTrusted) return false;
  if (kernel.isRunning && setting("askBeforeRestart") && !(await isSure())) return false;
  try {
    const options = { location: vscode.ProgressLocation.Window, title: "Restarting the Gradbook kernel" };
    await vscode.window.withProgress(options, () => kernel.restart());
    return true;
  } catch {
    // It did not start, and says so (death.ts).
    return false;
  }
}

async function isSure(): Promise<boolean> {
  const choice = await vscode.window.showWarningMessage(
    "Restart the kernel? A cell is running.",
    { modal: true, detail: "The cell is stopped and all variables are lost." },
    "Restart",
    "Don't Ask Again",
  );
  if (choice === "Don't Ask Again") await changeSetting("askBeforeRestart", false);
  return choice !== undefined;
}
