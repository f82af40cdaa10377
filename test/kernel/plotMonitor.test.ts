import assert from "node:assert/strict";
import fc from "fast-check";
import { manualSeed, nn, optim, plot, randn, tensor, type Tensor } from "../../kernel/gradbook.ts";
import type { FanValues } from "../../kernel/plot/live/fan.ts";
import { Monitor } from "../../kernel/plot/live/monitor.ts";
import { EXACT_UP_TO, exactQuantiles, HISTOGRAM_ERROR, histogramQuantiles } from "../../kernel/plot/live/quantiles.ts";
import { Clock, FakeOptimizer, FakeParameter, noise } from "./plotFixtures.ts";

function watch(parameters: { [name: string]: FakeParameter }, { weightDecay = 0, cost = 0 } = {}) {
  const clock = new Clock();
  const optimizer = new FakeOptimizer(Object.values(parameters), weightDecay);
  for (const parameter of Object.values(parameters)) {
    const copy = parameter.toTypedArray.bind(parameter);
    parameter.toTypedArray = () => ((clock.ms += cost / 2), copy());
  }
  const monitor = new Monitor({ namedParameters: () => Object.entries(parameters) }, optimizer, clock.now);
  monitor.attach();
  return { clock, optimizer, monitor };
}
const array = (...values: number[]) => ({ toTypedArray: () => Float64Array.from(values) });

describe("monitor: what a fan is taken over", () => {
  /** Parameter of four elements; one step moves them by 0, 1, 2 and 3. */
  const rows: [
    what: string,
    rate: number | number[],
    weightDecay: number,
    grad: number[],
    update: (number | null)[],
    rateFan: (number | null)[],
  ][] = [
    [
      "an element that did not move is left out",
      0.1,
      0,
      [0, 1, 1, 1],
      [1.1, 1.5, 2, 2.5, 2.9, 0.25, 0],
      [0.1, 0.1, 0.1, 0.1, 0.1, 0.25, 0],
    ],
    [
      "momentum moves without a gradient now, and counts",
      0.1,
      0,
      [0, 0, 0, 0],
      [1.1, 1.5, 2, 2.5, 2.9, 0.25, 0],
      [0.1, 0.1, 0.1, 0.1, 0.1, 0.25, 0],
    ],
    [
      "an element that only decays is left out",
      0.1,
      0.01,
      [0, 0, 1, 1],
      [2.05, 2.25, 2.5, 2.75, 2.95, 0.5, 0],
      [0.1, 0.1, 0.1, 0.1, 0.1, 0.5, 0],
    ],
    [
      "NaN as rate says: never had a gradient",
      [1, 2, 4, NaN],
      0.01,
      [1, 1, 1, 1],
      [1.05, 1.25, 1.5, 1.75, 1.95, 0.5, 0],
      [1.1, 1.5, 2, 3, 3.8, 0.25, 0],
    ],
    [
      "a rate of lr/0 says the same",
      [1, 2, 4, Infinity],
      0,
      [1, 1, 1, 1],
      [1.1, 1.5, 2, 2.5, 2.9, 0.25, 0],
      [1.1, 1.5, 2, 3, 3.8, 0.25, 0],
    ],
    [
      "a rate of 0 has no place on a logarithmic axis",
      0,
      0,
      [1, 1, 1, 1],
      [1.1, 1.5, 2, 2.5, 2.9, 0.25, 0],
      [null, null, null, null, null, 0, 0],
    ],
  ];
  for (const [what, rate, weightDecay, grad, update, rateFan] of rows) {
    it(what, () => {
      const parameter = new FakeParameter([5, 5, 5, 5]);
      const { optimizer, monitor } = watch({ w: parameter }, { weightDecay });
      optimizer.rate = () => (typeof rate === "number" ? rate : array(...rate));
      parameter.grad = array(...grad);
      optimizer.step(() => (parameter.data = Float64Array.of(5, 6, 3, 8)));
      assert.deepEqual(monitor.take(), [[update, rateFan]]);
      assert.equal(monitor.take(), undefined, "an observation is taken once");
    });
  }
  it("NaN and infinite steps are counted, never drawn as zero", () => {
    const parameter = new FakeParameter([1, 1, 1, 1]);
    const { optimizer, monitor } = watch({ w: parameter });
    optimizer.step(() => (parameter.data = Float64Array.of(NaN, Infinity, 1, 3)));
    assert.deepEqual(monitor.take()![0]![0], [2, 2, 2, 2, 2, 0.25, 2]);
  });
  it("a parameter that the optimizer does not hold has no row", () => {
    const [held, frozen] = [new FakeParameter([1]), new FakeParameter([1])];
    const model = { namedParameters: () => Object.entries({ "head.weight": held, "body.weight": frozen }) };
    const monitor = new Monitor(model, new FakeOptimizer([held]), new Clock().now);
    assert.deepEqual(monitor.parameters, [{ name: "head.weight", shape: [1], rate: true }]);
  });
  it("an optimizer that declares no effective learning rate has no such fan", () => {
    const parameter = new FakeParameter([1]);
    const optimizer = new FakeOptimizer([parameter]);
    Object.defineProperty(optimizer, "effectiveLearningRate", { value: undefined });
    const monitor = new Monitor({ namedParameters: () => [["w", parameter]] }, optimizer, new Clock().now);
    monitor.attach();
    optimizer.step(() => (parameter.data = Float64Array.of(2)));
    assert.equal(monitor.parameters[0]!.rate, false);
    assert.deepEqual(monitor.take(), [[[1, 1, 1, 1, 1, 0, 0], null]]);
  });
  it("a step that threw is not observed", () => {
    const parameter = new FakeParameter([1]);
    const { optimizer, monitor } = watch({ w: parameter });
    assert.throws(() => optimizer.step(() => assert.fail("inside")));
    assert.equal(monitor.take(), undefined);
    optimizer.step(() => (parameter.data = Float64Array.of(3)));
    assert.equal(monitor.take()![0]![0][2], 2);
  });
});

