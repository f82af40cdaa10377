import assert from "node:assert/strict";
import * as vscode from "vscode";
import { closeAll, ended, openNew, run, shows, start, textOf, tidy, until } from "./notebooks.ts";
import { isAlive } from "./process.ts";

/** Prints a line every 50 ms until the other cell, or the test, sets `stop`. */
const TICKING =
  "globalThis.stop = false; let n = 0; while (!globalThis.stop && n < 400) { console.log('tick ' + ++n); await new Promise((r) => setTimeout(r, 50)); } 'done'";

async function edit(notebook: vscode.NotebookDocument, edits: vscode.NotebookEdit[]): Promise<void> {
  const change = new vscode.WorkspaceEdit();
  change.set(notebook.uri, edits);
  assert.ok(await vscode.workspace.applyEdit(change));
}

describe("editing while a cell runs", () => {
  afterEach(tidy);

  it("a deleted cell that waits is not run", async () => {
    const notebook = await openNew("deleteWaiting.ipynb", [
      "await new Promise((r) => setTimeout(r, 500))",
      "globalThis.ran = true",
      "globalThis.ran",
    ]);
    await start(notebook);
    await until("the first cell to run", () => notebook.cellAt(0).executionSummary?.executionOrder === 1);
    await edit(notebook, [vscode.NotebookEdit.deleteCells(new vscode.NotebookRange(1, 2))]);
    assert.equal(textOf(await ended(notebook, 1)), "");
    assert.equal(notebook.cellAt(1).executionSummary?.executionOrder, 2);
  });

  it("deleting the cell that runs stops it; the kernel goes on with its variables", async () => {
    const notebook = await openNew("deleteRunning.ipynb", [
      "let kept = 7;\nconsole.log('begun');\nwhile (true) { kept++ }",
      "kept > 7",
    ]);
    await start(notebook, 0, 1);
    await shows(notebook, 0, "begun");
    await edit(notebook, [vscode.NotebookEdit.deleteCells(new vscode.NotebookRange(0, 1))]);
    assert.equal(notebook.cellCount, 1);
    assert.equal(textOf(await run(notebook, 0)), "true");
  });

  it("a cell that is edited and moved keeps getting its output", async () => {
    const notebook = await openNew("move.ipynb", [TICKING, "globalThis.stop = true"]);
    await start(notebook, 0, 1);
    await shows(notebook, 0, "tick 2");
    const [running] = notebook.getCells();
    const text = new vscode.WorkspaceEdit();
    text.insert(running!.document.uri, new vscode.Position(0, 0), "// edited\n");
    await vscode.workspace.applyEdit(text);
    await vscode.window.showNotebookDocument(notebook, { selections: [new vscode.NotebookRange(0, 1)] });
    await vscode.commands.executeCommand("notebook.cell.moveDown");
    await until("the move", () => notebook.cellAt(1).document.getText().startsWith("// edited"));
    const seen = Number(/tick (\d+)\n$/.exec(textOf(notebook.cellAt(1)))![1]);
    await shows(notebook, 1, `tick ${seen + 2}\n`);
    await vscode.commands.executeCommand("notebook.cancelExecution");
    assert.equal((await ended(notebook, 1)).executionSummary?.success, false);
  });

  it("outputs cleared by the user do not come back; new ones do", async () => {
    const notebook = await openNew("clearWhile.ipynb", [TICKING]);
    await start(notebook, 0, 1);
    await shows(notebook, 0, "tick 3\n");
    await vscode.commands.executeCommand("notebook.clearAllCellsOutputs");
    await until("no output", () => !textOf(notebook.cellAt(0)).includes("tick 1\n"));
    await shows(notebook, 0, /tick \d+\n/);
    assert.ok(!textOf(notebook.cellAt(0)).includes("tick 1\n"));
    await vscode.commands.executeCommand("notebook.cancelExecution");
    await ended(notebook, 0);
  });

  it("a notebook in two editors runs once", async () => {
    const notebook = await openNew("two.ipynb", ["globalThis.times = (globalThis.times ?? 0) + 1"]);
    await vscode.window.showNotebookDocument(notebook, { viewColumn: vscode.ViewColumn.Beside });
    assert.equal(textOf(await run(notebook, 0)), "1");
    assert.equal(textOf(await run(notebook, 0)), "2");
  });

  it("a notebook closed while it runs takes its kernel along", async () => {
    const notebook = await openNew("close.ipynb", ["process.pid", "while (true) {}"]);
    const pid = Number(textOf(await run(notebook, 0)));
    await start(notebook, 1, 2);
    await until("the loop to run", () => notebook.cellAt(1).executionSummary?.executionOrder === 2);
    await closeAll();
    await until("the end of the process", () => !isAlive(pid));
  });
});
