import assert from "node:assert/strict";
import * as vscode from "vscode";
import { ended, open, openNew, run, save, saveWhileRunning, shows, start, textOf, tidy, until } from "./notebooks.ts";
import { clickInOutput, inWebview, pageDriver, perform, press, screenshot } from "./page.ts";

/** A widget as the window shows it. */
interface Seen {
  id: string;
  label: string;
  /** What a screen reader says of its value. */
  value: string | null;
  disabled: boolean;
  note: string;
  focused: boolean;
}

async function widgets(): Promise<Seen[]> {
  const found = await inWebview<Seen[]>(`[...document.querySelectorAll(".gb-widget[data-widget]")].map((root) => {
    const control = root.querySelector("input, button");
    return {
      id: root.dataset.widget,
      label: (control.labels?.[0] ?? control).textContent,
      value: control.getAttribute("aria-valuetext") ?? control.getAttribute("aria-checked"),
      disabled: control.disabled,
      note: document.getElementById(control.getAttribute("aria-describedby")).textContent,
      focused: document.activeElement === control,
    };
  })`);
  return found.flat();
}
const drag = (selector: string, by: number): Promise<unknown> => perform("dragOutput", { selector, by });
/** Waits until the window shows widgets with these values, all of them usable. */
const show = (...values: (string | null)[]): Promise<Seen[]> =>
  until(`widgets with ${values.join(", ")}`, async () => {
    const all = await widgets();
    return (
      JSON.stringify(all.map(({ value }) => value)) === JSON.stringify(values) &&
      all.every(({ disabled }) => !disabled) &&
      all
    );
  });
/** The sum of what cell `index` printed. */
const printed = (notebook: vscode.NotebookDocument, index: number): string => textOf(notebook.cellAt(index));

const CONTROLS = `const lr = widget.slider({ min: 1e-4, max: 1, log: true, step: 0.1, label: "learning rate" });
const size = widget.slider({ min: 0, max: 100, value: 40, label: "batch size" });
const train = widget.button({ label: "Train" });
const augment = widget.toggle({ label: "augment" });
lr.onChange((value) => console.log("lr", value.toPrecision(2)));
train.onClick((n) => console.log("press", n));
augment.onChange((on) => console.log("augment", on));
for (const each of [lr, size, train, augment]) display(each);`;