describe("monitor: which steps are observed", () => {
  /** Times at which `steps` steps of `stepMs` were observed, when the n-th observation costs `costOf(n)`. */
  function observedAt(
    steps: number,
    stepMs: number,
    costOf: (n: number) => number,
  ): { times: number[]; totalMs: number } {
    const parameter = new FakeParameter([1]);
    const { clock, optimizer, monitor } = watch({ w: parameter });
    const copy = parameter.toTypedArray.bind(parameter);
    let copies = 0;
    parameter.toTypedArray = () => {
      clock.ms += costOf(copies++ >> 1) / 2;
      return copy();
    };
    const times: number[] = [];
    for (let step = 0; step < steps; step++) {
      clock.ms += stepMs;
      optimizer.step(() => parameter.data[0]!++);
      if (monitor.take()) times.push(clock.ms);
    }
    assert.equal(copies, 2 * times.length, "copies are made only around a step that is observed");
    return { times, totalMs: clock.ms };
  }

  it("every step, when that costs nothing", () => {
    assert.equal(observedAt(1000, 1, () => 0).times.length, 1000);
  });
  it("every step of a short run of a small model", () => {
    assert.equal(observedAt(100, 0.15, () => 0.1).times.length, 100);
  });
  it("about 2 % of the time, whatever one costs, up to one in a second and 5 %", () => {
    for (const cost of [0.5, 2, 8, 20]) {
      const { times, totalMs } = observedAt(3000, 10, () => cost);
      const share = (times.length * cost) / totalMs;
      assert.ok(share < 0.025 && share > 0.01, `${cost} ms: ${share}`);
    }
    const { times, totalMs } = observedAt(3000, 10, () => 200);
    assert.ok((times.length * 200) / totalMs < 0.07);
  });
  it("evenly up to the end, however long the first ones took", () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 3000, noNaN: true }), { minLength: 1, maxLength: 2 }),
        fc.double({ min: 1, max: 40, noNaN: true }),
        (first, cost) => {
          const { times, totalMs } = observedAt(1876, 10, (n) => first[n] ?? cost);
          for (let i = 1; i < times.length; i++) {
            const gap = times[i]! - times[i - 1]!;
            assert.ok(gap <= 1000 + 10 + cost + Math.max(...first), `${gap} ms without an observation`);
          }
          assert.ok(totalMs - times.at(-1)! <= 1010 + cost, "the last is near the end");
          const afterStart = times.slice(3);
          for (let i = 1; i < afterStart.length; i++) assert.ok(afterStart[i]! - afterStart[i - 1]! <= 1020 + cost);
        },
      ),
    ));
  it("one that met a busy processor changes nothing for those after it", () => {
    const { times } = observedAt(2000, 10, (n) => (n === 20 ? 900 : 3));
    for (let i = 5; i < times.length; i++) assert.ok(times[i]! - times[i - 1]! <= 1100, `${times[i]! - times[i - 1]!}`);
    assert.ok(times.length > 100, `${times.length}`);
  });
});

