import assert from "node:assert/strict";
import * as vscode from "vscode";
import { hovers, problemsOf } from "./answers.ts";
import { figures } from "./figures.ts";
import { openNew, run, textOf, tidy, until } from "./notebooks.ts";
import { pageDriver } from "./page.ts";

describe("the packed extension, installed", () => {
  afterEach(tidy);

  it("is the one that runs, and not the checkout", () => {
    const extension = vscode.extensions.getExtension("gradbook.gradbook")!;
    assert.ok(!extension.extensionPath.startsWith(process.env.GRADBOOK_E2E_ROOT!), extension.extensionPath);
  });

  it("runs a cell, imports the library and shows a live figure", async () => {
    const notebook = await openNew("installed.ipynb", [
      "1 + 1",
      'import { plot, tensor } from "gradbook";\nconst live = plot.live({ title: "Installed" });\nfor (let i = 1; i <= 10; i++) live.log({ loss: tensor([1 / i]).sum() });',
    ]);
    assert.equal(textOf(await run(notebook, 0)), "2");
    const cell = await run(notebook, 1);
    assert.equal(cell.executionSummary?.success, true, textOf(cell));
    if (pageDriver) await until("the figure", async () => (await figures()).some(({ points }) => points === 10));
  });

  it("answers in the editor, and its plugin keeps VS Code's own TypeScript from doing so as well", async () => {
    const notebook = await openNew("answers.ipynb", [
      'import { tensor } from "gradbook";\nconst ones: string = tensor([1]);',
    ]);
    const cell = notebook.cellAt(0);
    const [problem] = await problemsOf(cell, (found) => found.length === 1);
    assert.match(problem!, /^Error 1: Type 'Tensor.*' is not assignable to type 'string'/);
    assert.match((await hovers(cell, { after: "const on" })).join("|"), /^[^|]*const ones: string[^|]*$/);
  });
});
