import assert from "node:assert/strict";
import fc from "fast-check";
import { manualSeed, nn, optim, plot, randn, tensor, type Tensor } from "../../kernel/gradbook.ts";
import type { FanValues } from "../../kernel/plot/live/fan.ts";
import {
  CLOSE_OBSERVATIONS,
  AT_ONCE_MS,
  FIRST_MS,
  FIRST_SHARE,
  MONITOR_SHARE,
  Monitor,
  OBSERVE_EVERY_MS,
} from "../../kernel/plot/live/monitor.ts";
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

describe("monitor: what it costs", () => {
  it("a model that costs nothing is observed at every step, and after a while at most every 10 ms", () => {
    const parameter = new FakeParameter([1]);
    const { clock, optimizer, monitor } = watch({ w: parameter });
    const observedAt: number[] = [];
    for (let step = 0; step < 1000; step++, clock.ms++) {
      optimizer.step(() => parameter.data[0]!++);
      if (monitor.take()) observedAt.push(step);
    }
    const close = Array.from({ length: CLOSE_OBSERVATIONS }, (_, step) => step);
    const sparse = Array.from({ length: 50 }, (_, i) => CLOSE_OBSERVATIONS - 1 + OBSERVE_EVERY_MS * (i + 1));
    assert.deepEqual(observedAt, [...close, ...sparse]);
  });
  it("parameters are copied only around a step that is observed", () => {
    const parameter = new FakeParameter([1]);
    let copies = 0;
    let observed = 0;
    const { clock, optimizer, monitor } = watch({ w: parameter }, { cost: 8 });
    const copy = parameter.toTypedArray;
    parameter.toTypedArray = () => (copies++, copy());
    for (let step = 0; step < 1000; step++, clock.ms++) {
      optimizer.step(() => parameter.data[0]!++);
      if (monitor.take()) observed++;
    }
    assert.ok(observed < 100, `${observed} of 1000 steps`);
    assert.equal(copies, 2 * observed);
  });
  it("expensive observations are made less often: within the budget of the time elapsed", () =>
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 300, noNaN: true }),
        fc.double({ min: 0.1, max: 50, noNaN: true }),
        (cost, stepMs) => {
          const parameter = new FakeParameter([1]);
          const { clock, optimizer, monitor } = watch({ w: parameter }, { cost });
          let observed = 0;
          for (let i = 0; i < 2000; i++) {
            optimizer.step(() => parameter.data[0]!++);
            if (monitor.take()) observed++;
            clock.ms += stepMs;
            // The first observation is always made: without it there would be nothing to see.
            const budget =
              AT_ONCE_MS + (FIRST_SHARE - MONITOR_SHARE) * Math.min(clock.ms, FIRST_MS) + MONITOR_SHARE * clock.ms;
            const allowed = Math.max(cost, budget);
            assert.ok(monitor.spentMs <= allowed + 1e-6, `${monitor.spentMs} of ${clock.ms} ms`);
          }
          assert.ok(observed >= 1);
        },
      ),
    ));
  it("time charged for frames counts as its own", () => {
    const parameter = new FakeParameter([1]);
    const { clock, optimizer, monitor } = watch({ w: parameter });
    monitor.charge(AT_ONCE_MS + 40); // 4 % of 1000 ms
    clock.ms = 999;
    optimizer.step(() => parameter.data[0]!++);
    assert.equal(monitor.take(), undefined);
    clock.ms = 1001;
    optimizer.step(() => parameter.data[0]!++);
    assert.ok(monitor.take());
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
