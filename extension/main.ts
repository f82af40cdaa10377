/** The extension: a notebook controller for TypeScript, and what belongs to it. */
import path from "node:path";
import * as vscode from "vscode";
import type { Command, CommandContext } from "./commands/command.ts";
import { debugCell } from "./commands/debugCell.ts";
import { debugNotebook } from "./commands/debugNotebook.ts";
import { interrupt } from "./commands/interrupt.ts";
import { newNotebook } from "./commands/newNotebook.ts";
import { restart } from "./commands/restart.ts";
import { restartAndRunAll } from "./commands/restartAndRunAll.ts";
import { runAllAbove } from "./commands/runAllAbove.ts";
import { showLog } from "./commands/showLog.ts";
import { copyVariableName } from "./commands/copyVariableName.ts";
import { copyVariableValue } from "./commands/copyVariableValue.ts";
import { displayVariable } from "./commands/displayVariable.ts";
import { goToVariable } from "./commands/goToVariable.ts";
import { runStaleCells } from "./commands/runStaleCells.ts";
import { showVariables } from "./commands/showVariables.ts";
import { sortVariablesByName } from "./commands/sortVariablesByName.ts";
import { sortVariablesByTime } from "./commands/sortVariablesByTime.ts";
import { startKernel } from "./commands/startKernel.ts";
import { connect, createController } from "./controller.ts";
import { announceDeaths } from "./death.ts";
import { Debugging } from "./debug/debugging.ts";
import { Doctor } from "./doctor.ts";
import { Executions } from "./executions.ts";
import { Interrupts } from "./interrupts.ts";
import { KernelCells } from "./kernelCell.ts";
import { Kernels } from "./kernels.ts";
import { createEditor } from "./language/editor.ts";
import { LiveFigures } from "./liveFigures.ts";
import { Selection } from "./selection.ts";
import { StaleMarks } from "./stale/staleMarks.ts";
import { createStatusBar } from "./statusBar.ts";
import { VariablesView } from "./variables/view.ts";
import { Widgets } from "./widgets.ts";
import { announceFolders } from "./workingFolder.ts";

export const commands: readonly Command[] = [
  debugCell,
  debugNotebook,
  interrupt,
  newNotebook,
  restart,
  restartAndRunAll,
  runAllAbove,
  showLog,
  copyVariableName,
  copyVariableValue,
  displayVariable,
  goToVariable,
  runStaleCells,
  showVariables,
  sortVariablesByName,
  sortVariablesByTime,
  startKernel,
];

/** How long after the first kernel's start the doctor waits, in ms: the first cell matters more. */
const DOCTOR_AFTER_MS = 5000;

let kernels: Kernels | undefined;

export function activate(extension: vscode.ExtensionContext): void {
  const dist = path.join(extension.extensionPath, "dist/kernel");
  const log = vscode.window.createOutputChannel("Gradbook", { log: true });
  const controller = createController();
  const figures = new LiveFigures(log);
  const widgets = new Widgets();
  const executions = new Executions(controller);
  const cells = new KernelCells();
  kernels = new Kernels({ kernelPath: path.join(dist, "main.js"), cells, executions, figures, widgets, log });
  const debugging = new Debugging(dist);
  const interrupts = new Interrupts(kernels, debugging);
  connect(controller, kernels, interrupts);
  kernels.onWillRunCell = (kernel, cell) => debugging.prepare(kernel, cell);
  const selection = new Selection(controller, kernels, extension.workspaceState);
  const doctor = new Doctor(path.join(dist, "cli.js"), log);
  const stale = new StaleMarks(kernels, cells);
  const variables = new VariablesView(kernels, selection, extension.workspaceState);
  const context: CommandContext = { kernels, interrupts, selection, stale, variables, debugging, doctor, log };
  extension.subscriptions.push(
    log,
    controller,
    figures,
    widgets,
    kernels,
    selection,
    debugging,
    stale,
    variables,
    createStatusBar(kernels, selection),
    createEditor(kernels, selection, log),
    announceDeaths(kernels),
    announceFolders(kernels),
    examineLater(kernels, doctor),
    ...commands.map(({ id, run }) =>
      vscode.commands.registerCommand(id, (...args: unknown[]) => run(context, ...args)),
    ),
  );
}

/** The kernels end with the window. */
export function deactivate(): void {
  kernels?.dispose();
  kernels = undefined;
}

function examineLater(all: Kernels, doctor: Doctor): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  const subscription = all.onDidChange(({ state }) => {
    if (state !== "idle") return;
    subscription.dispose();
    timer = setTimeout(() => void doctor.report(), DOCTOR_AFTER_MS);
  });
  return new vscode.Disposable(() => {
    subscription.dispose();
    clearTimeout(timer);
  });
}
