import assert from "node:assert/strict";
import * as vscode from "vscode";
import { closeAll, ended, open, openNew, run, start, textOf, tidy, until, writeNotebook } from "./notebooks.ts";

describe("choosing the kernel", () => {
  afterEach(tidy);

  it("the other extension is there, so VS Code would ask", () => {
    assert.ok(vscode.extensions.getExtension("gradbook-tests.other-kernel")?.isActive);
  });

  it("what the user chooses stays, also when the notebook is opened again", async () => {
    const notebook = await openNew("choose.ipynb", ["'ours'"]);
    assert.equal(textOf(await run(notebook, 0)), "'ours'");
    await vscode.commands.executeCommand("notebook.selectKernel", {
      id: "other",
      extension: "gradbook-tests.other-kernel",
    });
    assert.equal(textOf(await run(notebook, 0)), "ran in the other kernel");
    // Leaving and coming back is no new choice.
    await vscode.commands.executeCommand("workbench.action.files.newUntitledFile");
    await vscode.window.showNotebookDocument(notebook);
    assert.equal(textOf(await run(notebook, 0)), "ran in the other kernel");
    const { uri } = notebook;
    await closeAll();
    const again = await open(uri, "");
    await start(again);
    assert.equal(textOf(await ended(again, 0)), "ran in the other kernel");
  });

  it("a notebook of another kernel is left alone; chosen by hand, its file says Gradbook and its cells are TypeScript", async () => {
    const notebook = await open(writeNotebook("python.ipynb", ["1 + 1"], "python3"), "");
    await vscode.commands.executeCommand("notebook.selectKernel", { id: "gradbook", extension: "gradbook.gradbook" });
    const kernelName = (): unknown => (notebook.metadata.metadata as { kernelspec: { name: string } }).kernelspec.name;
    await until("the kernel's name in the file", () => kernelName() === "gradbook");
    await until("TypeScript", () => notebook.cellAt(0).document.languageId === "typescript");
    assert.equal(textOf(await run(notebook, 0)), "2");
  });

  it("New Notebook opens one that runs", async () => {
    await vscode.commands.executeCommand("gradbook.newNotebook");
    const { notebook } = vscode.window.activeNotebookEditor!;
    assert.equal(notebook.cellAt(0).document.languageId, "typescript");
    const edit = new vscode.WorkspaceEdit();
    edit.insert(notebook.cellAt(0).document.uri, new vscode.Position(0, 0), "6 * 7");
    await vscode.workspace.applyEdit(edit);
    assert.equal(textOf(await run(notebook, 0)), "42");
  });
});
