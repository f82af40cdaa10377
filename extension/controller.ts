/** The notebook controller: hands cells and the stop button to the kernel of their notebook. */
import * as vscode from "vscode";
import { CONTROLLER, KERNELSPEC, LANGUAGE, NOTEBOOK_TYPE } from "./ids.ts";
import type { Interrupts } from "./interrupts.ts";
import type { Kernels } from "./kernels.ts";
import { adoptForRun } from "./selection.ts";

export function createController(): vscode.NotebookController {
  const controller = vscode.notebooks.createNotebookController(CONTROLLER, NOTEBOOK_TYPE, KERNELSPEC.display_name);
  controller.supportedLanguages = [LANGUAGE];
  controller.supportsExecutionOrder = true;
  controller.description = "gradbook";
  controller.detail = "Trains in a process of its own, one for each notebook";
  return controller;
}

export function connect(controller: vscode.NotebookController, kernels: Kernels, interrupts: Interrupts): void {
  controller.executeHandler = async (cells, notebook) => {
    if (!vscode.workspace.isTrusted) {
      void vscode.window
        .showWarningMessage("Gradbook runs cells only in a trusted workspace.", "Manage Trust")
        .then((choice) => choice && vscode.commands.executeCommand("workbench.trust.manage"));
      return;
    }
    // A notebook that was saved under another name just now: its kernel comes when the old document is gone.
    if (kernels.isAwaited(notebook)) await kernels.arrival(notebook);
    if (notebook.isClosed) return;
    const kernel = kernels.of(notebook);
    if (kernel.state === "dead") {
      // Said aloud: what the earlier cells defined is not there.
      void vscode.window.showInformationMessage("The kernel had ended; a new one starts. Earlier variables are gone.");
    }
    void adoptForRun(notebook);
    kernel.run(cells);
  };
  // With it VS Code never triggers the cancellation tokens of the executions.
  controller.interruptHandler = (notebook) => interrupts.stop(notebook);
}
