/** Marks under stale cells, read from the page, and the command that runs those cells. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { openNew, rename, run, save, tidy, until } from "./notebooks.ts";
import { click, onPage, pageDriver, screenshot } from "./page.ts";

/** Our items in the status bars of the cells that are in sight, from top to bottom. */
const marks = (): Promise<string[]> =>
  onPage<string[]>(`[...document.querySelectorAll(".cell-statusbar-container .cell-status-item")]
    .filter((e) => e.offsetParent && /Edited since|Uses /.test(e.innerText))
    .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
    .map((e) => e.innerText.replace(/[^\\x20-\\x7e]/g, "").trim())`);
const marked = (...want: string[]): Promise<unknown> =>
  until(`the marks ${JSON.stringify(want)}`, async () => JSON.stringify(await marks()) === JSON.stringify(want)).catch(
    async (error) => assert.deepEqual(await marks(), want, String(error)),
  );

async function edit(cell: vscode.NotebookCell, text: string): Promise<void> {
  const { document } = cell;
  const change = new vscode.WorkspaceEdit();
  change.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  await vscode.workspace.applyEdit(change);
}

describe("stale marks", function () {
  if (!pageDriver) return;
  afterEach(tidy);

  it("follow edits, runs and their order; run the cell on a click and all by command; go with a restart", async () => {
    const notebook = await openNew("stale.ipynb", [
      "const rate = 0.1;",
      "const model = { rate, trained: false };",
      "model.trained = true;",
      "model.rate",
    ]);
    const orders = (): (number | undefined)[] =>
      notebook.getCells().map(({ executionSummary }) => executionSummary?.executionOrder);
    for (let i = 0; i < 4; i++) await run(notebook, i);
    await marked();

    const [first] = notebook.getCells();
    await edit(first!, "const rate = 0.2;");
    await marked(
      "Edited since it ran",
      'Uses "rate" from cell [1], which was edited',
      'Uses "model" from cell [2], which is out of date',
      'Uses "model" from cell [2], which is out of date',
    );
    await screenshot("stale-light");
    await edit(first!, "// slower\nconst rate = 0.1;\n");
    await marked();

    await edit(first!, "const rate = 0.2;");
    await until("the mark", async () => (await marks()).length === 4);
    await click(".cell-statusbar-container .cell-status-item:has-text('Edited since')");
    await marked(
      'Uses "rate" from cell [5], which ran later',
      'Uses "model" from cell [2], which is out of date',
      'Uses "model" from cell [2], which is out of date',
    );
    await vscode.commands.executeCommand("gradbook.runStaleCells", notebook.uri);
    await until("three more runs", () => orders().join() === "5,6,7,8");
    await marked();

    await run(notebook, 1);
    await marked('Uses "model" from cell [9], which ran later', 'Uses "model" from cell [9], which ran later');
    await vscode.workspace.getConfiguration("gradbook").update("staleMarks", false, vscode.ConfigurationTarget.Global);
    await marked();
    await vscode.workspace
      .getConfiguration("gradbook")
      .update("staleMarks", undefined, vscode.ConfigurationTarget.Global);
    await until("the marks again", async () => (await marks()).length === 2);
    // Under another name they stay, and so does what the view lists.
    await vscode.commands.executeCommand("gradbook.showVariables");
    await save(notebook);
    const renamed = await rename("stale.ipynb", "stale-renamed.ipynb");
    await until("the marks under the new name", async () => (await marks()).length === 2);
    const view = `[...document.querySelectorAll(".customview-tree .label-name, .tree-explorer-viewlet-tree-view .message")].map((e) => e.innerText).join()`;
    await until("the variables under the new name", async () =>
      /stale-renamed.ipynb.*rate/.test(await onPage<string>(view)),
    );
    await vscode.commands.executeCommand("workbench.action.closePanel");

    await vscode.commands.executeCommand("gradbook.restart", renamed.uri);
    await marked();
    await edit(renamed.cellAt(0), "const rate = 0.3;");
    await run(renamed, 1);
    assert.equal((await marks()).length, 0);
  });
});
