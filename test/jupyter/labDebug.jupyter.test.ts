/** JupyterLab's debugger, driven by mouse: a breakpoint by click, a pause, variables, a step, and on. */
import assert from "node:assert/strict";
import { Lab, notebookOf } from "./lab.ts";
import type { LabNotebook } from "./labNotebook.ts";

const CELL = `const factor: number = 10;
let total = 0;
const add = (x: number): number => {
  const scaled = x * factor;
  total += scaled;
  return scaled;
};
console.log(add(3));
total`;

describe("JupyterLab's debugger", function () {
  this.timeout(180_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.start({
      files: { "debug.ipynb": notebookOf('const before = { list: [1, 2, 3], name: "x" };', CELL) },
    });
  });
  after(async () => lab?.close());

  /** Text of a part of the debugger's side bar, waited for. */
  async function shows(notebook: LabNotebook, part: string, text: string | RegExp): Promise<void> {
    await notebook.page.locator(part).filter({ hasText: text }).first().waitFor();
  }
  const VARIABLES = ".jp-DebuggerVariables-body";
  const CALLSTACK = ".jp-DebuggerCallstack-body";

  it("stops where the user has clicked, shows frames and variables, steps, and goes on", async () => {
    const notebook = await lab.open("debug.ipynb");
    const { page } = notebook;
    await notebook.run(0);
    await page.locator('.jp-NotebookPanel-toolbar [data-jp-item-name="debugger-icon"]').click();
    await shows(notebook, VARIABLES, "before");

    await notebook.cell(1).locator(".cm-breakpoint-gutter .cm-gutterElement").nth(4).click();
    await shows(notebook, ".jp-DebuggerBreakpoints-body", "4");
    const { ended } = await notebook.start(1);
    await shows(notebook, CALLSTACK, /add/);
    await shows(notebook, CALLSTACK, /Cell/);
    await shows(notebook, VARIABLES, /x\s*3/);
    await shows(notebook, VARIABLES, /scaled\s*not initialised/);
    await notebook.screenshot("jupyterlab-debugger-light");

    await page.locator('[data-command="debugger:next"]').first().click();
    await shows(notebook, VARIABLES, /scaled\s*30/);
    const marked = notebook.cell(1).locator(".jp-DebuggerEditor-highlight");
    assert.match((await marked.first().textContent()) ?? "", /total \+= scaled/);
    await notebook.setTheme("dark");
    await notebook.screenshot("jupyterlab-debugger-dark");

    await page.locator('[data-command="debugger:continue"]').first().click();
    await ended();
    const outputs = await notebook.outputs(1);
    assert.deepEqual(
      outputs.map(({ text, data }) => text ?? data?.["text/plain"]),
      ["30\n", "30"],
    );
    await shows(notebook, VARIABLES, /total\s*30/);
    await notebook.close();
  });
});
