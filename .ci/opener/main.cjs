"use strict";
const vscode = require("vscode");

exports.activate = async () => {
  const file = process.env.GRADBOOK_OPEN;
  // A window that is opened again has its editors back.
  const empty = vscode.window.tabGroups.all.every(({ tabs }) => tabs.length === 0);
  if (file && empty) await vscode.commands.executeCommand("vscode.openWith", vscode.Uri.file(file), "jupyter-notebook");
};
