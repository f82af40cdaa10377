import assert from "node:assert/strict";
import fc from "fast-check";
import * as plot from "../../kernel/plot/index.ts";
import { setHost } from "../../kernel/plot/host.ts";
import { liveBundle } from "../../kernel/plot/live/bundle.ts";
import { liveCsv } from "../../kernel/plot/live/csv.ts";
import { addDecimated, addPoint, emptyCurve, emptyDecimated, encodeValue } from "../../kernel/plot/live/curve.ts";
import {
  addObservation,
  emptyFan,
  type FanValues,
  type Observations,
  type ParameterFans,
} from "../../kernel/plot/live/fan.ts";
import { FRAME_EVERY_MS, Live } from "../../kernel/plot/live/live.ts";
import {
  applyDelta,
  follows,
  initialState,
  LIVE_MIME,
  type LiveDelta,
  type LiveState,
} from "../../kernel/plot/live/state.ts";
import { Clock, FakeHost, FakeOptimizer, FakeParameter, liveState } from "./plotFixtures.ts";

function frozen<T>(value: T): T {
  if (value !== null && typeof value === "object" && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

const emptyDelta = (seq: number): LiveDelta => ({ seq, elapsedMs: seq, running: true, points: {}, observations: [] });

describe("live curve: bounded, and no spike is lost", () => {
  const number = fc.oneof(
    fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e6, max: 1e6 }),
    fc.constantFrom(NaN, Infinity, -Infinity, 0, 1),
  );
  it("never holds more than its limit, keeps every extreme and the order", () =>
    fc.assert(
      fc.property(fc.array(number, { maxLength: 500 }), fc.constantFrom(8, 12, 16), (values, limit) => {
        const kept = emptyDecimated(limit);
        values.forEach((value, i) => addDecimated(kept, i, value));
        assert.equal(kept.count, values.length);
        assert.ok(kept.step.length <= limit, `${kept.step.length} points kept`);
        assert.ok(
          kept.step.every((step, i) => i === 0 || step > kept.step[i - 1]!),
          "steps in order",
        );
        assert.ok(
          kept.step.every((step, i) => Object.is(kept.value[i], values[step])),
          "only what was there",
        );
        // In each bucket of `stride` points the smallest and the largest are there.
        for (let start = 0; start < values.length; start += kept.stride) {
          const bucket = values.slice(start, start + kept.stride).filter(Number.isFinite);
          if (bucket.length === 0) continue;
          const of = kept.value.filter(
            (_, i) => kept.step[i]! >= start && kept.step[i]! < start + kept.stride,
          ) as number[];
          assert.ok(of.includes(Math.min(...bucket)) && of.includes(Math.max(...bucket)));
        }
      }),
    ));
  it("a million points end in 4,000, a single spike among them", () => {
    const curve = emptyCurve({ limit: 4000, smoothing: 0.9 });
    for (let step = 0; step < 1_000_000; step++) addPoint(curve, step, step === 654_321 ? 99 : (step % 7) / 7);
    assert.ok(curve.step.length <= 4000 && curve.step.length >= 2000);
    assert.equal(curve.value[curve.step.indexOf(654_321)], 99);
    assert.equal(curve.count, 1_000_000);
    assert.deepEqual(curve.max, { step: 654_321, value: 99 });
    assert.equal(curve.last!.step, 999_999);
  });
  it("smoothing is debiased: a constant stays what it is from the first step", () => {
    const curve = emptyCurve({ limit: 8, smoothing: 0.99 });
    for (let step = 0; step < 5; step++) addPoint(curve, step, 3);
    assert.deepEqual(curve.smooth, [3, 3, 3, 3, 3]);
  });
  it("smoothing of 1, 2, 3 with weight 0.5 is the weighted mean (1; 5/3; 17/7)", () => {
    const curve = emptyCurve({ limit: 8, smoothing: 0.5 });
    [1, 2, 3].forEach((value, step) => addPoint(curve, step, value));
    [1, 5 / 3, 17 / 7].forEach((want, i) => assert.ok(Math.abs(curve.smooth[i]! - want) < 1e-4));
  });
  it("NaN and infinities are counted and named, drawn as gaps and left out of the average", () => {
    const curve = emptyCurve({ limit: 8, smoothing: 0.5 });
    [1, NaN, Infinity, -Infinity, 1].forEach((value, step) => addPoint(curve, step, encodeValue(value)));
    assert.deepEqual(curve.value, [1, null, null, null, 1]);
    assert.deepEqual(curve.smooth, [1, null, null, null, 1]);
    assert.deepEqual(curve.nonFinite, {
      count: 3,
      first: [
        { step: 1, value: "NaN" },
        { step: 2, value: "Infinity" },
        { step: 3, value: "-Infinity" },
      ],
    });
    assert.deepEqual(
      [curve.min, curve.max],
      [
        { step: 0, value: 1 },
        { step: 0, value: 1 },
      ],
    );
  });
  it("remembers twenty of a thousand NaN one by one, and counts all", () => {
    const curve = emptyCurve({ limit: 8, smoothing: 0 });
    for (let step = 0; step < 1000; step++) addPoint(curve, step, "NaN");
    assert.deepEqual([curve.nonFinite.count, curve.nonFinite.first.length], [1000, 20]);
  });
  it("refuses a limit that buckets do not fit into", () => assert.throws(() => emptyDecimated(10), /multiple of 4/));
});

