/** What a live figure in JupyterLab can do besides moving. */
import assert from "node:assert/strict";
import { Lab, notebookOf } from "./lab.ts";
import type { LabNotebook } from "./labNotebook.ts";

/** Logs to figures until the file appears that ends it: as long as the test looks at them. */
const cell = (body: string): string => `
import { plot } from "gradbook";
import { existsSync } from "node:fs";
const lives = ["first", "second & <b>third</b>"].map((title) => plot.live({ title }));
for (let step = 1; !existsSync("${body}"); step++) {
  for (const live of lives) live.log({ loss: 1 / step, accuracy: 1 - 1 / step });
  await new Promise((resolve) => setTimeout(resolve, 5));
}`;

describe("live figures in JupyterLab", function () {
  this.timeout(180_000);
  let lab: Lab;
  let notebook: LabNotebook;
  let panel: string;
  before(async () => {
    lab = await Lab.start({ files: { "figures.ipynb": notebookOf(cell("enough"), cell("enough again")) } });
    notebook = await lab.open("figures.ipynb");
    panel = await notebook.page.evaluate(() => (window as any).jupyterapp.shell.currentWidget.id);
  });
  after(() => lab?.close());

  const seq = async (figure: number): Promise<number> =>
    Number(await notebook.cell(0).locator(".gb-live").nth(figure).getAttribute("data-seq"));

  it("two of one cell move, also shown a second time; values under the pointer, zoom and scale stay while frames come", async () => {
    const { ended } = await notebook.start(0);
    const { page } = notebook;
    const figures = notebook.cell(0).locator(".gb-live");
    await figures.nth(1).locator("svg").first().waitFor();
    for (const figure of [0, 1]) {
      const before = await seq(figure);
      await page.waitForFunction(
        ([at, seen]) => Number(document.querySelectorAll<HTMLElement>(".gb-live")[at!]!.dataset["seq"]) > seen!,
        [figure, before],
      );
    }
    await figures.nth(1).getByText("second & <b>third</b>").waitFor();

    const first = figures.first();
    const box = (await first.locator(".gb-picture").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + 150);
    const values = first.locator(".gb-values");
    await values.waitFor();
    const before = await seq(0);
    await page.waitForFunction(
      (seen) => Number(document.querySelector<HTMLElement>(".gb-live")!.dataset["seq"]) > seen + 10,
      before,
    );
    assert.match((await values.textContent())!, /^step [\d,]+loss [\d.e-]+/);

    await first.getByRole("button", { name: "Log" }).click();
    assert.equal(await first.getByRole("button", { name: "Log" }).getAttribute("aria-pressed"), "true");
    await page.mouse.move(box.x + 200, box.y + 150);
    await page.mouse.down();
    await page.mouse.move(box.x + 400, box.y + 160, { steps: 3 });
    await page.mouse.up();
    const all = first.getByRole("button", { name: "All steps" });
    await all.waitFor();

    await page.evaluate(() => {
      const app = (window as any).jupyterapp;
      const { content } = app.shell.currentWidget;
      content.activeCellIndex = 0;
      return app.commands.execute("notebook:create-output-view");
    });
    await page.waitForFunction(
      () => [...document.querySelectorAll(".gb-live")].filter((each) => each.querySelector("svg")).length === 4,
    );
    await notebook.screenshot("lab-figures");
    await page.evaluate((id) => (window as any).jupyterapp.shell.activateById(id), panel);
    lab.write("enough", "");
    await ended();

    // The notebook holds pictures now; the page goes on showing what can be read and zoomed.
    const mimes = (await notebook.outputs(0)).map(({ data }) => "image/svg+xml" in data! && !("text/html" in data!));
    assert.deepEqual(mimes, [true, true]);
    assert.equal(await figures.count(), 2);
    assert.equal(await notebook.cell(0).locator(".jp-RenderedSVG img:visible").count(), 0);
    await all.click();
    await all.waitFor({ state: "hidden" });
    assert.equal(await first.getByRole("button", { name: "Log" }).getAttribute("aria-pressed"), "true");
  });

  it("a kernel that is restarted in the middle leaves the figure, also in the file", async () => {
    await notebook.start(1);
    await notebook.cell(1).locator('.gb-live:not([data-seq="0"]) svg').first().waitFor();
    await notebook.restart();
    assert.equal(await notebook.cell(1).locator(".gb-live").count(), 2);
    await notebook.save();
    await notebook.reload();
    await notebook.cell(1).locator(".gb-live svg").first().waitFor();
    assert.equal(await notebook.cell(1).locator(".gb-live").count(), 2);
  });
});
