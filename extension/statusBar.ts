/** The kernel of the notebook in front: its state and its memory, in the status bar. */
import * as vscode from "vscode";
import { bytes } from "./bytes.ts";
import type { KernelState, NotebookKernel } from "./kernel.ts";
import type { Kernels } from "./kernels.ts";
import type { Selection } from "./selection.ts";
import { workingFolder } from "./workingFolder.ts";

const ICONS: { [state in KernelState]: string } = {
  none: "$(circle-large-outline)",
  starting: "$(loading~spin)",
  restarting: "$(loading~spin)",
  idle: "$(circle-large-outline)",
  busy: "$(circle-large-filled)",
  dead: "$(error)",
};
const WORDS: { [state in KernelState]: string } = {
  none: "not started",
  starting: "starting",
  restarting: "restarting",
  idle: "idle",
  busy: "busy",
  dead: "dead",
};

export function createStatusBar(kernels: Kernels, selection: Selection): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("gradbook.kernel", vscode.StatusBarAlignment.Left, 10);
  item.name = "Gradbook kernel";
  const show = (): void => {
    const notebook = vscode.window.activeNotebookEditor?.notebook;
    if (!notebook || !selection.has(notebook)) return item.hide();
    const kernel = kernels.get(notebook);
    const state = kernel?.state ?? "none";
    const memory = kernel?.memory && state !== "dead" ? ` · ${bytes(kernel.memory.rss)}` : "";
    item.text = `${ICONS[state]} Gradbook ${WORDS[state]}${memory}`;
    item.tooltip = tooltip(notebook, kernel);
    item.backgroundColor = state === "dead" ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
    item.command = state === "dead" ? "gradbook.restart" : "gradbook.showLog";
    item.accessibilityInformation = { label: `Gradbook kernel ${WORDS[state]}${memory}` };
    item.show();
  };
  show();
  return vscode.Disposable.from(
    item,
    kernels.onDidChange(show),
    selection.onDidChange(show),
    vscode.window.onDidChangeActiveNotebookEditor(show),
  );
}

function tooltip(notebook: vscode.NotebookDocument, kernel: NotebookKernel | undefined): vscode.MarkdownString {
  const text = new vscode.MarkdownString("", true);
  text.isTrusted = { enabledCommands: ["gradbook.restart", "gradbook.showLog"] };
  text.appendMarkdown(`**Gradbook kernel**: ${WORDS[kernel?.state ?? "none"]}\n\n`);
  const { memory, pid } = kernel ?? {};
  if (memory) {
    text.appendMarkdown(`${bytes(memory.rss)} of memory, ${bytes(memory.heapUsed)} of it JavaScript's heap\n\n`);
  }
  text.appendMarkdown(pid === undefined ? "" : `Process ${pid} in `);
  text.appendText(kernel?.folder ?? workingFolder(notebook));
  text.appendMarkdown(
    "\n\n[$(debug-restart) Restart](command:gradbook.restart) · [$(output) Show log](command:gradbook.showLog)",
  );
  return text;
}