describe("live fans: bounded, and the newest observation is always there", () => {
  it("keeps every stride-th observation and the newest", () => {
    for (let total = 1; total < 200; total++) {
      const observed: Observations = { count: 0, stride: 1, limit: 8, step: [] };
      const parameters: ParameterFans[] = [{ name: "w", shape: [1], update: emptyFan(), rate: emptyFan() }];
      for (let i = 0; i < total; i++) {
        const values: FanValues = [i, i, i, i, i, 0, 0];
        addObservation(observed, parameters, { step: i, parameters: [[values, i % 3 ? values : null]] });
      }
      assert.ok(observed.step.length <= 9);
      assert.equal(observed.step.at(-1), total - 1);
      assert.ok(
        observed.step.slice(0, -1).every((step, i) => step === i * observed.stride),
        `${total}: ${observed.step}`,
      );
      assert.deepEqual(parameters[0]!.update.q50, observed.step);
      assert.equal(parameters[0]!.rate!.q50.length, observed.step.length);
    }
  });
  it("an observation of another number of parameters is refused", () => {
    const state = initialState({ id: "x", title: "x", parameters: [{ name: "w", shape: [1], rate: false }] });
    assert.throws(
      () => applyDelta(state, { ...emptyDelta(1), observations: [{ step: 1, parameters: [] }] }),
      /0 parameters came for 1/,
    );
  });
});

describe("live state: one reducer for all", () => {
  const name = fc.constantFrom("loss", "accuracy", "testLoss", "__proto__", "a,b");
  const value = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom("NaN" as const, "Infinity" as const),
  );
  const event = fc.oneof(fc.record({ name, value }), fc.constant("observation" as const));
  const start = () =>
    initialState({ id: "x", title: "x", smoothing: 0.9, parameters: [{ name: "w", shape: [2], rate: true }] });

  function deltas(events: readonly unknown[], sizes: readonly number[]): LiveDelta[] {
    const out: LiveDelta[] = [];
    let at = 0;
    for (let seq = 1; at < events.length; seq++) {
      const delta = {
        ...emptyDelta(seq),
        elapsedMs: 0,
        points: {} as LiveDelta["points"],
        observations: [] as LiveDelta["observations"],
      };
      const end = Math.min(events.length, at + (sizes[(seq - 1) % sizes.length] ?? events.length));
      for (; at < end; at++) {
        const event = events[at] as "observation" | { name: string; value: never };
        if (event === "observation") {
          delta.observations.push({
            step: at,
            parameters: [
              [
                [at, at, at, at, at, 0, 0],
                [at, at, at, at, at, 0.5, 1],
              ],
            ],
          });
          continue;
        }
        if (!Object.hasOwn(delta.points, event.name)) {
          Object.defineProperty(delta.points, event.name, {
            value: { step: [], value: [] },
            enumerable: true,
            configurable: true,
            writable: true,
          });
        }
        delta.points[event.name]!.step.push(at);
        delta.points[event.name]!.value.push(event.value);
      }
      out.push(delta);
    }
    return out;
  }

  it("applying the deltas one after the other gives the state that one delta gives; nothing given is changed; all is JSON", () =>
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 120 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        (events, sizes) => {
          const apply = (all: LiveDelta[]) =>
            all.reduce((state, delta) => applyDelta(frozen(state), frozen(delta)), start());
          const parts = apply(deltas(events, sizes));
          const whole = apply(deltas(events, [events.length]));
          assert.deepEqual({ ...parts, seq: 0 }, { ...whole, seq: 0 });
          // Names compared apart: deepEqual takes an own "__proto__" for the prototype.
          assert.deepEqual(Object.keys(parts.curves).sort(), Object.keys(whole.curves).sort());
          assert.deepEqual(JSON.parse(JSON.stringify(parts)), structuredClone(parts));
        },
      ),
    ));
  it("a delta that came before changes nothing; one after a hole is refused by number", () => {
    const state = applyDelta(start(), emptyDelta(1));
    assert.deepEqual(
      [follows(state, emptyDelta(1)), follows(state, emptyDelta(2)), follows(state, emptyDelta(3))],
      ["old", "next", "gap"],
    );
    assert.equal(applyDelta(state, emptyDelta(1)), state);
    assert.throws(() => applyDelta(state, emptyDelta(3)), /delta 3 came after delta 1; ask for the whole state/);
  });
  it("many parameters keep fewer observations each, so that a saved figure stays small", () => {
    const limit = (count: number) =>
      initialState({
        id: "x",
        title: "x",
        parameters: Array.from({ length: count }, () => ({ name: "w", shape: [1], rate: true })),
      }).observed.limit;
    assert.deepEqual([1, 4, 60, 1000].map(limit), [512, 512, 200, 64]);
  });
});

