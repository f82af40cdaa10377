import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { applyDelta, LIVE_MIME, type LiveDelta, type LiveState } from "../../kernel/plot/live/state.ts";
import { liveCsv } from "../../kernel/plot/live/csv.ts";
import { liveState, noise } from "../kernel/plotFixtures.ts";
import { launch, openNotebook, type Notebook } from "./page.ts";

const PLOTLY = "application/vnd.plotly.v1+json";

/** The delta after `state`: one step, observed. */
function nextDelta(state: LiveState, { loss = 2 / (1 + state.seq / 50), running = true } = {}): LiveDelta {
  const random = noise(state.seq);
  const step = state.seq + 1;
  const fan = (m: number): [number, number, number, number, number, number, number] => [
    m / 9,
    m / 3,
    m * (1 + random()),
    m * 3,
    m * 9,
    0.0123,
    0,
  ];
  return {
    seq: step,
    elapsedMs: step * 100,
    running,
    points: { loss: { step: [step], value: [loss] } },
    observations: [{ step, parameters: state.parameters.map(() => [fan(1e-4), fan(1e-2)]) }],
  };
}

describe("renderer in Chromium", function () {
  this.timeout(60_000);
  let browser: Browser;
  let open: Notebook[] = [];
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());
  afterEach(async function () {
    const problems = open.flatMap((notebook) => notebook.problems);
    for (const notebook of open) await notebook.page.close();
    open = [];
    assert.deepEqual(problems, [], "no error in the page, and the policy without eval was never violated");
  });

  async function notebook(options?: Parameters<typeof openNotebook>[1]): Promise<Notebook> {
    const opened = await openNotebook(browser, options);
    open.push(opened);
    return opened;
  }
  async function mounted(state: LiveState, options?: Parameters<typeof openNotebook>[1]): Promise<Notebook> {
    const opened = await notebook(options);
    await opened.render({ id: "item", mime: LIVE_MIME, data: state });
    await opened.settled();
    return opened;
  }
  const running = (options: Parameters<typeof liveState>[0] = {}): LiveState => ({
    ...liveState(options),
    running: true,
  });
  const probe = ({ page }: Notebook, id = "live-fixture"): Promise<any> =>
    page.evaluate((id) => ({ ...(window as any).__gradbook.figures[id] }), id);
  const text = ({ page }: Notebook, selector: string): Promise<string> =>
    page.evaluate((s) => document.querySelector(s)!.textContent!, selector);
  const count = ({ page }: Notebook, selector: string): Promise<number> =>
    page.evaluate((s) => document.querySelectorAll(s).length, selector);
  /** Points of each line in the loss graph, as Plotly has them. */
  const lossPoints = ({ page }: Notebook): Promise<number[]> =>
    page.evaluate(() => (document.querySelector(".gb-loss") as any).data.map(({ y }: { y: unknown[] }) => y.length));

  it("draws the saved state, then asks for the newest", async () => {
    const it = await mounted(liveState());
    assert.deepEqual(await it.posted(), [{ type: "mount", id: "live-fixture" }]);
    assert.deepEqual(await lossPoints(it), [120, 120]);
    assert.equal((await probe(it)).points, 120);
    assert.equal(await count(it, ".gb-fan .js-plotly-plot, .gb-fan.js-plotly-plot"), 8);
    assert.equal(await text(it, ".gb-title"), "Adam");
    assert.match(await text(it, ".gb-status"), /^120 steps in 12\.0 s, 10 steps\/s$/);
    assert.deepEqual(
      await it.page.evaluate(() => [...document.querySelectorAll(".gb-name")].map((e) => e.textContent)),
      ["layer1.weight[128, 784]", "layer1.bias[128]", "layer2.weight[10, 128]", "layer2.bias[10]"],
    );
    assert.equal(await text(it, ".gb-left"), "8.5 % left out");
  });

  it("follows deltas; one it has is ignored; after a hole it asks for the state and goes on", async () => {
    let state = running({ steps: 20 });
    const it = await mounted(state);
    await it.posted();
    for (let i = 0; i < 5; i++) {
      const delta = nextDelta(state);
      state = applyDelta(state, delta);
      await it.send({ type: "delta", id: state.id, delta });
      await it.send({ type: "delta", id: state.id, delta });
    }
    await it.settled();
    assert.deepEqual([(await probe(it)).seq, (await probe(it)).points, await lossPoints(it)], [25, 25, [25, 25]]);
    assert.match(await text(it, ".gb-status"), /running$/);

    state = applyDelta(state, nextDelta(state));
    const afterHole = nextDelta(state);
    await it.send({ type: "delta", id: state.id, delta: afterHole });
    assert.deepEqual(await it.posted(), [{ type: "mount", id: state.id }]);
    await it.settled();
    assert.equal((await probe(it)).seq, 25, "nothing is drawn with a hole in it");
    await it.send({ type: "state", id: state.id, state });
    await it.send({ type: "delta", id: state.id, delta: afterHole });
    await it.settled();
    assert.deepEqual([(await probe(it)).seq, await lossPoints(it)], [27, [27, 27]]);
    assert.deepEqual(await it.posted(), []);
  });

  it("a message for another figure, and an older state, change nothing", async () => {
    const state = running({ steps: 20 });
    const it = await mounted(state);
    await it.send({ type: "delta", id: "other", delta: nextDelta(state) });
    await it.send({ type: "state", id: state.id, state: running({ steps: 10 }) });
    await it.settled();
    assert.equal((await probe(it)).seq, 20);
  });

  it("over 1,000 updates no element of the figure is replaced, and memory stays flat", async function () {
    this.timeout(240_000);
    let state = running({ steps: 40, parameters: 2 });
    const it = await mounted(state, { height: 700 });
    await it.page.evaluate(() => {
      const w = window as any;
      w.before = [...document.querySelectorAll(".gb-figure, .gb-figure *")].filter((e) => !e.closest(w.AXES));
      w.lost = {};
      new MutationObserver((records) => {
        for (const { target, removedNodes } of records) {
          if ((target as Element).closest(w.AXES) || !(target as Element).closest(".gb-figure")) continue;
          for (const node of removedNodes)
            if (node.nodeType === 1 && !(node as Element).matches(w.AXES))
              w.lost[(node as Element).outerHTML.slice(0, 120)] = true;
        }
      }).observe(document.body, { subtree: true, childList: true });
    });
    const heap = async () => {
      await it.page.evaluate(() => (window as any).gc());
      return it.page.evaluate(() => (performance as any).memory.usedJSHeapSize as number);
    };
    const update = async (times: number) => {
      const deltas: LiveDelta[] = [];
      for (let i = 0; i < times; i++) {
        const delta = nextDelta(state);
        deltas.push(delta);
        state = applyDelta(state, delta);
      }
      // Each delta gets a frame of its own.
      await it.page.evaluate(async (deltas) => {
        for (const delta of deltas) {
          await (window as any).receive({ type: "delta", id: "live-fixture", delta });
          await new Promise(requestAnimationFrame);
        }
      }, deltas);
      await it.settled();
    };
    const drawnBefore = (await probe(it)).drawn;
    await update(600);
    const [heapHalf, nodesHalf] = [await heap(), await count(it, "*")];
    await update(400);
    const [heapEnd, nodesEnd] = [await heap(), await count(it, "*")];
    const { drawn, rebuilt, points, seq } = await probe(it);
    assert.deepEqual([points, seq, rebuilt], [1040, 1040, 1]);
    assert.ok(drawn - drawnBefore >= 1000, `the loss was drawn at each update: ${drawn - drawnBefore}`);
    assert.deepEqual(await it.page.evaluate(() => (window as any).lost), {});
    assert.equal(await it.page.evaluate(() => (window as any).before.filter((e: Element) => !e.isConnected).length), 0);
    assert.ok(nodesEnd < nodesHalf * 1.1, `${nodesHalf} elements, then ${nodesEnd}`);
    assert.ok(heapEnd < heapHalf * 1.25 + 2e6, `${heapHalf} bytes, then ${heapEnd}`);
  });

  it("a replaced output gets the same figure, unbuilt and undrawn where nothing is new", async () => {
    const state = running({ steps: 30 });
    const it = await mounted(state);
    await it.page.evaluate(() => ((window as any).node = document.querySelector(".gb-loss svg")));
    const finished = applyDelta(state, nextDelta(state, { running: false }));
    await it.render({ id: "replacement", mime: LIVE_MIME, data: finished }, { into: "item" });
    await it.settled();
    assert.equal(
      await it.page.evaluate(() => (window as any).node === document.querySelector("#output-replacement .gb-loss svg")),
      true,
    );
    assert.deepEqual([(await probe(it)).rebuilt, (await probe(it)).seq, await lossPoints(it)], [1, 31, [31, 31]]);
    assert.equal(await count(it, ".gb-figure"), 1);
    // VS Code may also render into the very same element.
    await it.render({ id: "again", mime: LIVE_MIME, data: finished }, { into: "replacement" });
    assert.equal(await it.page.evaluate(() => (window as any).node.isConnected), true);
    assert.equal((await probe(it)).rebuilt, 1);
  });

  it("an output that comes back after its cell was scrolled away or cleared is the same figure too", async () => {
    const state = liveState({ steps: 30 });
    const it = await mounted(state);
    await it.dispose("item");
    await it.page.evaluate(() => document.querySelector(".output_container")!.remove());
    await it.render({ id: "back", mime: LIVE_MIME, data: state });
    await it.settled();
    assert.deepEqual([(await probe(it)).rebuilt, await count(it, ".gb-figure")], [1, 1]);
  });

  it("one figure shown twice is drawn twice, and both move", async () => {
    const state = running({ steps: 30 });
    const it = await mounted(state, { height: 2400 });
    await it.render({ id: "copy", mime: LIVE_MIME, data: state });
    await it.send({ type: "delta", id: state.id, delta: nextDelta(state) });
    await it.settled();
    const points = await it.page.evaluate(() =>
      [...document.querySelectorAll(".gb-loss")].map((graph: any) => graph.data[0].y.length),
    );
    assert.deepEqual(points, [31, 31]);
  });

  it("figures whose outputs are gone are let go, but for the last few", async () => {
    const it = await notebook();
    for (let i = 0; i < 12; i++) {
      await it.render({
        id: `item${i}`,
        mime: LIVE_MIME,
        data: liveState({ steps: 3, parameters: 0, id: `live${i}` }),
      });
      await it.settled();
      await it.dispose(`item${i}`);
    }
    assert.deepEqual(
      await it.page.evaluate(() => Object.keys((window as any).__gradbook.figures)),
      Array.from({ length: 8 }, (_, i) => `live${i + 4}`),
    );
  });

  it("an output that is hidden when it is rendered is drawn when it is shown", async () => {
    const it = await notebook();
    await it.page.evaluate(() => (document.body.style.display = "none"));
    await it.render({ id: "item", mime: LIVE_MIME, data: liveState({ steps: 30 }) });
    await it.settled();
    assert.equal((await probe(it)).drawn, 0);
    await it.page.evaluate(() => (document.body.style.display = ""));
    await it.page.evaluate(() => new Promise((done) => setTimeout(done, 100)));
    await it.settled();
    assert.equal((await probe(it)).points, 30);
  });

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
      assert.equal(bytes.readUInt32BE(16), 1800, "twice the picture's 900 pixels");
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
      const { gallery } = await import("../kernel/plotGallery.ts");
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
