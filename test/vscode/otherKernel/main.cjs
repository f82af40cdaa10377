"use strict";
// A second controller for the same notebooks; every cell it runs says so.
const vscode = require("vscode");

exports.activate = (context) => {
  const controller = vscode.notebooks.createNotebookController("other", "jupyter-notebook", "Other kernel");
  controller.supportedLanguages = ["typescript", "python"];
  controller.executeHandler = async (cells) => {
    for (const cell of cells) {
      const execution = controller.createNotebookCellExecution(cell);
      execution.start(Date.now());
      const item = vscode.NotebookCellOutputItem.text("ran in the other kernel");
      await execution.replaceOutput([new vscode.NotebookCellOutput([item])]);
      execution.end(true, Date.now());
    }
  };
  context.subscriptions.push(controller);
};
