import assert from "node:assert/strict";
import * as vscode from "vscode";
import { ended, errorOf, openNew, run, shows, start, textOf, tidy, until } from "./notebooks.ts";
import { isAlive } from "./process.ts";

describe("the kernel", () => {
  afterEach(tidy);

  // "begun" is printed where the loop begins: an interrupt before that would find nothing to keep.
  const loops: [where: string, code: string][] = [
    ["in a cell", "let i = 0; console.log('begun'); while (true) { i++ }"],
    ["after an await", "let i = 0; await null; console.log('begun'); while (true) { i++ }"],
    ["before an await", "let i = 0; console.log('begun'); while (true) { i++ } await null;"],
    [
      "in a timer",
      "let i = 0; await new Promise(() => setTimeout(() => { console.log('begun'); while (true) { i++ } }));",
    ],
  ];
  for (const [index, [where, code]] of loops.entries()) {
    it(`while (true) ${where} is stopped; every variable is still there`, async () => {
      // A file of its own: VS Code would take a notebook of the same name for the last one, changed on disk.
      const notebook = await openNew(`interrupt-${index}.ipynb`, ["const before = 'kept'", code, "[before, i > 0]"]);
      await run(notebook, 0);
      await start(notebook, 1, 2);
      await shows(notebook, 1, "begun");
      await vscode.commands.executeCommand("notebook.cancelExecution");
      const stopped = await ended(notebook, 1);
      assert.equal(stopped.executionSummary?.success, false);
      assert.equal(errorOf(stopped)?.name, "Interrupted");
      assert.equal(textOf(await run(notebook, 2)), "[ 'kept', true ]");
    });
  }

  it("the stop button cancels what waits", async () => {
    const notebook = await openNew("cancel.ipynb", ["while (true) {}", "'never'", "'later'"]);
    await start(notebook);
    await until("the loop to run", () => notebook.cellAt(0).executionSummary?.executionOrder === 1);
    await vscode.commands.executeCommand("notebook.cancelExecution");
    await ended(notebook, 0);
    assert.equal(textOf(await run(notebook, 2)), "'later'");
    assert.equal(notebook.cellAt(1).executionSummary?.executionOrder, undefined);
  });

  it("killed from outside: the running cell says so, the notebook is whole, a restart works", async () => {
    const notebook = await openNew("killed.ipynb", [
      "process.pid",
      "console.log('begun'); while (true) {}",
      "'never'",
      "'again'",
    ]);
    const pid = Number(textOf(await run(notebook, 0)));
    await start(notebook, 1, 3);
    await shows(notebook, 1, "begun");
    process.kill(pid, "SIGKILL");
    const died = await ended(notebook, 1);
    assert.equal(died.executionSummary?.success, false);
    assert.equal(errorOf(died)?.name, "KernelDied");
    assert.match(errorOf(died)!.message, /SIGKILL[^]*Restart the kernel/);
    assert.match(textOf(died), /^begun\n/);
    assert.equal(notebook.cellAt(2).executionSummary?.executionOrder, undefined);
    assert.equal(textOf(notebook.cellAt(0)), String(pid));
    await vscode.commands.executeCommand("gradbook.restart");
    const again = await run(notebook, 3);
    assert.equal(textOf(again), "'again'");
    assert.equal(again.executionSummary?.executionOrder, 1);
  });

  it("restart gives a new process without the old variables", async () => {
    const notebook = await openNew("restart.ipynb", ["globalThis.old = 1; process.pid", "typeof globalThis.old"]);
    const pid = Number(textOf(await run(notebook, 0)));
    await vscode.commands.executeCommand("gradbook.restart");
    assert.ok(!isAlive(pid));
    assert.equal(textOf(await run(notebook, 1)), "'undefined'");
  });

  it("restart while a cell runs ends the cell; what waited is not run", async () => {
    await vscode.workspace.getConfiguration("gradbook").update("askBeforeRestart", false, true);
    const notebook = await openNew("restartBusy.ipynb", ["while (true) {}", "'never'"]);
    await start(notebook);
    await until("the loop to run", () => notebook.cellAt(0).executionSummary?.executionOrder === 1);
    await vscode.commands.executeCommand("gradbook.restart");
    const stopped = await ended(notebook, 0);
    assert.equal(errorOf(stopped)?.name, "KernelRestarted");
    assert.equal(notebook.cellAt(1).executionSummary?.executionOrder, undefined);
    await vscode.workspace.getConfiguration("gradbook").update("askBeforeRestart", undefined, true);
  });

  it("restart and run all runs every cell from one; run above leaves the selected one out", async () => {
    const notebook = await openNew("all.ipynb", ["'a'", "'b'", "'c'"]);
    await run(notebook, 2);
    await vscode.commands.executeCommand("gradbook.restartAndRunAll");
    await until("three cells", () => notebook.cellAt(2).executionSummary?.executionOrder === 3);
    await vscode.window.showNotebookDocument(notebook, { selections: [new vscode.NotebookRange(2, 3)] });
    await vscode.commands.executeCommand("gradbook.runAllAbove");
    await until("two cells", () => notebook.cellAt(1).executionSummary?.executionOrder === 5);
    assert.equal(notebook.cellAt(2).executionSummary?.executionOrder, 3);
  });

  it("two notebooks have two kernels that run at the same time", async () => {
    const [a, b] = [await openNew("a.ipynb", ["while (true) {}"]), await openNew("b.ipynb", ["globalThis.x = 'b'"])];
    await vscode.window.showNotebookDocument(a);
    await start(a);
    await until("the loop to run", () => a.cellAt(0).executionSummary?.executionOrder === 1);
    await vscode.window.showNotebookDocument(b);
    assert.equal(textOf(await run(b, 0)), "'b'");
    assert.equal(a.cellAt(0).executionSummary?.success, undefined);
    await vscode.window.showNotebookDocument(a);
    await vscode.commands.executeCommand("notebook.cancelExecution");
    await ended(a, 0);
  });

  it("a runtime that does not exist is named in the cell", async () => {
    const settings = vscode.workspace.getConfiguration("gradbook");
    await settings.update("runtime", "/nowhere/node", true);
    try {
      const notebook = await openNew("runtime.ipynb", ["1"]);
      const cell = await run(notebook, 0);
      assert.equal(errorOf(cell)?.name, "KernelNotStarted");
      assert.match(errorOf(cell)!.message, /\/nowhere\/node.*gradbook\.runtime/s);
    } finally {
      await settings.update("runtime", undefined, true);
    }
  });
});
