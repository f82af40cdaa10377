/** Cells that are edited, moved, deleted, brought back or given to another kernel while they run or wait. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { ended, openNew, run, start, textOf, tidy, until } from "./notebooks.ts";
import { isAlive } from "./process.ts";

/** Runs until it is stopped. */
const WAITING = "console.log(process.pid); await new Promise(() => {});";
const range = (from: number, to: number): vscode.NotebookRange => new vscode.NotebookRange(from, to);

const isRunning = (notebook: vscode.NotebookDocument, index: number): Promise<true> =>
  until(`cell ${index} to run`, () => textOf(notebook.cellAt(index)) !== "");

describe("cells that change while they run or wait", () => {
  afterEach(tidy);

  it("one that waits runs as it reads when its turn comes, and wherever it was moved to", async () => {
    const notebook = await openNew("waits.ipynb", [
      "console.log(1); await new Promise((r) => setTimeout(r, 2000))",
      "'old'",
      "'last'",
    ]);
    await start(notebook);
    await isRunning(notebook, 0);
    const text = new vscode.WorkspaceEdit();
    const { uri } = notebook.cellAt(1).document;
    text.replace(uri, new vscode.Range(0, 0, 0, 100), "'new'");
    await vscode.workspace.applyEdit(text);
    await vscode.window.showNotebookDocument(notebook, { selections: [range(1, 2)] });
    await vscode.commands.executeCommand("notebook.cell.moveDown");
    await until("the move", () => notebook.cellAt(2).document.getText() === "'new'");
    assert.equal(textOf(await ended(notebook, 2)), "'new'");
    assert.equal(textOf(await ended(notebook, 1)), "'last'");
    assert.equal(notebook.cellAt(2).executionSummary?.executionOrder, 2);
  });

  it("a deleted cell that ran comes back by undo, ended, and runs again", async () => {
    const notebook = await openNew("undo.ipynb", ["const kept = 1", WAITING, "kept"]);
    await run(notebook, 0);
    await start(notebook, 1, 2);
    await isRunning(notebook, 1);
    await vscode.window.showNotebookDocument(notebook, { selections: [range(1, 2)] });
    await vscode.commands.executeCommand("notebook.cell.delete");
    await until("the deletion", () => notebook.cellCount === 2);
    assert.equal(textOf(await run(notebook, 1)), "1");
    await vscode.commands.executeCommand("undo");
    await until("the cell", () => notebook.cellCount === 3);
    await start(notebook, 1, 2);
    await isRunning(notebook, 1);
    await vscode.commands.executeCommand("notebook.cancelExecution");
    assert.equal((await ended(notebook, 1)).executionSummary?.success, false);
  });

  it("given to another kernel while a cell runs: that one ends, and its process", async () => {
    const notebook = await openNew("switch.ipynb", [WAITING, "'never'"]);
    await start(notebook);
    await isRunning(notebook, 0);
    const pid = Number(textOf(notebook.cellAt(0)));
    await vscode.commands.executeCommand("notebook.selectKernel", {
      id: "other",
      extension: "gradbook-tests.other-kernel",
    });
    await until("the end of the process", () => !isAlive(pid));
    assert.equal(textOf(await run(notebook, 1)), "ran in the other kernel");
  });
});
