import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { nn, optim, tensor, type Tensor } from "../../kernel/gradbook.ts";
import { column, gradientFor, optimizers } from "./optimizers.ts";

const leaf = (data: number[]): Tensor => tensor(data, { dtype: "float64", requiresGrad: true });
function follow(optimizer: optim.Optimizer, x: Tensor, gradient: number[]): number[] {
  x.grad = tensor(gradient, { dtype: "float64" });
  optimizer.step();
  return [...x.toTypedArray()];
}
const near = (got: number, want: number, relative: number): boolean =>
  Math.abs(got - want) <= relative * Math.max(Math.abs(want), 1e-6);

describe("optimizers", () => {
  it("NAdam by default follows the paper: μ₁ once in the first step", () => {
    const x = leaf([0]);
    follow(new optim.NAdam([x], { lr: 1, eps: 0 }), x, [2]);
    const [mu1, mu2] = [1, 2].map((t) => 0.9 * (1 - 0.5 * 0.96 ** (t * 4e-3))) as [number, number];
    assert.ok(near(x.item(), -(1 + (mu2 / (1 - mu1 * mu2)) * 0.1), 1e-12));
  });

  for (const [file, entry] of Object.entries(optimizers)) {
    const { make, options, state, oneRate } = entry;
    const undecayed = entry.noDecay ? {} : { weightDecay: 0 };
    const start = [1, -2, 0.5];
    const gradients = [
      [0.3, -1, 0],
      [-2, 0.1, 0],
      [0.4, 0.4, 0],
      [1, -3, 0],
    ];
    const fresh = (own: object = {}): { x: Tensor; optimizer: optim.Optimizer } => {
      const x = column(start);
      return { x, optimizer: new make([x], { ...options, ...own }) };
    };
    const follow = (optimizer: optim.Optimizer, x: Tensor, gradient: number[]): number[] => {
      x.grad = gradientFor(entry, gradient);
      optimizer.step();
      return [...x.toTypedArray()];
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
      const { x, optimizer } = fresh({ lr: entry.lr ?? 0.05, ...undecayed });
      for (let step = 0; step < 1500; step++) {
        optimizer.step(() => {
          optimizer.zeroGrad();
          x.sub(3).square().sum().backward();
          x.grad = gradientFor(entry, [...x.grad!.toTypedArray()]);
        });
      }
      for (const value of x.toTypedArray()) assert.ok(Math.abs(value - 3) < 0.2, `${value} is not near 3`);
    });

    it(`${file}: an element that never had a gradient stays, and has no effective learning rate`, () => {
      const { x, optimizer } = fresh(undecayed);
      assert.ok(oneRate === "always" || Number.isNaN(optimizer.effectiveLearningRate(x)));
      gradients.forEach((g) => follow(optimizer, x, g));
      assert.equal(x.toTypedArray()[2], 0.5);
      const rate = optimizer.effectiveLearningRate(x);
      if (typeof rate === "number") assert.ok(rate > 0 && oneRate !== undefined);
      else assert.deepEqual(rate.isnan().toArray(), [[false], [false], [true]]);
    });

    it(`${file}: in float32 the same formula gives the same steps as in float64, to rounding`, () => {
      const [x, y] = [column(start), column(start, "float32")];
      const [exact, rounded] = [new make([x], { ...options, lr: 0.01 }), new make([y], { ...options, lr: 0.01 })];
      for (let step = 0; step < 40; step++) {
        const g = gradients[step % 4]!.map((value) => Math.fround(value * (1 + step / 10)));
        x.grad = gradientFor(entry, g);
        y.grad = gradientFor(entry, g, "float32");
        exact.step();
        rounded.step();
      }
      y.toTypedArray().forEach((got, i) => {
        const want = x.toTypedArray()[i]!;
        assert.ok(Math.abs(got - want) < 4e-6 * Math.max(1, Math.abs(want)), `${got} is not ${want}`);
      });
    });

    it(`${file}: shows the rule that it runs`, () => {
      const { optimizer } = fresh();
      const rule = optimizer.formula();
      assert.match(rule, /^w = .*/m);
      assert.ok(String(optimizer).includes(rule.split("\n").at(-1)!));
      assert.match((make as unknown as typeof optim.Adam).formula, /\bw = /);
    });

    it(`${file}: float32 parameters stay float32, and maximize climbs as far as it falls`, () => {
      const x = column(start, "float32");
      const y = column(start, "float32");
      const [down, up] = [
        new make([x], { ...options, ...undecayed }),
        new make([y], { ...options, ...undecayed, maximize: true }),
      ];
      for (const g of gradients) {
        x.grad = gradientFor(entry, g, "float32");
        y.grad = gradientFor(
          entry,
          g.map((value) => -value),
          "float32",
        );
        down.step();
        up.step();
      }
      assert.equal(x.dtype, "float32");
      assert.deepEqual(x.toArray(), y.toArray());
    });
  }

  it("every file of kernel/optim is in the table and in the index", () => {
    const files = readdirSync(new URL("../../kernel/optim", import.meta.url)).filter((file) => file.endsWith(".ts"));
    const rest = ["index.ts", "optimizer.ts", "rows.ts", "rule.ts", "variable.ts"];
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
      () => (x.grad = tensor([1, 2])),
      /the gradient of this tensor must be a tensor float64 \[1\], got Tensor float32 \[2\]/,
    ],
    [
      "a step by a number",
      () => new optim.SGD([x]).step(5 as never),
      /SGD\.step: needs a function .* or nothing, got 5/,
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
