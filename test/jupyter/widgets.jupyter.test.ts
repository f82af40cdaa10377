/** Widgets in JupyterLab with ipywidgets: moved and pressed by hand, and by code. */
import assert from "node:assert/strict";
import { Lab, notebookOf } from "./lab.ts";
import type { LabNotebook } from "./labNotebook.ts";

const CELLS = [
  `const lr = widget.slider({ min: 1e-4, max: 1, log: true, label: "learning rate" });
const size = widget.slider({ min: 0, max: 100, value: 40, label: "batch size" });
const go = widget.button({ label: "Train" });
const augment = widget.toggle({ label: "augment" });
let presses = 0;
go.onClick(() => { presses++; });
for (const each of [lr, size, go, augment]) display(each);`,
  "[lr.value.toPrecision(3), size.value, presses, augment.value].join(' ')",
  "lr.value = 0.1; size.value = 90; augment.value = false; void 0",
  `console.log("trains");
let steps = 0;
while (size.value > 20) { steps++; await 0; }
'stopped at ' + size.value`,
];

describe("widgets in JupyterLab", function () {
  this.timeout(180_000);
  let lab: Lab;
  let notebook: LabNotebook;
  before(async () => {
    lab = await Lab.start({ files: { "widgets.ipynb": notebookOf(...CELLS) } });
    notebook = await lab.open("widgets.ipynb");
  });
  after(() => lab?.close());

  const value = async (): Promise<unknown> => (await notebook.run(1))[0]?.data?.["text/plain"];
  const handle = (index: number) => notebook.output(0).locator(".noUi-handle").nth(index);
  const readouts = () => notebook.output(0).locator(".widget-readout").allTextContents();
  /** Waits until Lab shows these numbers beside the sliders. */
  async function shows(...wanted: string[]): Promise<void> {
    const text = JSON.stringify(wanted);
    const read = "[...document.querySelectorAll('.jp-OutputArea .widget-readout')].map((e) => e.textContent)";
    await notebook.page.waitForFunction(`JSON.stringify(${read}) === ${JSON.stringify(text)}`, undefined, {
      timeout: 15_000,
    });
  }

  it("are shown as ipywidgets' own; keys, mouse and presses reach the kernel", async () => {
    await notebook.run(0);
    await notebook.output(0).locator(".widget-slider").nth(1).waitFor();
    assert.deepEqual(await readouts(), ["0.01", "40"]);
    assert.equal(await value(), "'0.0100 40 0 false'");
    await handle(1).focus();
    for (let i = 0; i < 5; i++) await notebook.page.keyboard.press("ArrowRight");
    await shows("0.01", "45");
    const bar = (await notebook.output(0).locator(".noUi-base").first().boundingBox())!;
    await handle(0).hover();
    await notebook.page.mouse.down();
    await notebook.page.mouse.move(bar.x + bar.width, bar.y + bar.height / 2, { steps: 20 });
    await notebook.page.mouse.up();
    await shows("1", "45");
    for (let i = 0; i < 2; i++) await notebook.output(0).getByRole("button", { name: "Train" }).click();
    await notebook.output(0).getByRole("button", { name: "augment" }).click();
    assert.equal(await value(), "'1.00 45 2 true'");
    await notebook.screenshot("lab-widgets");
  });

  it("follow the values that code gives them", async () => {
    await notebook.run(2);
    await shows("0.1", "90");
    assert.ok(
      !(await notebook.output(0).locator(".widget-toggle-button").getAttribute("class"))!.includes("mod-active"),
    );
  });

  it("reach a loop that awaits, while Lab shows the kernel as busy", async () => {
    const loop = await notebook.start(3);
    await notebook.waitForText(3, "trains");
    await handle(1).focus();
    await notebook.page.keyboard.press("ArrowLeft");
    await shows("0.1", "89");
    await notebook.page.waitForFunction(
      "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'",
    );
    await notebook.page.keyboard.press("Home");
    await loop.ended();
    assert.deepEqual((await notebook.outputs(3)).at(-1)!.data!["text/plain"], "'stopped at 0'");
  });

  it("come back with their values when the page is loaded anew, and are in the saved file", async () => {
    const { cells } = await notebook.save();
    const data = cells[0]!.outputs![0]!.data!;
    assert.ok("application/vnd.jupyter.widget-view+json" in data && "text/html" in data);
    await notebook.reload();
    await shows("0.1", "0");
    await handle(1).focus();
    await notebook.page.keyboard.press("ArrowRight");
    await shows("0.1", "1");
    assert.equal(await value(), "'0.100 1 2 false'");
    await notebook.setTheme("dark");
    await notebook.screenshot("lab-widgets-dark");
  });
});