if (pageDriver) {
  describe("widgets", () => {
    afterEach(tidy);

    it("are moved by keys and by the mouse while no cell runs, and what their handlers print stands under their cell", async () => {
      const notebook = await openNew("widgets.ipynb", [
        CONTROLS,
        "[lr.value.toPrecision(2), size.value].join(' ')",
        "size",
      ]);
      await run(notebook, 0);
      const [first] = await show("0.01", "40", null, "false");
      assert.equal(first!.label, "learning rate");
      await clickInOutput('.gb-slider >> text="learning rate"');
      await until("the focus", async () => (await widgets())[0]!.focused);
      // While VS Code makes room for what was printed it may bring the focus back to where it was.
      const tabTo = (at: number): Promise<boolean> =>
        until(`the focus of control ${at}`, async () => {
          const before = await widgets();
          if (before[at - 1]!.focused) await press("Tab");
          return (await widgets())[at]!.focused;
        });
      for (let i = 0; i < 10; i++) await press("ArrowRight");
      await show("0.1", "40", null, "false");
      await shows(notebook, 0, "lr 0.10");
      assert.ok((await widgets())[0]!.focused, "printing takes no focus");
      await tabTo(1);
      await press("End");
      await show("0.1", "100", null, "false");
      await tabTo(2);
      await press("Enter");
      await shows(notebook, 0, "press 1");
      await tabTo(3);
      await press("Space");
      await show("0.1", "100", null, "true");
      await shows(notebook, 0, "augment true");
      await clickInOutput("text=Train");
      await shows(notebook, 0, "press 2");
      assert.match(printed(await runValue(notebook, 1), 1), /'0.10 100'/);
      // Dragged to an end.
      await drag(".gb-slider:has-text('batch size') .gb-range >> nth=0", -2000);
      await show("0.1", "0", null, "true");
      assert.match(printed(await runValue(notebook, 1), 1), /'0.10 0'/);
      // Shown a second time: both move.
      vscode.window.activeNotebookEditor!.revealRange(new vscode.NotebookRange(2, 3));
      await run(notebook, 2);
      await show("0.1", "0", null, "true", "0");
      await drag(".gb-slider:has-text('batch size') .gb-range >> nth=0", 30);
      const all = await until("both", async () => {
        const seen = await widgets();
        return seen[1]!.value !== "0" && seen[1]!.value === seen[4]!.value && seen;
      });
      assert.equal(all[1]!.id, all[4]!.id);
      for (const [name, theme] of [
        ["light", "Default Light Modern"],
        ["dark", "Default Dark Modern"],
        ["high-contrast", "Default High Contrast"],
      ]) {
        const settings = vscode.workspace.getConfiguration("workbench");
        await settings.update("colorTheme", theme, true);
        const background =
          "getComputedStyle(document.documentElement).getPropertyValue('--vscode-editor-background').trim()";
        await until(name!, async () =>
          (await inWebview<string>(background)).some((colour) => THEMES[name!]!.test(colour)),
        );
        await screenshot(`widgets-${name}`);
      }
      await vscode.workspace.getConfiguration("workbench").update("colorTheme", undefined, true);
    });

    it("change the learning rate of a training loop that awaits, and follow the values that code gives them", async () => {
      const notebook = await openNew("training.ipynb", [
        `import { manualSeed, nn, optim, randn } from "gradbook";
manualSeed(1);
const model = new nn.Linear(2, 1), optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
const lr = widget.slider({ min: 1e-4, max: 1, log: true, value: 0.01, label: "learning rate" });
lr.onChange((value) => { optimizer.paramGroups[0].lr = value; });
display(lr);
const stop = widget.toggle({ label: "stop" });
display(stop);
while (!stop.value) {
  const x = randn(8, 2);
  optimizer.zeroGrad();
  nn.functional.mseLoss(model.forward(x), x.sum(1, { keepdim: true })).backward();
  optimizer.step();
  await 0;
}
"stopped with " + optimizer.paramGroups[0].lr`,
        "lr.value = 0.1; stop.value = false; void 0",
      ]);
      await start(notebook, 0, 1);
      await show("0.01", "false");
      await clickInOutput(".gb-range");
      await press("End");
      await show("1", "false");
      assert.equal(notebook.cellAt(0).executionSummary?.success, undefined, "still running");
      await clickInOutput(".gb-toggle");
      await ended(notebook, 0);
      assert.match(printed(notebook, 0), /stopped with 1\b/);
      await run(notebook, 1);
      await show("0.1", "false");
    });

    it("while the kernel computes, many changes become one: the newest", async () => {
      const notebook = await openNew("busy.ipynb", [
        "const s = widget.slider({ min: 0, max: 1000, value: 0 }); let calls = 0; s.onChange(() => { calls++; }); s",
        "{ const end = Date.now() + 4000; while (Date.now() < end); }",
        "`${calls} calls, ${s.value}`",
      ]);
      await run(notebook, 0);
      await show("0");
      await start(notebook, 1, 2);
      await until("the cell to run", () => notebook.cellAt(1).executionSummary?.timing === undefined);
      await clickInOutput(".gb-range");
      await press("Home");
      for (let i = 0; i < 30; i++) await press("ArrowRight");
      await show("30");
      assert.equal(notebook.cellAt(1).executionSummary?.success, undefined, "still running");
      await ended(notebook, 1);
      await until("the newest value", async () => {
        await run(notebook, 2);
        return /, 30'/.test(printed(notebook, 2));
      });
      const calls = Number(/(\d+) calls/.exec(printed(notebook, 2))![1]);
      assert.ok(calls <= 3, `${calls} calls`);
    });

    it("are saved with their last value; opened again or after a restart they are shown, cannot be used, and say why", async () => {
      const notebook = await openNew("saved.ipynb", [
        "const s = widget.slider({ min: 0, max: 10, value: 3, label: '<b>n</b>' }); s",
        "s.close(); void 0",
      ]);
      await run(notebook, 0);
      await show("3");
      await clickInOutput(".gb-range");
      await press("End");
      await show("10");
      const [cell] = (await saveWhileRunning(notebook, "the number", ({ cells }) => cells[0]!.execution_count === 1))
        .cells;
      const { data } = cell!.outputs![0]!;
      assert.equal([data!["text/html"]].flat().join(""), "<span>&lt;b&gt;n&lt;/b&gt;: <b>10</b></span>");
      assert.ok((await widgets())[0]!.focused, "a save takes no focus");
      await vscode.commands.executeCommand("gradbook.restart");
      const disabled = (note: RegExp): Promise<Seen> =>
        until(`${note}`, async () => (await widgets()).find((seen) => seen.disabled && note.test(seen.note)));
      assert.equal((await disabled(/kernel that made this is gone. Run the cell again/)).value, "10");
      await screenshot("widgets-ended");
      await run(notebook, 0);
      await show("3");
      await run(notebook, 1);
      await disabled(/code has closed this/);
      await save(notebook);
      const { uri } = notebook;
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
      await open(uri);
      await disabled(/^Run the cell to use this/);
    });
  });
}

const THEMES: { [name: string]: RegExp } = {
  light: /^#f/i,
  dark: /^#1f1f1f/i,
  "high-contrast": /^#000/i,
};

async function runValue(notebook: vscode.NotebookDocument, index: number): Promise<vscode.NotebookDocument> {
  await run(notebook, index);
  return notebook;
}