describe("plot.live: what the notebook sees", () => {
  it("shows itself, opens a channel, sends numbered deltas, and at the end the last one, the finished bundle and close", () => {
    const host = new FakeHost();
    const clock = new Clock();
    const live = new Live({}, { host, now: clock.now });
    assert.deepEqual(host.names(), ["display", "open"]);
    assert.deepEqual(host.calls[1]!.value, { target: "gradbook.live", state: host.calls[0]!.value[LIVE_MIME] });
    // A plain synchronous loop: no timer, no promise ever runs.
    for (let i = 0; i < 1000; i++, clock.ms += 1) live.log({ loss: 1 / (i + 1) });
    host.endCell();
    const sent = host.sent();
    assert.deepEqual(
      sent.map(({ seq }) => seq),
      sent.map((_, i) => i + 1),
    );
    assert.equal(sent.length, 11, "ten frames in a second and the final one");
    assert.deepEqual(host.names().slice(-3), ["send", "update", "close"]);
    assert.ok(host.calls.every(({ id }) => id === live.id));
    const followed = sent.reduce(applyDelta, host.calls[1]!.value.state as LiveState);
    assert.deepEqual(followed, live.state, "who follows the deltas has the kernel's state");
    assert.equal(followed.curves["loss"]!.count, 1000);
    assert.equal(followed.running, false);
    assert.deepEqual(host.calls.at(-2)!.value[LIVE_MIME], followed);
    assert.deepEqual(Object.keys(host.calls.at(-2)!.value), [
      LIVE_MIME,
      "application/vnd.plotly.v1+json",
      "image/svg+xml",
      "text/plain",
    ]);
  });
  it("sends the first step at once and then at most ten frames a second, whatever the pace", () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 60 }), (pauses) => {
        const host = new FakeHost();
        const clock = new Clock();
        const times: number[] = [];
        host.send = () => void times.push(clock.ms);
        const live = new Live({}, { host, now: clock.now });
        for (const pause of pauses) {
          live.log({ loss: 1 });
          clock.ms += pause;
        }
        const running = [...times];
        host.endCell();
        assert.equal(running[0], 0);
        assert.ok(running.every((ms, i) => i === 0 || ms - running[i - 1]! >= FRAME_EVERY_MS));
      }),
    ));
  it("a step before a long await is shown while it lasts", async () => {
    const host = new FakeHost();
    const first = new Promise<void>((sent) => {
      host.send = (_, delta) => (delta as LiveDelta).points["loss"]?.step.includes(2) && sent();
    });
    const live = new Live({}, { host, now: () => performance.now() });
    live.log({ loss: 1 });
    live.log({ loss: 2 });
    await first;
    host.endCell();
  });
  it("logging from a later cell opens the channel again, with the state so far, and ends with that cell", () => {
    const host = new FakeHost();
    const clock = new Clock();
    const live = new Live({}, { host, now: clock.now });
    live.log({ loss: 1 });
    host.endCell();
    host.calls.length = 0;
    host.endCell();
    assert.deepEqual(host.names(), [], "nothing happens at the end of a cell that did not log");
    clock.ms += 1000;
    live.log({ loss: 0.5 });
    assert.deepEqual(host.names(), ["open", "send"]);
    assert.equal(host.calls[0]!.value.state.curves.loss.count, 1);
    assert.equal(host.calls[0]!.value.state.running, true);
    host.endCell();
    assert.equal(host.calls.at(-2)!.value[LIVE_MIME].curves.loss.count, 2);
  });
  it("watches the optimizer while its cell runs, and not after", () => {
    const host = new FakeHost();
    const parameter = new FakeParameter([1]);
    const optimizer = new FakeOptimizer([parameter]);
    new Live({ model: { namedParameters: () => [["w", parameter]] }, optimizer }, { host, now: new Clock().now });
    assert.deepEqual([optimizer.hooks.pre.size, optimizer.hooks.post.size], [1, 1]);
    host.endCell();
    assert.deepEqual([optimizer.hooks.pre.size, optimizer.hooks.post.size], [0, 0]);
  });
  it("plot.live finds the notebook by itself", () => {
    const host = new FakeHost();
    setHost(host);
    try {
      plot.live({ title: "Mine" });
      assert.equal(host.calls[0]!.value[LIVE_MIME].title, "Mine");
      host.endCell();
    } finally {
      setHost(undefined);
    }
  });
});

