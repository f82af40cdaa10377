import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import {
  closeAll,
  ended,
  kernelShown,
  open,
  openNew,
  run,
  start,
  textOf,
  tidy,
  until,
  writeNotebook,
  save,
  workspaceFolder,
} from "./notebooks.ts";

describe("choosing the kernel", () => {
  afterEach(tidy);

  it("the other extension is there, so VS Code would ask", async () => {
    const other = vscode.extensions.getExtension("gradbook-tests.other-kernel");
    // A notebook wakes it.
    await openNew("other.ipynb", ["1"]);
    await until("the other extension", () => other?.isActive);
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

  it("TypeScript without a kernel's name is ours, and the file says so once it is run; Python is not", async () => {
    const bare = (name: string, language: string): vscode.Uri => {
      const cell = { cell_type: "code", metadata: {}, source: "1 + 1", execution_count: null, outputs: [] };
      const content = {
        cells: [cell],
        metadata: { language_info: { name: language } },
        nbformat: 4,
        nbformat_minor: 4,
      };
      writeFileSync(path.join(workspaceFolder(), name), JSON.stringify(content));
      return vscode.Uri.file(path.join(workspaceFolder(), name));
    };
    const notebook = await open(bare("bare.ipynb", "typescript"));
    assert.ok(!notebook.isDirty);
    assert.equal(textOf(await run(notebook, 0)), "2");
    assert.equal((await save(notebook)).metadata.kernelspec.name, "gradbook");
    const python = await open(bare("barePython.ipynb", "python"), "");
    await kernelShown("Select Kernel");
    assert.equal((python.metadata.metadata as { kernelspec?: unknown }).kernelspec, undefined);
  });

  it("an empty notebook of Jupyter's becomes ours when the user chooses so", async () => {
    await vscode.commands.executeCommand("ipynb.newUntitledIpynb");
    const { notebook } = await until("the editor", () => vscode.window.activeNotebookEditor);
    await vscode.commands.executeCommand("notebook.selectKernel", { id: "gradbook", extension: "gradbook.gradbook" });
    await until("TypeScript", () => notebook.cellAt(0).document.languageId === "typescript");
    const edit = new vscode.WorkspaceEdit();
    edit.insert(notebook.cellAt(0).document.uri, new vscode.Position(0, 0), "6 * 7");
    await vscode.workspace.applyEdit(edit);
    assert.equal(textOf(await run(notebook, 0)), "42");
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
