import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { nn, optim, tensor, type Tensor } from "../../kernel/gradbook.ts";

const golden = JSON.parse(readFileSync(new URL("../golden/optim.json", import.meta.url), "utf8")) as {
  optimizers: {
    optimizer: string;
    options: object;
    params: number[];
    grads: number[][];
    after: { [step: string]: number[] };
  }[];
  schedulers: { scheduler: string; options: any; baseLr: number; lrs: number[]; metrics?: number[] }[];
};
type Make = new (params: Iterable<Tensor>, options?: object) => optim.Optimizer;
const camel = (options: object): any =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()),
      value,
    ]),
  );

/** Every optimizer by the name of its file, with options that use all of its parts. */
const optimizers: { [file: string]: { make: Make; options: object; state: string[] } } = {
  adadelta: { make: optim.Adadelta as Make, options: { weightDecay: 0.1 }, state: ["step", "square_avg", "acc_delta"] },
  adagrad: { make: optim.Adagrad as Make, options: { lrDecay: 0.1 }, state: ["step", "sum"] },
  adam: { make: optim.Adam as Make, options: { weightDecay: 0.1 }, state: ["step", "exp_avg", "exp_avg_sq"] },
  adamax: { make: optim.Adamax as Make, options: {}, state: ["step", "exp_avg", "exp_inf"] },
  adamw: { make: optim.AdamW as Make, options: {}, state: ["step", "exp_avg", "exp_avg_sq"] },
  amsgrad: { make: optim.AMSGrad as Make, options: {}, state: ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"] },
  nadam: { make: optim.NAdam as Make, options: {}, state: ["step", "mu_product", "exp_avg", "exp_avg_sq"] },
  radam: { make: optim.RAdam as Make, options: {}, state: ["step", "exp_avg", "exp_avg_sq"] },
  rmsprop: {
    make: optim.RMSprop as Make,
    options: { momentum: 0.5, centered: true },
    state: ["step", "square_avg", "momentum_buffer", "grad_avg"],
  },
  sgd: { make: optim.SGD as Make, options: { momentum: 0.9 }, state: ["momentum_buffer"] },
};
const schedules = optim.lrScheduler as unknown as {
  [name: string]: new (...args: any[]) => { step(metric?: number): void };
};

const leaf = (data: number[]): Tensor => tensor(data, { dtype: "float64", requiresGrad: true });
function follow(optimizer: optim.Optimizer, x: Tensor, gradient: number[]): number[] {
  x.grad = tensor(gradient, { dtype: "float64" });
  optimizer.step();
  return [...x.toTypedArray()];
}
const near = (got: number, want: number, relative: number): boolean =>
  Math.abs(got - want) <= relative * Math.max(Math.abs(want), 1e-6);

describe("optimizers", () => {
  for (const { optimizer, options, params, grads, after } of golden.optimizers) {
    it(`${optimizer} ${JSON.stringify(options)} follows PyTorch's trajectory`, () => {
      const x = leaf(params);
      const make = (optim as unknown as { [name: string]: Make })[optimizer]!;
      // PyTorch 1.13 had a slip in NAdam that PyTorch 2, and our default, do not have.
      const variant = optimizer === "NAdam" ? { variant: "torch-1.13" } : {};
      const own = new make([x], { ...camel(options), ...variant });
      grads.forEach((gradient, t) => {
        const got = follow(own, x, gradient);
        after[t + 1]?.forEach((want, i) => {
          assert.ok(near(got[i]!, want, 1e-9), `step ${t + 1}, element ${i}: ${got[i]} is not ${want}`);
        });
      });
    });
  }

  it("NAdam by default follows the paper: μ₁ once in the first step", () => {
    const x = leaf([0]);
    follow(new optim.NAdam([x], { lr: 1, eps: 0 }), x, [2]);
    const [mu1, mu2] = [1, 2].map((t) => 0.9 * (1 - 0.5 * 0.96 ** (t * 4e-3))) as [number, number];
    assert.ok(near(x.item(), -(1 + (mu2 / (1 - mu1 * mu2)) * 0.1), 1e-12));
  });

  for (const [file, { make, options, state }] of Object.entries(optimizers)) {
    const start = [1, -2, 0.5];
    const gradients = [
      [0.3, -1, 0],
      [-2, 0.1, 0],
      [0.4, 0.4, 0],
      [1, -3, 0],
    ];
    const fresh = (own: object = {}): { x: Tensor; optimizer: optim.Optimizer } => {
      const x = leaf(start);
      return { x, optimizer: new make([x], { ...options, ...own }) };
    };

    it(`${file}: keeps PyTorch's state, and goes on from its stateDict`, () => {
      const first = fresh();
      gradients.slice(0, 2).forEach((g) => follow(first.optimizer, first.x, g));
      const saved = JSON.parse(
        JSON.stringify(first.optimizer.stateDict(), (_k, v) => (v?.toArray ? { tensor: v.toArray() } : v)),
      );
      assert.deepEqual(Object.keys(first.optimizer.stateDict().state["0"]!).sort(), [...state].sort());
      assert.deepEqual(saved.param_groups[0].params, [0]);
      const second = fresh({ lr: 0.7 });
      second.x.detach().copy_(first.x.detach());
      second.optimizer.loadStateDict(first.optimizer.stateDict());
      assert.deepEqual(second.optimizer.paramGroups[0]!.lr, first.optimizer.paramGroups[0]!.lr);
      gradients
        .slice(2)
        .forEach((g) => assert.deepEqual(follow(second.optimizer, second.x, g), follow(first.optimizer, first.x, g)));
    });

    it(`${file}: finds the bottom of a parabola`, () => {
      const { x, optimizer } = fresh({ lr: file === "adadelta" ? 20 : file === "adagrad" ? 1 : 0.05, weightDecay: 0 });
      for (let step = 0; step < 1500; step++) {
        optimizer.step(() => {
          optimizer.zeroGrad();
          x.sub(3).square().sum().backward();
        });
      }
      for (const value of x.toTypedArray()) assert.ok(Math.abs(value - 3) < 0.2, `${value} is not near 3`);
    });

    it(`${file}: an element that never had a gradient stays, and has no effective learning rate`, () => {
      const { x, optimizer } = fresh({ weightDecay: 0 });
      assert.ok(file === "sgd" || Number.isNaN(optimizer.effectiveLearningRate(x)));
      gradients.forEach((g) => follow(optimizer, x, g));
      assert.equal(x.toTypedArray()[2], 0.5);
      const rate = optimizer.effectiveLearningRate(x);
      if (typeof rate === "number") assert.ok(rate === optimizer.paramGroups[0]!.lr && ["sgd", "radam"].includes(file));
      else assert.deepEqual(rate.isnan().toArray(), [false, false, true]);
    });

    it(`${file}: float32 parameters stay float32, and maximize climbs as far as it falls`, () => {
      const x = tensor(start, { requiresGrad: true });
      const y = tensor(start, { requiresGrad: true });
      const [down, up] = [
        new make([x], { ...options, weightDecay: 0 }),
        new make([y], { ...options, weightDecay: 0, maximize: true }),
      ];
      for (const g of gradients) {
        x.grad = tensor(g);
        y.grad = tensor(g).neg();
        down.step();
        up.step();
      }
      assert.equal(x.dtype, "float32");
      assert.deepEqual(x.toArray(), y.toArray());
    });
  }

  it("every file of kernel/optim is in the table and in the index", () => {
    const files = readdirSync(new URL("../../kernel/optim", import.meta.url)).filter((file) => file.endsWith(".ts"));
    const rest = ["index.ts", "optimizer.ts", "rule.ts"];
    assert.deepEqual(
      files.filter((file) => !rest.includes(file)).sort(),
      Object.keys(optimizers)
        .map((file) => `${file}.ts`)
        .sort(),
    );
    const listed = Object.values(optim).filter((value) => typeof value === "function" && value !== optim.Optimizer);
    assert.deepEqual(new Set(listed), new Set(Object.values(optimizers).map(({ make }) => make)));
  });

  it("the effective learning rate is what a step used: Δw = −rate · direction", () => {
    const x = leaf([1, 2]);
    const cases: [optim.Optimizer, (g: number) => number][] = [
      [new optim.RMSprop([x], { alpha: 0.9 }), (g) => 1e-2 / (Math.sqrt(0.1 * g * g) + 1e-8)],
      [new optim.Adam([x]), (g) => 1e-3 / (Math.abs(g) + 1e-8)],
      [new optim.AMSGrad([x]), (g) => 1e-3 / (Math.abs(g) + 1e-8)],
      [new optim.Adagrad([x]), (g) => 1e-2 / (Math.abs(g) + 1e-10)],
    ];
    for (const [optimizer, rate] of cases) {
      const before = x.toTypedArray();
      const after = follow(optimizer, x, [3, -0.5]);
      const rates = (optimizer.effectiveLearningRate(x) as Tensor).toTypedArray();
      [3, -0.5].forEach((g, i) => {
        assert.ok(near(rates[i]!, rate(g), 1e-12));
        assert.ok(near(after[i]! - before[i]!, -rates[i]! * g, 1e-9));
      });
    }
    assert.equal(new optim.SGD([x], { lr: 0.5 }).effectiveLearningRate(x), 0.5);
  });

  it("groups have options of their own; the rest are the optimizer's", () => {
    const [a, b, c] = [leaf([1]), leaf([1]), leaf([1])];
    const optimizer = new optim.SGD([{ params: [a], lr: 1 }, { params: b }], { lr: 0.1 });
    optimizer.addParamGroup({ params: [c], lr: 10 });
    for (const x of [a, b, c]) x.grad = tensor([1], { dtype: "float64" });
    optimizer.step();
    assert.deepEqual(
      [a, b, c].map((x) => x.item()),
      [0, 0.9, -9],
    );
    optimizer.paramGroups[1]!.lr = 1;
    optimizer.step();
    assert.ok(near(b.item(), -0.1, 1e-12));
  });

  it("hooks run before and after the changes, until removed", () => {
    const x = leaf([1]);
    const optimizer = new optim.SGD([x], { lr: 1 });
    const seen: string[] = [];
    const before = optimizer.registerStepPreHook((own) => seen.push(`before ${x.item()} ${own === optimizer}`));
    optimizer.registerStepPostHook(() => seen.push(`after ${x.item()}`));
    follow(optimizer, x, [1]);
    before.remove();
    follow(optimizer, x, [1]);
    assert.deepEqual(seen, ["before 1 true", "after 0", "after -1"]);
  });

  it("an interrupt comes before a step or after it, never in the middle", () => {
    const HOST = Symbol.for("gradbook.host");
    const globals = globalThis as { [HOST]?: unknown };
    const [a, b] = [leaf([1]), leaf([1])];
    for (const x of [a, b]) x.grad = tensor([1], { dtype: "float64" });
    const optimizer = new optim.SGD([a, b], { lr: 1 });
    for (const last of [1, 2, 3]) {
      let calls = 0;
      const before = globals[HOST];
      globals[HOST] = {
        poll: () => {
          if (++calls === last) throw new Error("Interrupted");
        },
      };
      try {
        optimizer.step();
      } catch (error) {
        assert.match(String(error), /Interrupted/);
      } finally {
        globals[HOST] = before;
      }
      assert.equal(a.item(), b.item());
    }
  });

  it("step gives the closure's loss back; zeroGrad drops gradients or sets them to 0", () => {
    const x = leaf([2]);
    const optimizer = new optim.SGD([x], { lr: 0 });
    const loss = optimizer.step(() => {
      const y = x.square().sum();
      y.backward();
      return y;
    });
    assert.deepEqual([loss.item(), x.grad!.item()], [4, 4]);
    optimizer.zeroGrad({ setToNone: false });
    assert.equal(x.grad!.item(), 0);
    optimizer.zeroGrad();
    assert.equal(x.grad, undefined);
  });

  it("AdamW shrinks the weights by exactly 1 − lr · weightDecay when gradients are 0, Adam does not", () => {
    const [a, b] = [leaf([1]), leaf([1])];
    const [w, l2] = [
      new optim.AdamW([a], { lr: 0.1, weightDecay: 0.5 }),
      new optim.Adam([b], { lr: 0.1, weightDecay: 0.5 }),
    ];
    for (let t = 0; t < 3; t++) {
      follow(w, a, [0]);
      follow(l2, b, [0]);
    }
    assert.ok(near(a.item(), 0.95 ** 3, 1e-15) && Math.abs(b.item() - 0.95 ** 3) > 0.01);
  });

  it("Reddi's online problem: Adam ends at the wrong end, AMSGrad at the right one", () => {
    const end = (make: Make): number => {
      const x = leaf([0]);
      const optimizer = new make([x], { betas: [0.9, 0.99] });
      const data = tensor([0], { dtype: "float64" });
      x.grad = data;
      for (let t = 1; t <= 1e5; t++) {
        data.fill_(t % 101 === 1 ? 1010 : -10);
        optimizer.paramGroups[0]!.lr = 0.5 / Math.sqrt(t);
        optimizer.step();
        if (Math.abs(x.item()) > 1) x.detach().clamp_({ min: -1, max: 1 });
      }
      return x.item();
    };
    assert.ok(end(optim.Adam as Make) > 0.9);
    assert.ok(end(optim.AMSGrad as Make) < -0.9);
  });

  const x = leaf([1]);
  const wrong: [string, () => unknown, RegExp][] = [
    [
      "an unknown option",
      () => new optim.Adam([x], { learningRate: 1 } as object),
      /Adam: unknown option "learningRate"\. Options: lr, betas, eps, weightDecay, amsgrad, maximize\./,
    ],
    ["a negative lr", () => new optim.SGD([x], { lr: -1 }), /SGD: lr must be a number ≥ 0, got -1/],
    [
      "betas of 1",
      () => new optim.Adam([x], { betas: [0.9, 1] }),
      /Adam: betas must be two numbers ≥ 0 and < 1, got \[0\.9, 1\]/,
    ],
    [
      "nesterov without momentum",
      () => new optim.SGD([x], { nesterov: true }),
      /nesterov needs momentum > 0 and dampening 0/,
    ],
    ["no parameters", () => new optim.SGD([]), /SGD: the list of parameters is empty/],
    [
      "a model instead of its parameters",
      () => new optim.SGD(new nn.Linear(1, 1) as never),
      /needs parameters in an array, such as model\.parameters\(\), got Linear|needs parameters in an array.*got a Linear/,
    ],
    ["a parameter twice", () => new optim.SGD([{ params: [x] }, { params: [x] }]), /is given twice/],
    ["a result", () => new optim.SGD([x.mul(2)]), /is the result of mul; only leaves/],
    [
      "an unknown option of a group",
      () => new optim.SGD([{ params: [x], LR: 1 } as never]),
      /SGD: unknown option "LR"/,
    ],
    [
      "lr changed to nonsense",
      () => {
        const o = new optim.SGD([x]);
        o.paramGroups[0]!.lr = NaN;
        o.step();
      },
      /SGD: lr must be a number ≥ 0, got NaN/,
    ],
    [
      "a gradient of another shape",
      () => {
        x.grad = tensor([1, 2]);
        new optim.SGD([x]).step();
      },
      /a gradient of shape \[2\] does not fit the parameter \[1\]/,
    ],
    [
      "a state of another shape",
      () => {
        const a = leaf([1, 2]);
        const o = new optim.Adam([a]);
        follow(o, a, [1, 1]);
        new optim.Adam([x]).loadStateDict(o.stateDict());
      },
      /Adam\.loadStateDict: exp_avg of parameter 0 has shape \[2\], the parameter \[1\]/,
    ],
    [
      "a state with other groups",
      () => new optim.Adam([x]).loadStateDict({ state: {}, param_groups: [] }),
      /0 groups for an optimizer with 1/,
    ],
  ];
  for (const [name, f, message] of wrong) it(`${name} is refused`, () => assert.throws(f, message));
});

describe("schedules", () => {
  for (const { scheduler, options, baseLr, lrs, metrics } of golden.schedulers) {
    it(`${scheduler} ${JSON.stringify(options)} follows PyTorch's rates`, () => {
      const own = new optim.SGD([leaf([0])], { lr: baseLr });
      const schedule = new schedules[scheduler]!(own, options);
      lrs.forEach((want, epoch) => {
        const got = own.paramGroups[0]!.lr;
        assert.ok(near(got, want, 1e-12), `epoch ${epoch}: ${got} is not ${want}`);
        if (epoch < lrs.length - 1) schedule.step(metrics?.[epoch]);
      });
    });
  }

  const optimizer = (): optim.Optimizer => new optim.SGD([leaf([0])], { lr: 1, momentum: 0.9 });
  const rates = (own: optim.Optimizer, schedule: { step(): void }, n: number): number[] =>
    Array.from({ length: n }, () => {
      const { lr } = own.paramGroups[0]!;
      schedule.step();
      return Math.round(lr * 1e6) / 1e6;
    });
  const S = optim.lrScheduler;
  const curves: [string, (own: optim.Optimizer) => { step(): void }, number[]][] = [
    ["positional arguments", (o) => new S.StepLR(o, 2, { gamma: 0.5 }), [1, 1, 0.5, 0.5, 0.25]],
    ["everything by name", (o) => new S.CosineAnnealingLR(o, { tMax: 2 }), [1, 0.5, 0, 0.5, 1, 0.5]],
    ["LambdaLR", (o) => new S.LambdaLR(o, (e) => 1 / (e + 1)), [1, 0.5, 0.333333, 0.25]],
    ["MultiplicativeLR", (o) => new S.MultiplicativeLR(o, (e) => e), [1, 1, 2, 6]],
    [
      "two on one optimizer combine",
      (o) => new S.ChainedScheduler([new S.ConstantLR(o, 0.1, { totalIters: 2 }), new S.ExponentialLR(o, 0.5)]),
      [0.1, 0.05, 0.25, 0.125],
    ],
    [
      "SequentialLR: warm-up, then decay from its own beginning",
      (o) => new S.SequentialLR(o, [new S.LinearLR(o, 0.5, { totalIters: 2 }), new S.ExponentialLR(o, 0.5)], [2]),
      [0.5, 0.75, 1, 0.5, 0.25],
    ],
    [
      "CyclicLR exp_range",
      (o) => new S.CyclicLR(o, 0, 1, { stepSizeUp: 2, mode: "exp_range", gamma: 0.5 }),
      [0, 0.25, 0.25, 0.0625, 0],
    ],
  ];
  for (const [name, make, want] of curves) {
    it(name, () => {
      const own = optimizer();
      assert.deepEqual(rates(own, make(own), want.length), want);
    });
  }

  it("OneCycleLR moves momentum the other way", () => {
    const own = optimizer();
    const schedule = new S.OneCycleLR(own, 1, { totalSteps: 10 });
    const momenta = Array.from({ length: 10 }, () => {
      const { momentum } = own.paramGroups[0]!;
      schedule.step();
      return Math.round((momentum as number) * 1000) / 1000;
    });
    assert.deepEqual([momenta[0], Math.min(...momenta), momenta.at(-1)], [0.95, 0.85, 0.95]);
  });

  it("go on from their stateDict", () => {
    const [a, b] = [optimizer(), optimizer()];
    const first = new S.StepLR(a, 2);
    rates(a, first, 3);
    const second = new S.StepLR(b, 2);
    second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())));
    b.loadStateDict(a.stateDict());
    assert.deepEqual(rates(b, second, 4), rates(a, first, 4));
  });

  const refused: [string, () => unknown, RegExp][] = [
    [
      "a missing argument",
      () => new S.StepLR(optimizer(), undefined as never),
      /StepLR: stepSize is missing\. Options: stepSize, gamma\./,
    ],
    ["an unknown option", () => new S.StepLR(optimizer(), 2, { gama: 1 } as never), /StepLR: unknown option "gama"/],
    ["0 epochs", () => new S.CosineAnnealingLR(optimizer(), 0), /tMax must be a whole number ≥ 1, got 0/],
    ["no optimizer", () => new S.StepLR({} as never, 1), /StepLR: needs an optimizer/],
    [
      "no momentum to cycle",
      () => new S.OneCycleLR(new optim.Adagrad([leaf([0])]), 1, { totalSteps: 3 }),
      /has no momentum to cycle\. Pass \{ cycleMomentum: false \}/,
    ],
    ["a plateau without a metric", () => new S.ReduceLROnPlateau(optimizer()).step(), /step needs the metric/],
  ];
  for (const [name, f, message] of refused) it(`${name} is refused`, () => assert.throws(f, message));

  it("every file of kernel/optim/schedules is in the index", async () => {
    const folder = new URL("../../kernel/optim/schedules/", import.meta.url);
    const listed = new Set(Object.values(S));
    for (const file of readdirSync(folder).filter(
      (name) => !["index.ts", "schedule.ts", "momentum.ts"].includes(name),
    )) {
      const module = (await import(new URL(file, folder).href)) as { [name: string]: never };
      for (const [name, value] of Object.entries(module))
        assert.ok(listed.has(value), `${file} exports ${name}, index.ts does not`);
    }
  });
});
