/** Live figures in a front end without anything of ours: what is sent, how much of it, and how often. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { MimeBundle } from "../../kernel/plot/host.ts";
import { liveBundle } from "../../kernel/plot/live/bundle.ts";
import { addPoint, emptyCurve } from "../../kernel/plot/live/curve.ts";
import { PAGE_FRAME_MS, PAGE_RATE, PAGE_WINDOW, PageFigures } from "../../kernel/plot/live/pageFigures.ts";
import { DRAWN_POINTS, LIVE_MIME, type LiveDelta, type LiveState } from "../../kernel/plot/live/state.ts";
import { ON_SCREEN, thinned } from "../../kernel/plot/live/thinned.ts";
import { PLOTLY_MIME } from "../../kernel/plot/plotly.ts";
import { Clock, liveState } from "./plotFixtures.ts";

const SCRIPT = "/* the script */";
/** What Jupyter's server lets through in any three seconds, by default. */
const SERVER_LIMIT = 3_000_000;

interface Sent {
  ms: number;
  bundle: MimeBundle;
  size: number;
}

class Page {
  readonly clock = new Clock();
  readonly sent: Sent[] = [];
  busy = false;
  readonly figures = new PageFigures({ script: SCRIPT, now: this.clock.now, busy: () => this.busy });

  open(state: LiveState): void {
    this.figures.open(state.id, state, (bundle) => this.note(bundle));
  }
  note(bundle: MimeBundle): void {
    this.sent.push({ ms: this.clock.now(), bundle, size: JSON.stringify(bundle).length });
  }
  /** The end of a cell, as a live figure meets it. */
  end(state: LiveState): void {
    this.figures.send(state.id, { ...delta(state.seq + 1), running: false });
    this.note(this.figures.last(liveBundle(state)));
    this.figures.close(state.id);
  }
  /** The most in any span of the server's. */
  most(): number {
    return Math.max(
      ...this.sent.map(({ ms }) =>
        this.sent.filter((each) => each.ms >= ms && each.ms < ms + 3000).reduce((sum, { size }) => sum + size, 0),
      ),
    );
  }
}

const delta = (seq: number): LiveDelta => ({
  seq,
  elapsedMs: seq * 100,
  running: true,
  points: { loss: { step: [seq], value: [1 / seq] } },
  observations: [],
});

/** The state that a page's script would be given. */
function drawn({ bundle }: Sent): LiveState {
  const html = String(bundle["text/html"]);
  return JSON.parse(/gradbookLive1\((.*)\)<\/script>$/s.exec(html)![1]!);
}
const running = (state: LiveState): LiveState => ({ ...state, running: true });

describe("live figures as pages", () => {
  it("a running figure is shown as a page with its script, and one that has ended as it is saved", () => {
    const { figures } = new Page();
    const state = liveState();
    assert.deepEqual(figures.first(liveBundle(state)), liveBundle(state));
    assert.deepEqual(figures.first({ "text/plain": "x" }), { "text/plain": "x" });
    const page = figures.first(liveBundle(running(state)));
    assert.deepEqual(Object.keys(page), ["text/html", "text/plain"]);
    assert.match(String(page["text/html"]), /^<div data-gradbook-live="live-fixture"><pre>Adam: 120 steps/);
  });

  it("no name of the user's is read as HTML, nor ends the script", () => {
    const { figures } = new Page();
    const evil = { ...running(liveState()), title: "</script><img src=x onerror=alert(1)><!--" };
    const html = String(figures.first(liveBundle(evil))["text/html"]);
    assert.equal(html.match(/<img|<!--/), null);
    assert.equal(html.match(/<\/script>/g)!.length, 1);
    assert.equal(drawn({ bundle: { "text/html": html }, ms: 0, size: 0 }).title, evil.title);
  });

  it("each frame holds all that was logged until then, and frames keep their distance", () => {
    const page = new Page();
    const state = running(liveState({ steps: 1, parameters: 4 }));
    page.open(state);
    for (let seq = state.seq + 1; seq < 200; seq++) {
      page.clock.ms += 20;
      page.figures.send(state.id, delta(seq));
    }
    assert.ok(page.sent.length > 8, `${page.sent.length} frames in four seconds`);
    page.sent.forEach((frame, i) => {
      const { seq, curves } = drawn(frame);
      assert.equal(curves["loss"]!.count, seq);
      const before = page.sent[i - 1];
      if (before) assert.ok(frame.ms - before.ms >= Math.max(PAGE_FRAME_MS, before.size / PAGE_RATE / 2));
    });
  });

  it("several figures take turns", () => {
    const page = new Page();
    const states = ["a", "b", "c"].map((id) => running(liveState({ steps: 1, id })));
    states.forEach((state) => page.open(state));
    for (let seq = 2; seq < 102; seq++) {
      page.clock.ms += 100;
      for (const { id } of states) page.figures.send(id, delta(seq));
    }
    const counts = states.map(({ id }) => page.sent.filter((frame) => drawn(frame).id === id).length);
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1 && counts[0]! >= 8, `frames: ${counts.join(", ")}`);
  });

  it("while the front end does not keep up nothing is sent, and the next frame has it all", () => {
    const page = new Page();
    const state = running(liveState({ steps: 1 }));
    page.open(state);
    page.busy = true;
    for (let seq = 2; seq < 50; seq++) {
      page.clock.ms += 100;
      page.figures.send(state.id, delta(seq));
    }
    assert.deepEqual(page.sent, []);
    page.busy = false;
    page.figures.send(state.id, delta(50));
    assert.equal(drawn(page.sent[0]!).curves["loss"]!.count, 50);
    page.end(state);
  });

  const WHOLE = [LIVE_MIME, PLOTLY_MIME, "image/svg+xml", "text/plain"];
  const ends: [title: string, count: number, parameters: number, holds: string[]][] = [
    ["one figure: all of it", 1, 4, WHOLE],
    ["one of a deep network: less", 1, 12, WHOLE],
    ["four that end together", 4, 12, WHOLE],
    ["twelve", 12, 4, WHOLE],
    ["twelve of deep networks: their pictures", 12, 12, WHOLE.slice(2)],
  ];
  for (const [title, count, parameters, holds] of ends) {
    it(`a cell's end is within what the server lets through: ${title}`, () => {
      const page = new Page();
      const state = liveState({ steps: 300, parameters });
      const last = state.seq + 39;
      const states = Array.from({ length: count }, (_, i) => running({ ...state, id: `live-${i}` }));
      states.forEach((each) => page.open(each));
      for (let seq = state.seq + 1; seq <= last; seq++) {
        page.clock.ms += 100;
        for (const { id } of states) page.figures.send(id, delta(seq));
      }
      const ended = states.map((each) => ({ ...each, running: false, seq: last }));
      for (const each of ended) page.end(each);
      const lasting = page.sent.filter(({ bundle }) => "image/svg+xml" in bundle);
      assert.equal(lasting.length, count);
      for (const { bundle } of lasting) assert.deepEqual(Object.keys(bundle).slice(-holds.length), holds);
      // The server counts what is around the content too.
      assert.ok(page.most() < 0.95 * SERVER_LIMIT, `${page.most()} characters in three seconds`);
      const same = JSON.stringify(lasting[0]!.bundle) === JSON.stringify(liveBundle(ended[0]!));
      assert.equal(same, title.endsWith("all of it"));
    });
  }

  it("the window is the server's, with room for what cells print", () => {
    assert.deepEqual(PAGE_WINDOW, { ms: 3000, size: 2_600_000 });
  });
});