describe("monitor: quantiles", () => {
  it("small: NumPy's linear interpolation (numpy.quantile([1, 2, 4, 8, 16], [.05, .25, .5, .75, .95]))", () => {
    const got = exactQuantiles(Float64Array.of(16, 1, 8, 2, 4))!;
    [1.2, 2, 4, 8, 14.4].forEach((want, i) => assert.ok(Math.abs(got[i]! - want) < 1e-12));
  });
  it("none: null", () =>
    assert.deepEqual([exactQuantiles(new Float64Array(0)), histogramQuantiles(new Uint32Array(0))], [null, null]));
  it("large: each is between two neighbours of its rank, up to the stated error, over the whole range of float32", () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -37.5, max: 38, noNaN: true }), { minLength: 1, maxLength: 300 }),
        (exponents) => {
          const values = Float32Array.from(exponents, (e) => 10 ** e);
          const got = histogramQuantiles(new Uint32Array(values.slice().buffer))!;
          const sorted = values.slice().sort();
          [0.05, 0.25, 0.5, 0.75, 0.95].forEach((p, i) => {
            const rank = p * (sorted.length - 1);
            const [low, high] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
            assert.ok(
              got[i]! >= low * (1 - HISTOGRAM_ERROR) && got[i]! <= high * (1 + HISTOGRAM_ERROR),
              `${p}: ${got[i]} not in ${low}…${high}`,
            );
          });
        },
      ),
    ));
  it("large: numbers below and above float32 count as its bounds", () => {
    const bits = new Uint32Array(new Float32Array([0, 1e-45, Infinity]).buffer);
    const got = histogramQuantiles(bits)!;
    assert.ok(got[0] >= 2 ** -126 && got[4] <= 3.4028235e38 && got.every(Number.isFinite));
  });
  it("a parameter of many elements gives what the exact quantiles give, up to the stated error", () => {
    const random = noise(3);
    const size = EXACT_UP_TO * 3;
    const moves = Float64Array.from({ length: size }, () => 10 ** (-8 * random()));
    const parameter = new FakeParameter(Array.from({ length: size }, () => 0));
    const { optimizer, monitor } = watch({ w: parameter });
    optimizer.step(() => (parameter.data = moves.slice()));
    const [got] = monitor.take()![0]!;
    exactQuantiles(moves.slice())!.forEach((want, i) =>
      assert.ok(Math.abs(got[i]! / want - 1) < HISTOGRAM_ERROR + 1e-3),
    );
  });
});

describe("monitor: with the real optimizers", () => {
  /** Two inputs, the second always 0: its weights never have a gradient. */
  class OneDead extends nn.Module {
    layer = new nn.Linear(2, 2048);
    forward(x: Tensor): Tensor {
      return this.layer.forward(x);
    }
  }
  function observed(
    make: (params: Iterable<Tensor>) => optim.Optimizer,
    steps = 3,
  ): { [name: string]: [FanValues, FanValues | null] } {
    manualSeed(1);
    const model = new OneDead();
    const optimizer = make(model.parameters());
    const clock = new Clock();
    const monitor = new Monitor(model, optimizer, clock.now);
    monitor.attach();
    for (let i = 0; i < steps; i++, clock.ms += 10_000) {
      optimizer.zeroGrad();
      model
        .forward(tensor([[1, 0]]))
        .sub(3)
        .pow(2)
        .sum()
        .backward();
      optimizer.step();
    }
    const taken = monitor.take()!;
    return Object.fromEntries(monitor.parameters.map(({ name }, i) => [name, taken[i]!]));
  }
  const half = (fan: FanValues | null) => fan![5];

  it("SGD: the effective learning rate is lr, and half of the weights never move", () => {
    const { "layer.weight": weight, "layer.bias": bias } = observed((p) => new optim.SGD(p, { lr: 0.01 }));
    assert.deepEqual(weight![1], [0.01, 0.01, 0.01, 0.01, 0.01, 0.5, 0]);
    assert.equal(half(weight![0]), 0.5);
    assert.equal(half(bias![0]), 0);
  });
  it("SGD with weight decay: what only decays has moved but never had a gradient, and is left out", () => {
    assert.equal(half(observed((p) => new optim.SGD(p, { lr: 0.01, weightDecay: 0.1 }))["layer.weight"]![0]), 0.5);
  });
  it("Adam: |Δθ| of the first step is lr for every element that had a gradient; the others are left out of both fans", () => {
    const { "layer.weight": weight } = observed((p) => new optim.Adam(p, { lr: 0.01 }), 1);
    const [update, rate] = weight!;
    for (const q of update.slice(0, 5)) assert.ok(Math.abs(q! / 0.01 - 1) < 1e-3, String(q));
    assert.deepEqual([half(update), half(rate)], [0.5, 0.5]);
  });
  it("AdamW: the decay is part of the step", () => {
    const step = (weightDecay: number) =>
      observed((p) => new optim.AdamW(p, { lr: 0.01, weightDecay }), 1)["layer.bias"]![0];
    assert.ok(step(10)[4]! > 1.02 * step(0)[4]!);
  });
  it("plot.live watches a model by its own names", () => {
    manualSeed(2);
    const model = new nn.Linear(3, 1);
    const optimizer = new optim.AMSGrad(model.parameters());
    const live = plot.live({ model, optimizer });
    const loss = model.forward(randn(4, 3)).pow(2).mean();
    loss.backward();
    optimizer.step();
    live.log({ loss });
    const { parameters, title, observed } = live.state;
    assert.equal(title, "AMSGrad");
    assert.deepEqual(observed.step, [1]);
    assert.deepEqual(
      parameters.map(({ name, shape }) => [name, shape]),
      [
        ["weight", [1, 3]],
        ["bias", [1]],
      ],
    );
    assert.equal(live.history["loss"]!.value[0], loss.item());
  });
});
