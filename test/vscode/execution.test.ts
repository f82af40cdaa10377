import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { ended, errorOf, openNew, run, save, shows, start, textOf, tidy, until, workspaceFolder } from "./notebooks.ts";

describe("running cells", () => {
  afterEach(tidy);

  it("a notebook of ours runs without a question, also beside another kernel", async () => {
    const notebook = await openNew("first.ipynb", ["1 + 1"]);
    const cell = await run(notebook, 0);
    assert.equal(textOf(cell), "2");
    assert.equal(cell.executionSummary?.executionOrder, 1);
    assert.equal(cell.executionSummary?.success, true);
  });

  it("variables live across cells, and an output of each kind is saved as Jupyter has it", async () => {
    const notebook = await openNew("kinds.ipynb", [
      "const x = 20;\nconsole.log('out'); console.error('err'); console.log('out again');\nx + 1",
      "display('shown'); x * 2",
      "throw new RangeError('too far')",
    ]);
    for (const index of [0, 1]) await run(notebook, index);
    assert.equal((await run(notebook, 2)).executionSummary?.success, false);
    const { cells } = await save(notebook);
    const kinds = cells.map(({ outputs }) => outputs!.map(({ output_type, name }) => name ?? output_type));
    assert.deepEqual(kinds, [
      ["stdout", "stderr", "stdout", "execute_result"],
      ["display_data", "execute_result"],
      ["error"],
    ]);
    assert.deepEqual(cells[0]!.outputs![0]!.text, ["out\n"]);
    assert.deepEqual(cells[0]!.outputs![3]!.data, { "text/plain": ["21"] });
    assert.equal(cells[2]!.outputs![0]!.ename, "RangeError");
    assert.deepEqual(
      cells.map(({ execution_count }) => execution_count),
      [1, 2, 3],
    );
  });

  it("lines of one stream are appended to one output", async () => {
    const notebook = await openNew("stream.ipynb", [
      "for (let i = 0; i < 100; i++) { console.log(i); if (i % 10 === 0) await new Promise((r) => setTimeout(r, 40)); }",
    ]);
    const cell = await run(notebook, 0);
    assert.equal(cell.outputs.length, 1);
    assert.equal(textOf(cell), Array.from({ length: 100 }, (_, i) => `${i}\n`).join(""));
  });

  it("old output stays until the cell begins, and goes then", async () => {
    const notebook = await openNew("clear.ipynb", [
      "await new Promise((r) => setTimeout(r, 300));",
      "console.log('run ' + (globalThis.runs = (globalThis.runs ?? 0) + 1))",
    ]);
    await run(notebook, 1);
    const lengths: number[] = [];
    const subscription = vscode.workspace.onDidChangeNotebookDocument(({ cellChanges }) => {
      for (const { cell, outputs } of cellChanges) if (cell.index === 1 && outputs) lengths.push(outputs.length);
    });
    const before = notebook.cellAt(1).executionSummary?.timing?.startTime;
    await start(notebook);
    await until("the first cell to run", () => notebook.cellAt(0).executionSummary?.executionOrder !== undefined);
    assert.equal(textOf(notebook.cellAt(1)), "run 1\n");
    await ended(notebook, 1, before);
    subscription.dispose();
    assert.equal(textOf(notebook.cellAt(1)), "run 2\n");
    // Clearing and the new output may come together.
    assert.equal(lengths.at(-1), 1);
  });

  it("after an error the rest is not run; the tag raises-exception goes on", async () => {
    const notebook = await openNew("queue.ipynb", [
      { code: "throw new Error('expected')", tags: ["raises-exception"] },
      "'after the expected one'",
      "throw new Error('not expected')",
      "'never'",
      "'never'",
    ]);
    await start(notebook);
    const failed = await ended(notebook, 2);
    assert.equal(errorOf(failed)?.message, "not expected");
    assert.equal(textOf(notebook.cellAt(1)), "'after the expected one'");
    await until("an idle notebook", () => notebook.cellAt(4).executionSummary?.executionOrder === undefined);
    assert.deepEqual(
      notebook.getCells().map(({ executionSummary }) => executionSummary?.executionOrder),
      [1, 2, 3, undefined, undefined],
    );
  });

  it("output that comes late reaches its own cell and leaves its result as it was", async () => {
    const notebook = await openNew("late.ipynb", [
      "setTimeout(() => console.log('late'), 500); 'now'",
      "console.log('another cell')",
    ]);
    const first = await run(notebook, 0);
    const { executionOrder, timing } = first.executionSummary!;
    await run(notebook, 1);
    await shows(notebook, 0, "late");
    const after = await ended(notebook, 0);
    assert.equal(after.executionSummary!.executionOrder, executionOrder);
    assert.deepEqual(after.executionSummary!.timing, timing);
    assert.equal(textOf(notebook.cellAt(1)), "another cell\n");
  });

  it("a display is updated by its id from another cell; the output is not made anew", async () => {
    const notebook = await openNew("update.ipynb", ["display('before', { id: 'a' })", "display('after', { id: 'a' })"]);
    await run(notebook, 0);
    assert.equal(textOf(notebook.cellAt(0)), "'before'");
    await run(notebook, 1);
    await shows(notebook, 0, "'after'");
    assert.equal(notebook.cellAt(0).outputs.length, 1);
  });

  it("clearOutput with wait replaces in one step, and does not outlive its cell", async () => {
    const notebook = await openNew("clearOutput.ipynb", [
      "console.log('one'); clearOutput({ wait: true }); console.log('two');",
      "console.log('kept'); clearOutput({ wait: true });",
    ]);
    assert.equal(textOf(await run(notebook, 0)), "two\n");
    assert.equal(textOf(await run(notebook, 1)), "kept\n");
    assert.equal(textOf(await run(notebook, 1)), "kept\n");
  });

  it("an empty cell, a blank one and a comment run without trouble; markdown is passed over", async () => {
    const notebook = await openNew("empty.ipynb", [
      "",
      "  \n",
      "// nothing",
      { code: "# text", kind: "markdown" },
      "'end'",
    ]);
    await start(notebook);
    assert.equal(textOf(await ended(notebook, 4)), "'end'");
    assert.deepEqual(
      notebook.getCells().map(({ executionSummary }) => executionSummary?.executionOrder),
      [undefined, undefined, 1, undefined, 2],
    );
  });

  it("line ends of Windows do not reach the kernel", async () => {
    const notebook = await openNew("crlf.ipynb", ["`a\r\nb`.length"]);
    assert.equal(textOf(await run(notebook, 0)), "3");
  });

  it("modules beside the notebook are found", async () => {
    writeFileSync(path.join(workspaceFolder(), "beside.ts"), "export const answer: number = 42;\n");
    const notebook = await openNew("imports.ipynb", [
      "import { answer } from './beside.ts';\nimport { basename } from 'node:path';\n[answer, basename(process.cwd())]",
    ]);
    assert.equal(textOf(await run(notebook, 0)), `[ 42, '${path.basename(workspaceFolder())}' ]`);
  });

  it("five thousand lines arrive whole and in order", async () => {
    const notebook = await openNew("lines.ipynb", ["for (let i = 0; i < 5000; i++) console.log(i)"]);
    const wanted = Array.from({ length: 5000 }, (_, i) => `${i}\n`).join("");
    const cell = await run(notebook, 0);
    assert.ok(textOf(cell) === wanted, "in the window");
    const saved = (await save(notebook)).cells[0]!.outputs!;
    assert.equal(saved.length, 1);
    assert.ok(saved[0]!.text!.join("") === wanted, "in the file");
  });
});
