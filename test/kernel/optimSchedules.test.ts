import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load, optim, save, tensor, type Tensor } from "../../kernel/gradbook.ts";

const leaf = (data: number[]): Tensor => tensor(data, { dtype: "float64", requiresGrad: true });

describe("schedules", () => {
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
    ["WarmupLR: straight up to the full rate", (o) => new S.WarmupLR(o, 4), [0.25, 0.5, 0.75, 1, 1, 1]],
    ["WarmupLR in one step", (o) => new S.WarmupLR(o, 1), [1, 1]],
    [
      "WarmupLR from a share, then another schedule from its beginning",
      (o) => new S.WarmupLR(o, { warmupSteps: 2, startFactor: 0.5, after: new S.ExponentialLR(o, 0.5) }),
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

  const groups = (): optim.Optimizer =>
    new optim.SGD(
      [0, 1].map(() => ({ params: [leaf([0])] })),
      { lr: 1, momentum: 0.9 },
    );
  // torch.optim.lr_scheduler of PyTorch 1.13 with the same arguments; the last rates of the two groups.
  const perGroup: [string, (o: optim.Optimizer) => { step(metric?: number): void }, number, number[]][] = [
    ["ReduceLROnPlateau minLr", (o) => new S.ReduceLROnPlateau(o, { patience: 0, minLr: [0.05, 0.5] }), 3, [0.05, 0.5]],
    ["OneCycleLR maxLr", (o) => new S.OneCycleLR(o, [1, 10], { totalSteps: 10 }), 2, [1, 10]],
    ["CyclicLR baseLr, maxLr", (o) => new S.CyclicLR(o, [0, 1], [1, 3], { stepSizeUp: 2 }), 1, [0.5, 2]],
  ];
  for (const [name, make, steps, want] of perGroup) {
    it(`${name}: one for each group`, () => {
      const own = groups();
      const schedule = make(own);
      for (let k = 0; k < steps; k++) schedule.step(1);
      assert.deepEqual(
        own.paramGroups.map(({ lr }) => lr),
        want,
      );
    });
  }

  it("a plateau goes on from a state that went through JSON, also before its first metric", () => {
    const own = optimizer();
    const schedule = new S.ReduceLROnPlateau(own, { patience: 0 });
    schedule.loadStateDict(
      JSON.parse(JSON.stringify(new S.ReduceLROnPlateau(optimizer()).stateDict())) as object as never,
    );
    schedule.step(tensor(5));
    schedule.step(4);
    assert.equal(own.paramGroups[0]!.lr, 1);
    const second = new S.ReduceLROnPlateau(own, { patience: 0 });
    second.loadStateDict(JSON.parse(JSON.stringify(schedule.stateDict())) as object as never);
    second.step(4.5);
    assert.equal(own.paramGroups[0]!.lr, 0.1);
  });

  const resumed: [string, (own: optim.Optimizer) => optim.lrScheduler.Schedule][] = [
    ["StepLR", (o) => new S.StepLR(o, 2)],
    ["LambdaLR", (o) => new S.LambdaLR(o, (e) => 1 / (e + 1))],
    ["OneCycleLR", (o) => new S.OneCycleLR(o, 1, { totalSteps: 10 })],
    ["CosineAnnealingWarmRestarts", (o) => new S.CosineAnnealingWarmRestarts(o, 2, { tMult: 2 })],
    ["WarmupLR", (o) => new S.WarmupLR(o, 4, { after: new S.ExponentialLR(o, 0.5) })],
    ["ChainedScheduler", (o) => new S.ChainedScheduler([new S.StepLR(o, 2), new S.ExponentialLR(o, 0.5)])],
  ];
  for (const [name, make] of resumed) {
    it(`${name} goes on from its stateDict, also through a file and through JSON`, () => {
      const folder = mkdtempSync(join(tmpdir(), "gradbook-schedule-"));
      try {
        const own = optimizer();
        const schedule = make(own);
        rates(own, schedule, 3);
        const states = [schedule.stateDict(), JSON.parse(JSON.stringify(schedule.stateDict())) as object];
        save(schedule.stateDict() as never, join(folder, "state"));
        states.push(load(join(folder, "state")));
        const others = states.map((state) => {
          const other = optimizer();
          const second = make(other);
          second.loadStateDict(state as { [name: string]: unknown });
          other.loadStateDict(own.stateDict());
          return rates(other, second, 4);
        });
        const want = rates(own, schedule, 4);
        assert.deepEqual(others, [want, want, want]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  const refused: [string, () => unknown, RegExp][] = [
    [
      "a missing argument",
      () => new S.StepLR(optimizer(), undefined as never),
      /StepLR: stepSize is missing\. Options: stepSize, gamma\./,
    ],
    ["an unknown option", () => new S.StepLR(optimizer(), 2, { gama: 1 } as never), /StepLR: unknown option "gama"/],
    ["a start from 0", () => new S.LinearLR(optimizer(), 0), /LinearLR: startFactor must be > 0 and ≤ 1/],
    ["no schedule to follow", () => new S.WarmupLR(optimizer(), 2, { after: 3 as never }), /WarmupLR: after must be/],
    ["0 epochs", () => new S.CosineAnnealingLR(optimizer(), 0), /tMax must be a whole number ≥ 1, got 0/],
    ["no optimizer", () => new S.StepLR({} as never, 1), /StepLR: needs an optimizer/],
    [
      "no momentum to cycle",
      () => new S.OneCycleLR(new optim.Adagrad([leaf([0])]), 1, { totalSteps: 3 }),
      /has no momentum to cycle\. Pass \{ cycleMomentum: false \}/,
    ],
    [
      "a plateau without a metric",
      () => new S.ReduceLROnPlateau(optimizer()).step(),
      /step needs the metric.*got undefined/,
    ],
    [
      "a metric that is no number",
      () => new S.ReduceLROnPlateau(optimizer()).step("a" as never),
      /ReduceLROnPlateau: step needs the metric.*got "a"/,
    ],
    [
      "a metric of two numbers",
      () => new S.ReduceLROnPlateau(optimizer()).step(tensor([1, 2])),
      /step needs the metric, a number or a tensor with one.*got Tensor float32 \[2\]/,
    ],
    ...(["threshold", "eps", "minLr", "factor"] as const).map((name): [string, () => unknown, RegExp] => [
      `a plateau's ${name} that is no number ≥ 0`,
      () => new S.ReduceLROnPlateau(optimizer(), { [name]: name === "eps" ? "a" : -1 }),
      new RegExp(`ReduceLROnPlateau: ${name} must be a number ≥ 0, got (-1|"a")`),
    ]),
    [
      "too many bounds",
      () => new S.ReduceLROnPlateau(optimizer(), { minLr: [1, 2] }),
      /minLr must be a number, or one for each of the 1 groups, got \[1, 2\]/,
    ],
    [
      "a top that is no number",
      () => new S.OneCycleLR(groups(), [1, "a" as never], { totalSteps: 3 }),
      /maxLr\[1\] must be a number, got "a"/,
    ],
    [
      "a division by 0",
      () => new S.OneCycleLR(optimizer(), 1, { totalSteps: 3, divFactor: 0 }),
      /divFactor must be > 0, got 0/,
    ],
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
