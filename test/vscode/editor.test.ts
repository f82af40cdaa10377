import assert from "node:assert/strict";
import * as vscode from "vscode";
import { ask, hovers, problems, problemsOf } from "./answers.ts";
import {
  cursorAt,
  hoverTexts,
  leave,
  quickFixes,
  renameBox,
  signature,
  suggestions,
  typeText,
  underlined,
} from "./cellEditor.ts";
import { open, openNew, rename, run, save, shows, start, textOf, tidy, until, writeNotebook } from "./notebooks.ts";
import { onPage, pageDriver, press, screenshot } from "./page.ts";

describe("the editor in cells", function () {
  let notebook: vscode.NotebookDocument;
  const cell = (index: number): vscode.NotebookCell => notebook.cellAt(index);

  before(async () => {
    notebook = await openNew("editor.ipynb", [
      'import { tensor } from "gradbook";\nconst rate: number = "fast";',
      "const sum = tensor([rate, 2]).sum();\nfunction half(of: number, digits = 2) { return (of / 2).toFixed(digits); }",
      "let again = half(rate);",
      "let again = [half(1)];\nagain.pussh(half(2));",
      "",
      "!npm install left-pad\nconst  spaced=rate",
      "let n = 0;\nconsole.log('training');\nwhile (n < 1e15) n += Math.sqrt(tensor(1).item());",
    ]);
  });
  after(tidy);
  afterEach(async function () {
    if (this.currentTest?.state === "failed" && pageDriver)
      await screenshot(`failure-editor-${this.currentTest.title.replace(/\W+/g, "-").slice(0, 40)}`);
    if (pageDriver) await leave();
  });

  it("a type error is underlined, once, and the cell runs all the same", async () => {
    // VS Code's own TypeScript may have been faster than the kernel; what it said goes.
    const [problem] = await problemsOf(cell(0), (found) => found.length === 1 && found[0]!.startsWith("Error"));
    assert.match(problem!, /^Error 1: Type 'string' is not assignable to type 'number'/);
    if (pageDriver) await until("the red lines", async () => (await underlined("error")) === 2);
    assert.equal((await run(notebook, 0)).executionSummary?.success, true, textOf(cell(0)));
  });

  it("cells know each other, also names that come from an import; a name declared again and a shell command are no errors", () => {
    const others = [1, 2, 5, 6].map((index) => problems(cell(index)).filter((problem) => problem.startsWith("Error")));
    assert.deepEqual(others, [[], [], [], []]);
  });

  it("one hover, with the type and what the library says", async () => {
    const [text, ...others] = await hovers(cell(1), { before: "tensor(" });
    assert.deepEqual(others, []);
    assert.match(text!, /tensor\(/);
    assert.match((await hovers(cell(2), { after: "half(ra" })).join("|"), /^[^|]*const rate: number[^|]*$/);
    if (!pageDriver) return;
    await cursorAt(notebook, 2, { after: "half(ra" });
    const shown = await hoverTexts();
    assert.equal(shown.length, 1, shown.join("\n---\n"));
    assert.match(shown[0]!, /const rate: number/);
    const settings = vscode.workspace.getConfiguration("workbench");
    for (const [name, theme] of [
      ["light", "Light Modern"],
      ["dark", "Dark Modern"],
    ]) {
      await settings.update("colorTheme", theme, true);
      await until(theme!, () =>
        onPage<boolean>(`!!document.querySelector(".monaco-workbench.vs${name === "dark" ? "-dark" : ""}")`),
      );
      await cursorAt(notebook, 2, { after: "half(ra" });
      await hoverTexts();
      await screenshot(`editor-hover-${name}`);
    }
    await settings.update("colorTheme", undefined, true);
  });

  it("a definition in another cell, once, and by the key; one in the library's declarations", async () => {
    const places = await ask<vscode.Location[]>("vscode.executeDefinitionProvider", cell(2), { before: "half" });
    assert.deepEqual(
      places.map(({ uri, range }) => [uri.toString(), range.start.line]),
      [[cell(1).document.uri.toString(), 1]],
    );
    const [library, ...others] = await ask<vscode.Location[]>("vscode.executeDefinitionProvider", cell(1), {
      before: "tensor(",
    });
    assert.deepEqual(others, []);
    assert.match(library!.uri.path, /dist\/types\/.*\.d\.ts$/);
    await cursorAt(notebook, 2, { before: "half" });
    await vscode.commands.executeCommand("editor.action.revealDefinition");
    await until("the cursor in the other cell", () => {
      const editor = vscode.window.activeTextEditor;
      return editor?.document === cell(1).document && editor.selection.active.line === 1;
    });
  });

  it("references in all cells, each once", async () => {
    const places = await ask<vscode.Location[]>("vscode.executeReferenceProvider", cell(1), { before: "half" });
    const at = places.map(
      ({ uri, range }) =>
        `${notebook.getCells().findIndex(({ document }) => document.uri.toString() === uri.toString())}:${range.start.line}`,
    );
    assert.deepEqual(at.sort(), ["1:1", "2:0", "3:0", "3:1"]);
  });

  it("a quick fix, once, that is applied", async () => {
    const [problem] = await problemsOf(cell(3), (found) => found.some((each) => each.startsWith("Error")));
    assert.match(problem!, /'pussh' does not exist on type 'string\[\]'.*'push'/);
    if (!pageDriver) return;
    await cursorAt(notebook, 3, { after: "again.puss" });
    await vscode.commands.executeCommand("editor.action.quickFix");
    const titles = await quickFixes();
    assert.deepEqual(
      titles.filter((title) => /spelling/.test(title)),
      ["Change spelling to 'push'"],
    );
    await screenshot("editor-quick-fix");
    await press("Enter");
    await until("the fix", () => cell(3).document.getText().includes("again.push("));
    await problemsOf(cell(3), (found) => !found.some((each) => each.startsWith("Error")));
  });

  it("completion while typing: each name once; what is not imported yet is, when it is taken", async () => {
    if (!pageDriver) return;
    await cursorAt(notebook, 4);
    await typeText("half(rat");
    const rows = await suggestions();
    assert.deepEqual(
      rows.filter((row) => row === "rate"),
      ["rate"],
    );
    assert.deepEqual(rows, [...new Set(rows)]);
    await screenshot("editor-completion");
    // A semicolon takes the chosen name, too.
    await typeText(";");
    await until("the name", () => cell(4).document.getText() === "half(rate;)");
    await press("Backspace");
    await typeText(");\nmanualSee");
    assert.deepEqual(
      (await suggestions()).filter((row) => row === "manualSeed"),
      ["manualSeed"],
    );
    await press("Enter");
    await until("the import", () =>
      /import \{ manualSeed \} from "gradbook";\s+half\(rate\);\s+manualSeed$/.test(cell(4).document.getText()),
    );
  });

  it("signature help while typing", async () => {
    if (!pageDriver) return;
    await cursorAt(notebook, 4);
    await typeText("(1);\nhalf(rate, ");
    assert.match(await signature(), /^half\(of: number, digits\?: number\): string$/);
    await screenshot("editor-signature");
    await typeText("1)");
  });

  it("a rename in all cells, by the key", async () => {
    if (!pageDriver) return;
    await cursorAt(notebook, 0, { after: "const ra" });
    await press("F2");
    await renameBox();
    await typeText("speed");
    await press("Enter");
    await until("the new name everywhere", () =>
      [0, 1, 2, 4, 5].every(
        (index) => /\bspeed\b/.test(cell(index).document.getText()) && !/\brate\b/.test(cell(index).document.getText()),
      ),
    );
  });

  it("a cell is formatted without a question, and a command for the shell stays as it is", async () => {
    await cursorAt(notebook, 5);
    await vscode.commands.executeCommand("notebook.formatCell");
    await until("the format", () => cell(5).document.getText() === "!npm install left-pad\nconst spaced = speed");
    assert.deepEqual(
      problems(cell(5)).filter((problem) => problem.startsWith("Error")),
      [],
    );
  });

  it("all of it while a cell computes, and after a restart", async () => {
    await run(notebook, 0);
    await start(notebook, 6, 7);
    await shows(notebook, 6, "training");
    assert.match((await hovers(cell(2), { before: "half" })).join(), /half\(of: number/);
    await cursorAt(notebook, 2);
    if (pageDriver) {
      await typeText("\nlet wrong: number = again;");
      await problemsOf(cell(2), (found) => found.some((each) => /Error 1: Type 'string' is not assignable/.test(each)));
      await screenshot("editor-while-training");
    }
    assert.equal(cell(6).executionSummary?.success, undefined);
    await vscode.commands.executeCommand("notebook.cancelExecution");
    await until("the end of the loop", () => cell(6).executionSummary?.success === false);
    await vscode.commands.executeCommand("gradbook.restart");
    assert.match((await hovers(cell(2), { before: "half" })).join(), /half\(of: number/);
    assert.equal((await hovers(cell(2), { before: "half" })).length, 1);
  });

  it("all of it in a notebook that is renamed", async () => {
    await save(notebook);
    notebook = await rename("editor.ipynb", "editor-2.ipynb");
    await problemsOf(cell(2), (found) => found.some((each) => /Error 1: Type 'string' is not assignable/.test(each)));
    assert.equal((await hovers(cell(2), { before: "half" })).length, 1);
    assert.match((await hovers(cell(2), { before: "half" })).join(), /half\(of: number/);
  });
});

describe("the editor in other notebooks", () => {
  afterEach(tidy);

  it("VS Code's own TypeScript is as it was for another kernel's cells, and comes back when ours is left", async () => {
    const theirs = await open(writeNotebook("theirs.ipynb", ["const theirs = 1;"], "other"), "");
    await until("VS Code's hover", async () =>
      /const theirs: 1/.test((await hovers(theirs.cellAt(0), { after: "const th" })).join()),
    );
    const ours = await openNew("ours.ipynb", ["const ours: string = 1;"]);
    await problemsOf(ours.cellAt(0), (found) => found.length === 1);
    assert.equal((await hovers(theirs.cellAt(0), { after: "const th" })).length, 1);
    await vscode.commands.executeCommand("notebook.selectKernel", {
      id: "other",
      extension: "gradbook-tests.other-kernel",
    });
    // VS Code's own shows no type errors in cells.
    await problemsOf(ours.cellAt(0), (found) => found.length === 0);
    await until("VS Code's hover", async () => (await hovers(ours.cellAt(0), { after: "const ou" })).length === 1);
  });
});
