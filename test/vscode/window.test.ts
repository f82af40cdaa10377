import assert from "node:assert/strict";
import * as vscode from "vscode";
import { ended, openNew, run, shows, start, textOf, tidy, until } from "./notebooks.ts";
import { click, clickInOutput, inWebview, onPage, pageDriver, press, report, screenshot } from "./page.ts";

/** What the status bar says about the kernel. */
const status = (): Promise<string> =>
  onPage(`document.querySelector('[id="gradbook.gradbook.gradbook.kernel"]')?.innerText ?? ""`);
const inStatusBar = (wanted: RegExp): Promise<string> =>
  until(`${wanted} in the status bar`, async () => {
    const text = await status();
    return wanted.test(text) && text;
  });
const seen = (selector: string): Promise<boolean> => onPage(`!!document.querySelector(${JSON.stringify(selector)})`);

describe("the window", () => {
  afterEach(tidy);

  it("is a VS Code that runs notebooks, and has our extension", () => {
    assert.match(vscode.version, /^1\.\d+\.\d+/);
    assert.ok(vscode.extensions.getExtension("vscode.ipynb"), "VS Code's own ipynb extension");
    assert.ok(vscode.extensions.getExtension("gradbook.gradbook"), "ours");
  });
});

// What follows needs real keys and clicks; nobody drives a desktop VS Code.
if (pageDriver) {
  describe("the window, with keys and clicks", () => {
    afterEach(tidy);

    it("Shift+Enter runs the cell; Ctrl+Enter too", async () => {
      const notebook = await openNew("keys.ipynb", ["1 + 1", "2 + 2"]);
      await inStatusBar(/idle/);
      await vscode.commands.executeCommand("notebook.focusTop");
      const pressed = performance.now();
      await press("Shift+Enter");
      await shows(notebook, 0, "2");
      report(`      from the key to the output of 1 + 1: ${Math.round(performance.now() - pressed)} ms`);
      await ended(notebook, 0);
      await press("Control+Enter");
      assert.equal(textOf(await ended(notebook, 1)), "4");
      assert.equal(notebook.cellCount, 2);
    });

    it("the status bar says starting, idle with memory, busy, idle, dead", async () => {
      const notebook = await openNew("status.ipynb", ["process.pid", "console.log('begun'); while (!globalThis.x) {}"]);
      await inStatusBar(/Gradbook (starting|idle)/);
      const pid = Number(textOf(await run(notebook, 0)));
      await inStatusBar(/Gradbook idle · \d+ MB/);
      await start(notebook, 1, 2);
      await shows(notebook, 1, "begun");
      await inStatusBar(/Gradbook busy/);
      await vscode.commands.executeCommand("notebook.cancelExecution");
      await ended(notebook, 1);
      await inStatusBar(/Gradbook idle/);
      process.kill(pid, "SIGKILL");
      await inStatusBar(/Gradbook dead/);
    });

    it("an error's line is a link that moves the cursor there", async () => {
      const notebook = await openNew("link.ipynb", [
        "function lossOf(batch: number[]) {\n  const first = batch[0]!;\n  return first.toFixed(2).trimmed();\n}",
        "const batches = [[0.25], [0.5]];\n\nfor (const batch of batches) {\n  lossOf(batch);\n}",
      ]);
      await run(notebook, 0);
      await run(notebook, 1);
      await until("the links", async () => (await linkCount()) >= 2);
      await screenshot("error");
      await clickInOutput("a[href*='execution_count=1'][href*='line=3']");
      const editor = await until("the cursor", () => {
        const active = vscode.window.activeTextEditor;
        return active?.document === notebook.cellAt(0).document && active.selection.active.line === 2 && active;
      });
      assert.equal(
        editor.document.lineAt(editor.selection.active.line).text.trim(),
        "return first.toFixed(2).trimmed();",
      );
      await clickInOutput("a[href*='execution_count=2'][href*='line=4']");
      await until("the cursor in the second cell", () => {
        const active = vscode.window.activeTextEditor;
        return active?.document === notebook.cellAt(1).document && active.selection.active.line === 3;
      });
    });

    it("restart asks while a cell runs, and only then", async () => {
      const notebook = await openNew("ask.ipynb", ["while (true) {}", "'idle'"]);
      await run(notebook, 1);
      await vscode.commands.executeCommand("gradbook.restart");
      await start(notebook, 0, 1);
      await until("the loop to run", () => notebook.cellAt(0).executionSummary?.executionOrder === 1);
      // Under test VS Code shows no modal question: it is refused with the text that it would have shown.
      const question = /Restart the kernel\? A cell is running\./;
      await assert.rejects(async () => vscode.commands.executeCommand("gradbook.restart"), question);
      assert.equal(notebook.cellAt(0).executionSummary?.success, undefined);
      await vscode.commands.executeCommand("notebook.cancelExecution");
      await ended(notebook, 0);
    });

    it("under the cell in which the kernel died, a click restarts it", async () => {
      const notebook = await openNew("died.ipynb", [
        "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})",
        "'alive'",
      ]);
      await run(notebook, 0);
      await until("the link", () => seen(".cell-status-item-has-command"));
      await screenshot("died");
      await click(".cell-status-item-has-command >> text=Restart kernel");
      await inStatusBar(/Gradbook idle/);
      assert.equal(textOf(await run(notebook, 1)), "'alive'");
      await until("no link", async () => !(await onPage("document.body.innerText.includes('Restart kernel')")));
    });

    it("the log begins with what works on this machine", async () => {
      await vscode.commands.executeCommand("gradbook.showLog");
      const log = await until("the log", () => {
        const shown = vscode.workspace.textDocuments.find(
          ({ uri }) => uri.scheme === "output" && /Gradbook/.test(uri.path),
        );
        return shown && /The kernel runs here/.test(shown.getText()) && shown.getText();
      });
      assert.doesNotMatch(log, /\[error\]/);
      await screenshot("log");
      await vscode.commands.executeCommand("workbench.action.closePanel");
    });
  });
}

async function linkCount(): Promise<number> {
  const counts = await inWebview<number>("document.querySelectorAll('a[href^=vscode-notebook-cell]').length");
  return Math.max(0, ...counts);
}