describe("a thinned figure", () => {
  it("has few points and numbers, the newest, and every extreme", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 * DRAWN_POINTS }), fc.integer(), (count, seed) => {
        const curve = emptyCurve({ limit: DRAWN_POINTS, smoothing: 0.9 });
        let x = seed >>> 0;
        for (let i = 1; i <= count; i++) {
          x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
          addPoint(curve, i, x / 2 ** 32);
        }
        const state = { ...liveState({ steps: 1 }), curves: { loss: curve } };
        const { loss } = thinned(state, ON_SCREEN).curves as { loss: typeof curve };
        assert.ok(loss.step.length <= ON_SCREEN.points + 2, `${loss.step.length} points`);
        assert.equal(loss.step.length, loss.value.length);
        assert.equal(loss.step.length, loss.smooth.length);
        assert.ok(loss.step.every((step, i) => i === 0 || step > loss.step[i - 1]!));
        assert.equal(loss.step.at(-1), curve.step.at(-1));
        for (const { step } of [curve.min!, curve.max!]) assert.ok(loss.step.includes(step), `the extreme at ${step}`);
      }),
      { numRuns: 50 },
    ));

  it("keeps the points that it had while it grows, so that the line does not tremble", () => {
    const curve = emptyCurve({ limit: DRAWN_POINTS, smoothing: 0 });
    const state = () => thinned({ ...liveState({ steps: 1 }), curves: { loss: curve } }, ON_SCREEN).curves["loss"]!;
    for (let i = 1; i <= 2000; i++) addPoint(curve, i, Math.sin(i * i));
    const before = state();
    for (let i = 2001; i <= 2080; i++) addPoint(curve, i, Math.sin(i * i));
    const after = state();
    assert.deepEqual(after.step.slice(0, before.step.length - 3), before.step.slice(0, -3));
  });

  it("draws the fans of the first parameters, and counts the others", () => {
    const state = liveState({ steps: 200, parameters: 20 });
    const thin = thinned(state, ON_SCREEN);
    assert.equal(thin.parameters.length, 20);
    const { update, rate } = thin.parameters[0]!;
    assert.equal(thin.observed.step.length, update.q50.length);
    assert.equal(rate!.leftOut.length, update.q50.length);
    assert.equal(thin.observed.step.at(-1), state.observed.step.at(-1));
    assert.ok(JSON.stringify(thin).length < 120_000, `${JSON.stringify(thin).length} characters`);
    assert.deepEqual(thin.parameters[19]!.update.q50, []);
  });

  it("is left alone where it is small", () => {
    const state = liveState({ steps: 40 });
    const thin = thinned(state, ON_SCREEN);
    assert.deepEqual(thin.curves["loss"]!.step, state.curves["loss"]!.step);
    assert.deepEqual(thin.observed.step, state.observed.step);
  });
});
