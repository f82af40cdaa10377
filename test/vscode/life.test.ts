import assert from "node:assert/strict";
import { mkdirSync, renameSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import {
  appeared,
  closeAll,
  ended,
  errorOf,
  kernelShown,
  openNew,
  rename,
  run,
  save,
  shows,
  start,
  textOf,
  tidy,
  until,
  uriOf,
  workspaceFolder,
  writeNotebook,
} from "./notebooks.ts";
import { figures } from "./figures.ts";
import { onPage, pageDriver, perform, press } from "./page.ts";
import { isAlive } from "./process.ts";

/** Answers the question of "Save" or "Save As" with a file of the workspace. */
async function saveAs(command: "save" | "saveAs", name: string): Promise<vscode.NotebookDocument> {
  const done = vscode.commands.executeCommand(`workbench.action.files.${command}`);
  const input = "document.querySelector('.quick-input-widget:not([style*=\"display: none\"]) input')?.value ?? ''";
  await until("the question", async () => /\.ipynb$/.test(await onPage<string>(input)));
  const { fsPath } = uriOf(name);
  // It completes what is typed while it still looks up folders.
  await until("the answer", async () => {
    await press("Control+A");
    await perform("type", { text: fsPath });
    return (await onPage<string>(input)) === fsPath;
  });
  // Nor does it take an answer then.
  await until("the end of the question", async () => {
    if ((await onPage<string>(input)) === "") return true;
    if (!(await onPage<boolean>("document.activeElement?.closest('.quick-input-widget') != null"))) return false;
    await press("Enter");
    // It goes a moment later; another press would then write a line into the notebook's cell.
    for (let i = 0; i < 30 && (await onPage<string>(input)) !== ""; i++) await new Promise((r) => setTimeout(r, 100));
    return false;
  });
  await done;
  return appeared(uriOf(name));
}

const textsOf = (notebook: vscode.NotebookDocument): string[] =>
  notebook.getCells().map(({ document }) => document.getText());

const TICKING =
  "globalThis.stop = false; let n = 0; while (!globalThis.stop && n < 1000) { console.log('tick ' + ++n); await new Promise((r) => setTimeout(r, 50)); } 'done ' + n";

const TRAINING = `import { rand, nn, optim, plot } from "gradbook";
const model = new nn.Linear(2, 1);
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
const live = plot.live({ model, optimizer });
for (let step = 0; step < 10_000; step++) {
  optimizer.zeroGrad();
  const loss = model.forward(rand(8, 2)).square().mean();
  loss.backward();
  optimizer.step();
  live.log({ loss });
  await new Promise((r) => setTimeout(r, 20));
}`;

describe("a notebook gets another name", () => {
  afterEach(tidy);

  it("renamed: the kernel, its variables, displays and late output go with it; the file is as it was", async () => {
    const notebook = await openNew("name-1.ipynb", [
      "const kept = process.pid; let go; new Promise((r) => (go = r)).then(() => console.log('late')); display('shown', { id: 'd' }); kept",
      "kept",
      "display('updated', { id: 'd' }); go(); kept",
    ]);
    const pid = Number(
      textOf(await run(notebook, 0))
        .split("\n")
        .at(-1),
    );
    await save(notebook);
    const renamed = await rename("name-1.ipynb", "name-2.ipynb");
    assert.ok(!renamed.isDirty);
    await until("the end of the old document", () => notebook.isClosed);
    assert.equal(textOf(await run(renamed, 1)), String(pid));
    assert.equal(renamed.cellAt(1).executionSummary?.executionOrder, 2);
    await run(renamed, 2);
    await shows(renamed, 0, "'updated'");
    await shows(renamed, 0, "late");
    assert.match(textOf(renamed.cellAt(0)), new RegExp(`^'updated'\n${pid}\nlate\n$`));
    assert.ok(isAlive(pid));
    // Undone as in the explorer.
    await save(renamed);
    const back = await rename("name-2.ipynb", "name-1.ipynb");
    assert.equal(textOf(await run(back, 1)), String(pid));
  });

  it("renamed with its folder while a cell runs and another waits: both go on", async () => {
    mkdirSync(path.join(workspaceFolder(), "one"));
    const notebook = await openNew("one/run.ipynb", ["process.pid", TICKING, "'after ' + n"]);
    const pid = textOf(await run(notebook, 0));
    await start(notebook, 1, 3);
    await shows(notebook, 1, "tick 3\n");
    const renamed = await rename("one", "two", "two/run.ipynb");
    const seen = Number(/tick (\d+)\n$/.exec(await shows(renamed, 1, /tick \d+\n$/))![1]);
    const text = await shows(renamed, 1, `tick ${seen + 5}\n`);
    assert.match(text, /^(tick \d+\n)+$/);
    const numbers = [...text.matchAll(/tick (\d+)/g)].map(([, number]) => Number(number));
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, i) => i + 1),
      "every line once, in order",
    );
    await vscode.commands.executeCommand("notebook.cancelExecution");
    assert.equal(errorOf(await ended(renamed, 1))?.name, "Interrupted");
    assert.equal(textOf(await run(renamed, 0)), pid);
    await until("the end of the old document", () => notebook.isClosed);
  });

  it("a figure that trains goes on moving under the new name, and is saved there", async () => {
    const notebook = await openNew("train-1.ipynb", [TRAINING]);
    await start(notebook);
    await until("points", async () => (await figures())[0]?.points! > 5);
    const renamed = await rename("train-1.ipynb", "train-2.ipynb");
    const before = (await until("the figure", async () => (await figures()).find(({ points }) => points > 0))).seq;
    await until("more of it", async () => (await figures()).some(({ seq }) => seq > before + 5));
    await vscode.commands.executeCommand("notebook.cancelExecution");
    await ended(renamed, 0);
    const [cell] = (await save(renamed)).cells;
    assert.ok(cell!.outputs!.some(({ data }) => data?.["application/vnd.gradbook.live+json"]));
  });

  it("overwritten by a rename: the notebook under that name has the other one's kernel", async () => {
    const target = await openNew("over-2.ipynb", ["'target'", "process.pid"]);
    const gone = Number(textOf(await run(target, 1)));
    const notebook = await openNew("over-1.ipynb", ["process.pid"]);
    const pid = textOf(await run(notebook, 0));
    await save(notebook);
    const renamed = await rename("over-1.ipynb", "over-2.ipynb");
    assert.equal(textOf(await run(renamed, 0)), pid);
    await until("the end of the other kernel", () => !isAlive(gone));
  });

  it("renamed outside VS Code: the notebook keeps its name, its kernel and its variables", async () => {
    const notebook = await openNew("outside.ipynb", ["globalThis.kept = 1; process.pid", "kept"]);
    await run(notebook, 0);
    await save(notebook);
    renameSync(uriOf("outside.ipynb").fsPath, uriOf("elsewhere.ipynb").fsPath);
    assert.equal(textOf(await run(notebook, 1)), "1");
  });

  if (!pageDriver) return;

  it("an untitled notebook keeps its kernel when it is saved, also while a cell runs; saved as another, too", async function () {
    // It is overwritten. VS Code keeps the document of who asks like this for minutes, before and after.
    await vscode.workspace.openNotebookDocument(writeNotebook("first.ipynb", ["'something else'"]));
    await vscode.commands.executeCommand("gradbook.newNotebook");
    await kernelShown();
    const { notebook } = vscode.window.activeNotebookEditor!;
    const cells = ["globalThis.kept = process.pid", TICKING, "kept"];
    const edit = new vscode.WorkspaceEdit();
    const data = cells.map((text) => new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, "typescript"));
    edit.set(notebook.uri, [vscode.NotebookEdit.replaceCells(new vscode.NotebookRange(0, 1), data)]);
    await vscode.workspace.applyEdit(edit);
    const pid = textOf(await run(notebook, 0));
    await start(notebook, 1, 2);
    await shows(notebook, 1, "tick 3\n");
    const saved = await saveAs("save", "first.ipynb");
    assert.deepEqual(textsOf(notebook), cells, "no key went into a cell");
    await shows(saved, 1, /tick 1\n[^]*tick \d\d\n/);
    await vscode.commands.executeCommand("notebook.cancelExecution");
    await ended(saved, 1);
    assert.equal(textOf(await run(saved, 2)), pid);
    const numbers = [...textOf(saved.cellAt(1)).matchAll(/tick (\d+)/g)].map(([, number]) => Number(number));
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, i) => i + 1),
      "every line once, in order",
    );
    await save(saved);
    const other = await saveAs("saveAs", "second.ipynb");
    assert.deepEqual([textsOf(saved), textsOf(other)], [cells, cells], "no key went into a cell");
    assert.equal(textOf(await run(other, 2)), pid);
    // And back, over a document with the very same cells.
    await save(other);
    const back = await saveAs("saveAs", "first.ipynb");
    assert.equal(textOf(await run(back, 2)), pid);
    // The name Untitled-1 is free again, and its next notebook is ours too.
    await save(back);
    await closeAll();
    await until("the end of the kernel", () => !isAlive(Number(pid)));
    await vscode.commands.executeCommand("gradbook.newNotebook");
    await kernelShown();
  });
});
