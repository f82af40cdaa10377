/** The flagship notebook in JupyterLab, as it is shipped, with nothing of ours installed there but the kernel. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { PAGE_WINDOW } from "../../kernel/plot/live/pageFigures.ts";
import { LIVE_MIME } from "../../kernel/plot/live/state.ts";
import { PLOTLY_MIME } from "../../kernel/plot/plotly.ts";
import { writeDrawnMnist } from "../kernel/data/drawnMnist.ts";
import { watchFigure, watchTraffic } from "./figureSamples.ts";
import { Lab } from "./lab.ts";
import type { LabNotebook, LabOutput } from "./labNotebook.ts";

const NAME = "01-optimizers-on-mnist.ipynb";
const FILE = readFileSync(resolve(import.meta.dirname, "../../media/notebooks", NAME), "utf8");
const LASTING = [LIVE_MIME, PLOTLY_MIME, "image/svg+xml", "text/plain"];
/** Jupyter's server lets 1 MB and 1,000 messages a second through, averaged over three seconds. */
const SERVER = { size: 3_000_000, messages: 3000 };

const at = (id: string): number => JSON.parse(FILE).cells.findIndex((cell: { id: string }) => cell.id === id);
const bundles = (outputs: LabOutput[] = []): { [mime: string]: unknown }[] =>
  outputs.flatMap(({ data }) => (data && "image/svg+xml" in data ? [data] : []));

