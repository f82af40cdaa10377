import assert from "node:assert/strict";
import { liveCsv } from "../../kernel/plot/live/csv.ts";
import { LIVE_MIME } from "../../kernel/plot/live/state.ts";
import { gallery } from "../kernel/plotGallery.ts";
import { liveState } from "../kernel/plotFixtures.ts";
import { count, inChromium, text } from "./inChromium.ts";
import type { Notebook } from "./page.ts";

const PLOTLY = "application/vnd.plotly.v1+json";

inChromium("figures in Chromium: any trace, saved, without eval", ({ notebook, mounted }) => {
  describe("saving", () => {
    const click = (it: Notebook, name: string) => it.page.getByRole("button", { name, exact: true }).first().click();
    const saved = async (it: Notebook) => {
      await it.page.waitForTimeout(0);
      for (;;) {
        const found = (await it.posted()).filter(({ type }) => type === "save");
        if (found.length > 0) return found[0];
        await it.page.evaluate(() => new Promise(requestAnimationFrame));
      }
    };
    it("hands PNG, SVG and CSV of what is shown to the extension, which asks where", async () => {
      const state = liveState();
      const it = await mounted(state);
      await click(it, "Save the values as CSV");
      assert.deepEqual(await saved(it), { type: "save", name: "Adam.csv", mime: "text/csv", text: liveCsv(state) });
      await click(it, "Save the figure as SVG");
      const svg = await saved(it);
      assert.deepEqual([svg.name, svg.mime], ["Adam.svg", "image/svg+xml"]);
      assert.match(svg.text, /^<svg [^]*layer1\.weight[^]*<\/svg>\n$/);
      await click(it, "Save the figure as PNG");
      const png = await saved(it);
      assert.deepEqual([png.name, png.mime], ["Adam.png", "image/png"]);
      const bytes = Buffer.from(png.base64, "base64");
      assert.equal(bytes.subarray(1, 4).toString("latin1"), "PNG");
      assert.equal(bytes.readUInt32BE(16), 1680, "twice the picture's 840 pixels");
    });
    it("without an extension the browser downloads", async () => {
      const it = await mounted(liveState(), { messaging: false });
      for (const [name, file] of [
        ["Save the values as CSV", "Adam.csv"],
        ["Save the figure as SVG", "Adam.svg"],
        ["Save the figure as PNG", "Adam.png"],
      ] as const) {
        const [download] = await Promise.all([it.page.waitForEvent("download"), click(it, name)]);
        assert.equal(download.suggestedFilename(), file);
      }
    });
    it("a plain figure is saved the same way", async () => {
      const it = await notebook();
      await it.render({
        id: "item",
        mime: PLOTLY,
        data: { data: [{ x: [1, 2], y: [3, 4], name: 'a,"b"' }], layout: { title: { text: "My figure: 1/2" } } },
      });
      await click(it, "Save the values as CSV");
      assert.deepEqual(await saved(it), {
        type: "save",
        name: "My-figure-1-2.csv",
        mime: "text/csv",
        text: 'trace,x,y,z\n"a,""b""",1,3,\n"a,""b""",2,4,\n',
      });
      await click(it, "Save the figure as SVG");
      assert.match((await saved(it)).text, /^<svg [^]*My figure: 1\/2[^]*<\/svg>/);
      await click(it, "Save the figure as PNG");
      assert.equal((await saved(it)).name, "My-figure-1-2.png");
    });
  });

  describe("plain figures", () => {
    for (const trace of [
      { y: [1, 3, 2] },
      { type: "bar", y: [1, 2] },
      { type: "pie", values: [1, 2] },
      { type: "violin", y: [1, 2, 2, 3] },
      {
        type: "contour",
        z: [
          [1, 2],
          [3, 4],
        ],
      },
      { type: "histogram", x: [1, 1, 2] },
      { type: "heatmap", z: [[1, 2]] },
      { type: "box", y: [1, 2, 3] },
    ]) {
      it(`${trace.type ?? "scatter"}: drawn, under the policy without eval`, async () => {
        const it = await notebook({ theme: "dark" });
        await it.render({ id: "item", mime: PLOTLY, data: { data: [trace], layout: {} } });
        assert.ok((await count(it, ".main-svg .mlayer path, .main-svg .pielayer path, .main-svg .mlayer image")) > 0);
      });
    }
    it("our charts take the colours of the theme, and change with it", async () => {
      const it = await notebook({ theme: "dark" });
      const { data, layout } = gallery["compare"]!();
      await it.render({ id: "item", mime: PLOTLY, data: { data, layout } });
      const look = () =>
        it.page.evaluate(() =>
          [".js-line", ".xtitle"].map(
            (s) => getComputedStyle(document.querySelector(s)!)[s === ".js-line" ? "stroke" : "fill"],
          ),
        );
      assert.deepEqual(await look(), ["rgb(90, 180, 240)", "rgb(204, 204, 204)"]);
      await it.setTheme("light");
      await it.settled();
      assert.deepEqual(await look(), ["rgb(0, 114, 178)", "rgb(59, 59, 59)"]);
    });
    it("colours of the user stay the user's", async () => {
      const it = await notebook({ theme: "dark" });
      await it.render({
        id: "item",
        mime: PLOTLY,
        data: { data: [{ y: [1, 2], line: { color: "#123456" } }], layout: { paper_bgcolor: "#abcdef" } },
      });
      assert.deepEqual(
        await it.page.evaluate(() => [
          getComputedStyle(document.querySelector(".js-line")!).stroke,
          getComputedStyle(document.querySelector(".main-svg")!).backgroundColor,
        ]),
        ["rgb(18, 52, 86)", "rgb(171, 205, 239)"],
      );
    });
    it("what cannot be drawn says why", async () => {
      const it = await notebook();
      await it.render({ id: "item", mime: LIVE_MIME, data: { version: 2 } });
      assert.match(await text(it, ".gb-problem"), /saved by a newer Gradbook \(format 2\)/);
    });
  });

  it("the policy of these tests does forbid eval", async () => {
    const it = await notebook();
    await it.page.evaluate(
      () =>
        new Promise<void>((done) => {
          const script = document.createElement("script");
          script.nonce = "gradbook";
          script.textContent =
            "setTimeout(() => { try { new Function('return 1')(); } catch (error) { window.refused = error.name; } window.tried(); });";
          (window as any).tried = done;
          document.body.append(script);
        }),
    );
    assert.equal(await it.page.evaluate(() => (window as any).refused), "EvalError");
    assert.equal(
      it.problems.splice(0).some((problem) => problem.includes("policy: script-src")),
      true,
    );
  });
});