describe("plot.live in a plain script: records and nothing else", () => {
  const recorded = () => {
    const live = plot.live();
    live.log({ loss: 2, accuracy: { item: () => 0.5 } });
    live.log({ loss: NaN }, { step: 10 });
    live.log({ loss: 1 / 3 });
    return live;
  };
  it("history holds every value in full, one call one step unless a step is given", () => {
    assert.deepEqual(recorded().history, {
      loss: { step: [1, 10, 11], value: [2, NaN, 1 / 3], stride: 1 },
      accuracy: { step: [1], value: [0.5], stride: 1 },
    });
  });
  it("history is a copy", () => {
    const live = recorded();
    live.history["loss"]!.value[0] = 99;
    assert.equal(live.history["loss"]!.value[0], 2);
  });
  it("toCsv has one row for each step and names what is not a number", () => {
    assert.equal(recorded().toCsv(), "step,loss,accuracy\n1,2,0.5\n10,NaN,\n11,0.3333333333333333,\n");
  });
  it("as the last expression it shows itself", () => {
    const bundle = (recorded() as any)[Symbol.for("Jupyter.display")]();
    assert.match(
      bundle["text/plain"],
      /^Training: 3 steps.*\nloss: 0\.3333 .*\n  loss is NaN at step 10\naccuracy: 0\.5$/s,
    );
    assert.match(bundle["image/svg+xml"], /loss is NaN at step 10/);
  });

  const model = { namedParameters: () => [] };
  const optimizer = new FakeOptimizer([]);
  const refused: [what: string, call: () => unknown, message: RegExp][] = [
    [
      "an unknown option, with the nearest one",
      () => plot.live({ optimiser: optimizer } as never),
      /unknown option "optimiser"\. Did you mean "optimizer"\? Options: model, /,
    ],
    ["an unknown option like no other", () => plot.live({ xyz: 1 } as never), /unknown option "xyz"\. Options:/],
    ["a model alone", () => plot.live({ model }), /model was given without optimizer/],
    ["an optimizer alone", () => plot.live({ optimizer }), /optimizer was given without model/],
    [
      "something that is no model",
      () => plot.live({ model: {} as never, optimizer }),
      /model must be an nn\.Module, got a Object/,
    ],
    [
      "something that is no optimizer",
      () => plot.live({ model, optimizer: {} as never }),
      /optimizer must be one of optim\.\*/,
    ],
    ["smoothing of 1", () => plot.live({ smoothing: 1 }), /from 0 \(off\) to below 1, got 1/],
    ["an unknown scale", () => plot.live({ yScale: "ln" as never }), /yScale must be "linear" or "log", got "ln"/],
    ["a title that is a number", () => plot.live({ title: 3 as never }), /title must be a string/],
    ["a bare number", () => plot.live().log(3 as never), /an object of named values such as \{ loss \}, got number 3/],
    ["a bare tensor", () => plot.live().log({ item: () => 1 } as never), /named values/],
    [
      "a text",
      () => plot.live().log({ loss: "0.5" as never }),
      /"loss" must be a number or a tensor with one element, got "0\.5"/,
    ],
    [
      "a missing value",
      () => plot.live().log({ loss: undefined as never }),
      /"loss" must be a number .* got undefined/,
    ],
    ["the step among the values", () => plot.live().log({ loss: 1, step: 3 }), /give it as second argument/],
    ["a step that is NaN", () => plot.live().log({ loss: 1 }, { step: NaN }), /step must be a finite number, got NaN/],
    [
      "an unknown option of log",
      () => plot.live().log({ loss: 1 }, { epoch: 1 } as never),
      /live\.log: unknown option "epoch"/,
    ],
  ];
  for (const [what, call, message] of refused) it(`refuses ${what}`, () => assert.throws(call, message));
  it("a refused value leaves nothing behind", () => {
    const live = plot.live();
    assert.throws(() => live.log({ loss: 1, accuracy: "x" as never }));
    live.log({ loss: 2 });
    assert.deepEqual(live.history, { loss: { step: [1], value: [2], stride: 1 } });
  });
});

