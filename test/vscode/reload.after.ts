import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { open, run, textOf, tidy, until, workspaceFolder } from "./notebooks.ts";
import { onPage } from "./page.ts";
import { isAlive } from "./process.ts";
import { LEFT_FILE } from "./reloadFile.ts";

describe("a window that was reloaded while a cell ran", () => {
  afterEach(tidy);

  it("has no cell that seems to run; the old kernel has ended and a new one works", async () => {
    const pid = Number(readFileSync(path.join(workspaceFolder(), LEFT_FILE), "utf8"));
    await until("the end of the old kernel", () => !isAlive(pid));
    const notebook = await open(vscode.Uri.file(path.join(workspaceFolder(), "reload.ipynb")));
    const spinning =
      "document.querySelectorAll('.cell-statusbar-container .codicon-notebook-state-executing, .cell-statusbar-container .codicon-notebook-state-pending').length";
    assert.equal(await onPage(spinning), 0);
    const cell = await run(notebook, 0);
    assert.equal(textOf(cell), "'saved'");
    assert.equal(cell.executionSummary?.executionOrder, 1);
    // VS Code shows a run for a moment at least.
    await until("nothing that spins", async () => (await onPage<number>(spinning)) === 0);
  });
});
