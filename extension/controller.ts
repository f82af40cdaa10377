/** The notebook controller: hands cells and the stop button to the kernel of their notebook. */
import * as vscode from "vscode";
import { CONTROLLER, KERNELSPEC, LANGUAGE, NOTEBOOK_TYPE } from "./ids.ts";
import type { Debugging } from "./debug/debugging.ts";
import type { NotebookKernel } from "./kernel.ts";
import type { Kernels } from "./kernels.ts";

/** How long a cell may go on after the stop button before a restart is offered, in ms. */
const PATIENCE_MS = 10_000;

export function createController(): vscode.NotebookController {
  const controller = vscode.notebooks.createNotebookController(CONTROLLER, NOTEBOOK_TYPE, KERNELSPEC.display_name);
  controller.supportedLanguages = [LANGUAGE];
  controller.supportsExecutionOrder = true;
  controller.description = "gradbook";
  controller.detail = "Trains in a process of its own, one for each notebook";
  return controller;
}

export function connect(controller: vscode.NotebookController, kernels: Kernels, debugging: Debugging): void {
  controller.executeHandler = (cells, notebook) => {
    if (!vscode.workspace.isTrusted) {
      void vscode.window
        .showWarningMessage("Gradbook runs cells only in a trusted workspace.", "Manage Trust")
        .then((choice) => choice && vscode.commands.executeCommand("workbench.trust.manage"));
      return;
    }
    const kernel = kernels.of(notebook);
    if (kernel.state === "dead") {
      // Said aloud: what the earlier cells defined is not there.
      void vscode.window.showInformationMessage("The kernel had ended; a new one starts. Earlier variables are gone.");
    }
    kernel.run(cells);
  };
  // With it VS Code never triggers the cancellation tokens of the executions.
  controller.interruptHandler = (notebook) => interrupt(notebook, kernels, debugging);
}

/** Stops the notebook's cells, and offers a restart when that takes long. */
async function interrupt(notebook: vscode.NotebookDocument, kernels: Kernels, debugging: Debugging): Promise<void> {
  const kernel = kernels.get(notebook);
  // VS Code stops what runs in a document that it closes, also when another one takes its place.
  if (!kernel || notebook.isClosed || kernels.isLeaving(notebook)) return;
  // Not awaited: a kernel that does not answer at all is one to restart.
  void stop(kernel, debugging);
  if (!kernel.isRunning) return;
  const subscription = kernels.onDidChange((changed) => {
    if (changed !== kernel || kernel.state === "busy") return;
    subscription.dispose();
    clearTimeout(timer);
  });
  const timer = setTimeout(() => {
    subscription.dispose();
    void offerRestart(kernel);
  }, PATIENCE_MS);
}

async function stop(kernel: NotebookKernel, debugging: Debugging): Promise<void> {
  try {
    await kernel.interrupt();
    await debugging.stopCell(kernel);
  } catch {
    // The kernel has ended meanwhile: its cell says so.
  }
}

async function offerRestart(kernel: NotebookKernel): Promise<void> {
  const text = "The cell has not stopped. A restart ends it; the variables are lost.";
  const choice = await vscode.window.showWarningMessage(text, "Restart", "Go on Waiting");
  if (choice === "Restart") await kernel.restart();
}
