import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as vscode from "vscode";
import { ended, openNew, run, save, shows, start, textOf, tidy, until } from "./notebooks.ts";
import { inWebview, onPage, perform, press, screenshot } from "./page.ts";

/** Bytes of the webviews' and the extension host's JavaScript. */
async function memory(): Promise<{ host: number; page: number }> {
  const page = await onPage<number>("performance.memory.usedJSHeapSize");
  return { host: process.memoryUsage().heapUsed, page };
}

describe("output", () => {
  afterEach(tidy);

  it("a flood: the window answers, the newest lines are seen, it stops at once, and the rest is one click away", async function () {
    const notebook = await openNew("flood.ipynb", ["let n = 0;\nwhile (true) console.log('line ' + n++)", "// here: "]);
    await start(notebook, 0, 1);
    await shows(notebook, 0, /line \d{5,}\n/);
    const before = await memory();
    // Somebody goes on typing in the next cell.
    await vscode.commands.executeCommand("notebook.focusNextEditor");
    await until(
      "the next cell's editor",
      () => vscode.window.activeTextEditor?.document === notebook.cellAt(1).document,
    );
    await press("Control+End");
    await perform("type", { text: "it answers" });
    await until("what was typed", () => notebook.cellAt(1).document.getText() === "// here: it answers");
    const running = notebook.cellAt(0).outputs.length;
    await shows(notebook, 0, /line \d{6,}\n/);
    await screenshot("output-flood");
    const after = await memory();
    for (const place of ["host", "page"] as const)
      assert.ok(after[place] < before[place] + 200e6, `${place}: from ${before[place]} to ${after[place]}`);
    await vscode.commands.executeCommand("notebook.cancelExecution", {
      ranges: [{ start: 0, end: 1 }],
      document: notebook.uri,
    });
    const cell = await ended(notebook, 0);
    assert.equal(running, 2, "a stream and one block");
    assert.equal(cell.outputs.length, 3, "and the interrupt");
    const text = textOf(cell);
    const last = Number(/line (\d+)\n\nInterrupted/.exec(text)?.[1]);
    assert.ok(last > 100_000, text.slice(-300));

    const file = /in\s+(\S+\.txt)/.exec(text)![1]!;
    assert.ok(readFileSync(file, "utf8").endsWith(`line ${last}\n`));
    const size = JSON.stringify(await save(notebook)).length;
    assert.ok(size < 1e6, `the notebook has ${size} characters`);
    await until("the link", async () =>
      (
        await inWebview<boolean>(`[...document.querySelectorAll("a")].some((a) => a.textContent.endsWith(".txt"))`)
      ).includes(true),
    );
    await inWebview(
      `[...document.querySelectorAll("a")].find((a) => a.textContent.endsWith(".txt")).dispatchEvent(new MouseEvent("click", { bubbles: true, view: window }))`,
    );
    // A file this large opens with VS Code's own question.
    await until(
      "the file in an editor",
      () => vscode.window.tabGroups.activeTabGroup.activeTab?.label === "cell-1.txt",
    );
  });

  it("input is a box with the cell's number; Escape ends the cell, and so does an interrupt", async () => {
    const notebook = await openNew("input.ipynb", [
      "const name = await input('Your name?', { default: 'Ada' });\nname",
    ]);
    const box = (): Promise<string> =>
      onPage<string>("document.querySelector('.quick-input-widget:not([style*=\"display: none\"])')?.innerText ?? ''");
    const asked = () => until("the input box", async () => /Cell \[\d+\] asks/.test(await box()));
    await start(notebook);
    await asked();
    assert.match(await box(), /Your name\?/);
    await screenshot("output-input");
    await perform("type", { text: "Grace" });
    await press("Enter");
    assert.equal(textOf(await ended(notebook, 0)), "'Grace'");

    let before = notebook.cellAt(0).executionSummary?.timing?.startTime;
    await start(notebook);
    await asked();
    await press("Escape");
    assert.match(textOf(await ended(notebook, 0, before)), /Interrupted: no input: the box was closed/);

    before = notebook.cellAt(0).executionSummary?.timing?.startTime;
    await start(notebook);
    await asked();
    await vscode.commands.executeCommand("notebook.cancelExecution", {
      ranges: [{ start: 0, end: 1 }],
      document: notebook.uri,
    });
    assert.match(textOf(await ended(notebook, 0, before)), /Interrupted: stopped by the user/);
    await until("the box to be closed", async () => !/asks/.test(await box()));
  });

  it("tables, tensors, modules, bars and media are drawn, in a light and a dark window", async () => {
    const notebook = await openNew("values.ipynb", [
      "const runs = Array.from({ length: 30 }, (_, i) => ({ optimizer: ['sgd', 'adam'][i % 2]!, lr: 0.1 / (i + 1), steps: 100 * i, converged: i > 3 }));\nruns",
      "import { randn, nn } from 'gradbook';\nrandn(24, 40)",
      'display.markdown(\'**bold** and $a^2$\'); display.latex(\'\\\\frac{1}{2}\'); display.html(\'<b id="html">html</b>\'); display.json({ a: [1, 2] });\ndisplay.svg(\'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><circle cx="10" cy="10" r="9" fill="teal"/></svg>\');',
      "for (const epoch of progress(3, { label: 'epochs' })) for (const b of progress(5, { label: 'batches' })) await new Promise((r) => setTimeout(r, 20));\nfor (const i of progress(10, { label: 'left early' })) if (i === 4) break;",
      "new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10))",
    ]);
    for (let i = 0; i < notebook.cellCount; i++) await run(notebook, i);
    const counted = (selector: string) =>
      inWebview<number>(`document.querySelectorAll(${JSON.stringify(selector)}).length`).then((all) =>
        Math.max(...all),
      );
    await vscode.commands.executeCommand("notebook.cell.collapseAllCellInputs");
    for (const theme of ["Default Light Modern", "Default Dark Modern"]) {
      await vscode.workspace
        .getConfiguration("workbench")
        .update("colorTheme", theme, vscode.ConfigurationTarget.Global);
      const dark = theme.includes("Dark");
      await until("the theme", async () =>
        (
          await inWebview<boolean>(`document.body.classList.contains("${dark ? "vscode-dark" : "vscode-light"}")`)
        ).includes(true),
      );
      for (const [index, part] of [
        [0, "td.n"],
        [1, 'img[src^="data:image/png"]'],
        [2, "#html"],
      ] as const) {
        vscode.window.activeNotebookEditor!.revealRange(
          new vscode.NotebookRange(index, index + 1),
          vscode.NotebookEditorRevealType.AtTop,
        );
        await until("what is drawn", async () => (await counted(part)) > 0);
        await screenshot(`output-values-${dark ? "dark" : "light"}-${index}`);
      }
    }
    await vscode.workspace
      .getConfiguration("workbench")
      .update("colorTheme", undefined, vscode.ConfigurationTarget.Global);
    assert.ok((await counted('img[src^="data:image/png"]')) > 0, "no heat map");
    assert.ok((await counted("[role=progressbar]")) === 3, "two bars of the nested loops, one that was left");
  });
});