describe("the flagship notebook in JupyterLab", function () {
  this.timeout(300_000);
  let images: string;
  let lab: Lab;
  let notebook: LabNotebook;
  let traffic: ReturnType<typeof watchTraffic>;

  before(async () => {
    images = mkdtempSync(join(tmpdir(), "gradbook-images-"));
    // As many as take a few seconds to train on.
    writeDrawnMnist(images, { train: 3000, test: 200, times: 10 });
    lab = await Lab.start({ files: { [NAME]: FILE }, env: { GRADBOOK_DATA: images } });
    notebook = await lab.open(NAME, { onPage: (page) => (traffic = watchTraffic(page)) });
  });
  after(async () => {
    await lab?.close();
    rmSync(images, { recursive: true });
  });

  async function figureMoves(id: string, during: () => Promise<void> = async () => {}): Promise<void> {
    const samples = await watchFigure(notebook, at(id));
    const { ended } = await notebook.start(at(id));
    await during();
    await ended();
    const { seqs, blank, heights, roots, scrolled } = await samples();
    assert.ok(seqs.length >= 3, `${id}: ${seqs.length} states were drawn`);
    assert.deepEqual({ blank, roots }, { blank: 0, roots: 1 }, `${id}: flickers`);
    // Lab brings the next cell into view, and a screenshot the figure; one that jumps would do it with every frame.
    assert.ok(scrolled <= 3, `${id}: the page was scrolled ${scrolled} times, with ${seqs.length} frames`);
    // Once: the panel of the accuracy comes with the first epoch's end.
    assert.ok(heights.length <= 2, `${id}: heights ${heights.join(", ")}`);
    assert.deepEqual(bundles(await notebook.outputs(at(id))).map(Object.keys), [LASTING]);
  }

  it("trains, and the figure moves under the running cell without flicker; light and dark", async () => {
    for (const id of ["settings", "simple-nn", "load", "look", "train"]) {
      const errors = (await notebook.run(at(id))).filter(({ output_type }) => output_type === "error");
      assert.deepEqual(errors, [], id);
    }
    const picture = (name: string) => async () => {
      const figure = notebook.output(at(name)).locator(".gb-live").first();
      await figure.filter({ hasText: "loss, mean of" }).waitFor();
      await figure.evaluate(async (element: HTMLElement) => {
        element.scrollIntoView({ block: "start" });
        while (Number(element.dataset["seq"]) < 5) await new Promise(requestAnimationFrame);
      });
      await notebook.screenshot(`lab-${name}`);
    };
    await figureMoves("sgd", picture("sgd"));
    await notebook.setTheme("dark");
    await figureMoves("adam", picture("adam"));
    const themes = notebook.output(at("adam")).locator(".gb-live");
    assert.equal(await themes.first().getAttribute("data-theme"), "dark");
    await notebook.setTheme("light");
    await notebook.page.waitForSelector('.gb-live[data-theme="light"]');
  });

  it("stopped by the toolbar's button the cell keeps its figure and its variables, and runs again", async () => {
    const index = at("rmsprop");
    const { ended } = await notebook.start(index);
    await notebook.output(index).locator('.gb-live:not([data-seq="0"])').waitFor();
    await notebook.interrupt();
    await ended();
    const outputs = await notebook.outputs(index);
    assert.equal(outputs.at(-1)!.ename, "Interrupted");
    assert.deepEqual(bundles(outputs).map(Object.keys), [LASTING]);
    await notebook.screenshot("lab-interrupted");

    await notebook.setSource(at("settings"), "rmspropModel.hidden.weight.shape");
    const [shape] = await notebook.run(at("settings"));
    assert.equal(String(shape!.data!["text/plain"]), "[ 128, 784 ]");
    await figureMoves("rmsprop");
    await figureMoves("amsgrad");
    assert.equal(bundles(await notebook.run(at("compare"))).length, 1);
  });

  it("a slider, moved by keys, gives a training its learning rate", async () => {
    const rate = `const rate = widget.slider({ min: 1e-4, max: 1, value: 0.1, log: true, label: "learning rate" }); rate`;
    await notebook.setSource(at("settings"), rate);
    await notebook.run(at("settings"));
    const slider = notebook.output(at("settings")).locator(".widget-slider");
    await slider.locator(".noUi-handle").focus();
    for (let i = 0; i < 10; i++) await notebook.page.keyboard.press("ArrowLeft");
    await slider.locator(".widget-readout", { hasText: /^0\.0/ }).waitFor();
    await notebook.screenshot("lab-slider");

    const train = `const tuned = fresh();
const { lr } = new optim.SGD(tuned.parameters(), { lr: rate.value }).paramGroups[0];
fit("SGD, lr " + lr.toPrecision(2), tuned, new optim.SGD(tuned.parameters(), { lr }));
lr`;
    await notebook.setSource(at("sgd"), train);
    const outputs = await notebook.run(at("sgd"));
    assert.deepEqual(bundles(outputs).map(Object.keys), [LASTING]);
    const value = outputs.at(-1)!.data!["text/plain"];
    assert.ok(Number(value) > 1e-4 && Number(value) < 0.1, `the learning rate is ${String(value)}`);
  });

  it("stays far below what the server lets through", async () => {
    const { size, messages } = traffic();
    // The figures' own limit, and as much again as cells print here.
    assert.ok(size < PAGE_WINDOW.size + 200_000 && size < SERVER.size, `${size} characters in three seconds`);
    // Four frames a second and what is around them; a tenth of what is allowed.
    assert.ok(messages < SERVER.messages / 10, `${messages} messages in three seconds`);
    assert.ok(size > 100_000, "the figures were seen at all");
  });

  it("saved and opened again the pictures are there, also after a restart, and cells run again", async () => {
    const { cells } = await notebook.save();
    const saved = cells.flatMap(({ outputs }) => bundles(outputs));
    assert.equal(saved.length, 7, "five live figures, the images and the comparison");
    assert.equal(saved.filter((data) => typeof data[PLOTLY_MIME] === "object").length, 7);
    await notebook.restart();
    await notebook.reload();
    const drawn = () =>
      notebook.page.evaluate(
        () =>
          [...document.querySelectorAll<HTMLImageElement>(".jp-RenderedSVG img")].filter(
            ({ complete, naturalWidth }) => complete && naturalWidth > 300,
          ).length,
      );
    await notebook.select(at("adam"));
    assert.equal(await drawn(), 7);
    await notebook.screenshot("lab-reopened");
    assert.deepEqual(bundles(await notebook.run(at("simple-nn"))).map(Object.keys), [LASTING]);
  });

  it("nbconvert makes a page that shows the figures", async () => {
    await lab.jupyter("nbconvert", "--to", "html", NAME);
    const page = await lab.show(`file://${join(lab.folder, NAME.replace(".ipynb", ".html"))}`);
    const pictures = page.locator(".jp-RenderedSVG img");
    assert.equal(await pictures.count(), 7);
    for (const picture of await pictures.all())
      assert.ok((await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)) > 300);
    assert.equal(await page.getByText('"version":1').count(), 0, "no JSON is shown");
    await page.close();
  });
});