describe("live bundle", () => {
  it("is JSON that reads back as it was: saved, reopened, the same", () => {
    for (const state of [liveState(), liveState({ steps: 0 }), liveState({ diverged: true })]) {
      const bundle = liveBundle(state);
      assert.deepEqual(JSON.parse(JSON.stringify(bundle)), bundle);
    }
  });
  it("its words are numbers", () => {
    const lines = String(liveBundle(liveState())["text/plain"]).split("\n");
    assert.equal(lines[0], "Adam: 120 steps in 12.0 s");
    assert.match(lines[1]!, /^loss: 0\.\d+ \(smoothed 0\.\d+\), from 0\.\d+ at step \d+ to 2\.\d+ at step \d+$/);
    assert.match(
      lines.find((line) => line.startsWith("layer1.weight"))!,
      /\[128, 784\] +\S+e-4 \(\S+ … \S+\) +8\.5 % +0\.0\d+ \(\S+ … \S+\) +8\.5 %$/,
    );
  });
  it("stays below a megabyte after a long run of a network with 60 parameters", () => {
    let state = liveState({ parameters: 60, steps: 2 });
    const fan: FanValues = [1.234e-5, 1.234e-5, 1.234e-5, 1.234e-5, 1.234e-5, 0.1234, 0];
    const observations = Array.from({ length: 2000 }, (_, i) => ({
      step: i + 3,
      parameters: state.parameters.map((): [FanValues, FanValues] => [fan, fan]),
    }));
    const steps = Array.from({ length: 20_000 }, (_, i) => i + 3);
    const points = { loss: { step: steps, value: steps.map((step) => 0.1234567 + 1 / step) } };
    state = applyDelta(state, { ...emptyDelta(3), points, observations });
    const size = JSON.stringify(liveBundle(state)).length;
    assert.ok(
      size < 2_500_000 && JSON.stringify(state).length < 1_500_000,
      `${size} and ${JSON.stringify(state).length}`,
    );
  });
  it("the figure's CSV holds what the figure holds", () => {
    const state = liveState();
    const [head, ...rows] = liveCsv(state)
      .trimEnd()
      .split("\n")
      .map((line) => line.split(","));
    assert.equal(rows.length, 120);
    const column = (name: string) => rows.map((row) => row[head!.indexOf(name)]!);
    assert.deepEqual(column("loss").map(Number), state.curves["loss"]!.value);
    assert.deepEqual(column("loss smoothed").map(Number), state.curves["loss"]!.smooth);
    assert.deepEqual(column("layer1.weight step size q95").map(Number), state.parameters[0]!.update.q95);
    assert.deepEqual(
      column("layer2.bias effective learning rate left out").map(Number),
      state.parameters[3]!.rate!.leftOut,
    );
    assert.equal(column("accuracy").filter((field) => field !== "").length, 4);
  });
});
