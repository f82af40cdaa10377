import assert from "node:assert/strict";
import { applyDelta, LIVE_MIME, type LiveDelta } from "../../kernel/plot/live/state.ts";
import { liveState } from "../kernel/plotFixtures.ts";
import { count, inChromium, nextDelta, probe, running, text } from "./inChromium.ts";
import type { Notebook } from "./page.ts";

inChromium("live figure in Chromium: drawn in place", ({ notebook, mounted }) => {
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
});
