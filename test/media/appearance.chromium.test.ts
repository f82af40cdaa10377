import assert from "node:assert/strict";
import { applyDelta } from "../../kernel/plot/live/state.ts";
import { liveState } from "../kernel/plotFixtures.ts";
import { count, inChromium, nextDelta, probe, running, text } from "./inChromium.ts";

inChromium("live figure in Chromium: to read and to use", ({ mounted }) => {
  it("the loss can be switched to a logarithmic scale by keyboard, in the same graph", async () => {
    const it = await mounted(liveState());
    await it.page.evaluate(() => ((window as any).node = document.querySelector(".gb-loss .js-line")));
    const button = it.page.getByRole("button", { name: "Logarithmic scale of the loss" });
    assert.equal(await button.getAttribute("aria-pressed"), "false");
    await it.page.keyboard.press("Tab");
    await it.page.keyboard.press("Enter");
    await it.settled();
    assert.equal(await button.getAttribute("aria-pressed"), "true");
    assert.deepEqual(
      await it.page.evaluate(() => [
        (document.querySelector(".gb-loss") as any).layout.yaxis.type,
        (window as any).node.isConnected,
      ]),
      ["log", true],
    );
    await it.page.keyboard.press("Space");
    await it.settled();
    assert.equal(await it.page.evaluate(() => (document.querySelector(".gb-loss") as any).layout.yaxis.type), "linear");
  });
  it("a loss below zero has no logarithm: the switch says so", async () => {
    const state = running({ steps: 5 });
    const it = await mounted(applyDelta(state, nextDelta(state, { loss: -1 })));
    assert.equal(await it.page.getByRole("button", { name: "Logarithmic scale of the loss" }).isDisabled(), true);
  });

  it("a diverged run is named, with the step, and leaves a gap", async () => {
    const it = await mounted(liveState({ diverged: true }));
    assert.equal(await text(it, "[role=alert]"), "loss is NaN at step 61; 60 values are not finite");
    assert.match(await text(it, ".gb-left.gb-wrong"), /100,352 not finite/);
    const last = await it.page.evaluate(() => (document.querySelector(".gb-loss") as any).data[0].y.at(-1));
    assert.equal(last, null);
  });

  for (const theme of ["light", "dark", "high-contrast"]) {
    it(`${theme}: every text can be read on the page's background (contrast 4.5)`, async () => {
      const it = await mounted(liveState(), { theme });
      const worst = await it.page.evaluate(() => {
        const rgb = (css: string) =>
          css
            .match(/[\d.]+/g)!
            .slice(0, 3)
            .map(Number) as [number, number, number];
        const luminance = (css: string) => {
          const [r, g, b] = rgb(css).map((c) =>
            c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
          ) as [number, number, number];
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const contrast = (a: string, b: string) => {
          const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
          return (high + 0.05) / (low + 0.05);
        };
        const page = getComputedStyle(document.body).backgroundColor;
        const texts = [
          ...document.querySelectorAll(
            ".gb-figure text, .gb-title, .gb-status, .gb-key, .gb-left, .gb-name, .gb-shape",
          ),
        ];
        return texts
          .map((e) => {
            const style = getComputedStyle(e);
            const color = e instanceof SVGElement ? style.fill : style.color;
            return { said: e.textContent, color, contrast: contrast(color, page) };
          })
          .reduce((a, b) => (a.contrast <= b.contrast ? a : b));
      });
      assert.ok(worst.contrast >= 4.5, JSON.stringify(worst));
    });
  }
  it("the theme can change while it runs: colours change, elements stay", async () => {
    const it = await mounted(running({ steps: 30 }), { theme: "light" });
    const look = () =>
      it.page.evaluate(() => [
        getComputedStyle(document.querySelector(".gb-loss .xtick text")!).fill,
        getComputedStyle(document.querySelectorAll(".gb-loss .js-line")[1]!).stroke,
      ]);
    const before = await look();
    await it.page.evaluate(() => ((window as any).node = document.querySelector(".gb-loss .js-line")));
    await it.setTheme("dark");
    await it.settled();
    const after = await look();
    assert.ok(
      before.every((color, i) => color !== after[i]),
      `${before} → ${after}`,
    );
    assert.equal(await it.page.evaluate(() => (window as any).node.isConnected), true);
    assert.equal((await probe(it)).rebuilt, 1);
  });

  for (const width of [900, 500, 340]) {
    it(`at ${width} px nothing is wider than the page, no label over another`, async () => {
      const it = await mounted(liveState(), { width, height: 2600 });
      const found = await it.page.evaluate(() => {
        const out: string[] = [];
        const wide = document.documentElement;
        if (wide.scrollWidth > wide.clientWidth) out.push(`${wide.scrollWidth} px of ${wide.clientWidth}`);
        const leaf =
          ".gb-figure text, .gb-title, .gb-status, .gb-key, .gb-left, .gb-name b, .gb-shape, .gb-heads b, .gb-button:not([hidden]), .gb-caption";
        const boxes = [...document.querySelectorAll(leaf)]
          .map((e) => ({ said: e.textContent!, box: e.getBoundingClientRect() }))
          .filter(({ said, box }) => said && box.width > 0);
        boxes.forEach((a, i) => {
          for (const b of boxes.slice(i + 1)) {
            const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
            const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
            if (across > 1 && down > 3) out.push(`"${a.said}" over "${b.said}"`);
          }
        });
        return out;
      });
      assert.deepEqual(found, []);
    });
  }
  it("follows the width of its cell", async () => {
    const it = await mounted(liveState());
    const widths = () =>
      it.page.evaluate(() =>
        [...document.querySelectorAll(".gb-loss, .gb-fan")].map((e) => [
          e.clientWidth,
          Number(e.querySelector("svg")!.getAttribute("width")),
        ]),
      );
    for (const width of [620, 1100]) {
      await it.page.setViewportSize({ width, height: 900 });
      await it.page.evaluate(() => new Promise((done) => setTimeout(done, 50)));
      await it.settled();
      for (const [cell, graph] of (await widths()).slice(0, 3)) assert.equal(graph, cell);
    }
  });

  it("of thirty parameters the first twelve are shown, and all on request", async () => {
    const it = await mounted(liveState({ parameters: 30, steps: 5 }));
    assert.equal(await count(it, ".gb-row"), 12);
    const more = it.page.getByRole("button", { name: "Show the rows of all parameters" });
    assert.equal(await more.textContent(), "Show all 30 parameters");
    await more.click();
    await it.settled();
    assert.equal(await count(it, ".gb-row"), 30);
    assert.equal(await more.isVisible(), false);
  });
  it("names of the user are text, not markup", async () => {
    const state = liveState({ steps: 3 });
    state.title = "<img src=x onerror=alert(1)>";
    state.parameters[0]!.name = "<b>w</b>";
    const it = await mounted(
      applyDelta(state, { ...nextDelta(state), points: { "<i>x</i>": { step: [4], value: [1] } } }),
    );
    assert.deepEqual(
      [await text(it, ".gb-title"), await text(it, ".gb-name b"), await count(it, ".gb-figure img, .gb-figure i")],
      [state.title, "<b>w</b>", 0],
    );
  });
});
