/** Results from the literature that a user will want to see again, through the public classes, in float64. */
import assert from "node:assert/strict";
import { manualSeed, noGrad, optim, rand, tensor, type Tensor } from "../../kernel/gradbook.ts";

type Make = (x: Tensor) => optim.Optimizer;
const f64 = (data: number[] | number[][]): Tensor => tensor(data, { dtype: "float64" });

/**
 * One number on [−1, 1], moved by gradients that are given, and put back to the nearer end after each step.
 *
 * @param visit is given the number before each step.
 */
function online(
  make: Make,
  {
    from,
    steps,
    lr,
    gradient,
  }: { from: number; steps: number; lr: (t: number) => number; gradient: (t: number) => number },
  visit?: (t: number, x: number) => void,
): number {
  const x = f64([from]).requiresGrad_();
  const inside = x.detach();
  const optimizer = make(x);
  const g = f64([0]);
  x.grad = g;
  for (let t = 1; t <= steps; t++) {
    visit?.(t, x.item());
    g.fill_(gradient(t));
    optimizer.paramGroups[0]!.lr = lr(t);
    optimizer.step();
    if (Math.abs(x.item()) > 1) inside.clamp_({ min: -1, max: 1 });
  }
  return x.item();
}

describe("Reddi et al. 2018: 1010x in one step of 101, else −10x; the best x is −1", function () {
  this.timeout(60_000);
  const problem = {
    from: 0,
    steps: 1e5,
    lr: (t: number) => 0.5 / Math.sqrt(t),
    gradient: (t: number) => (t % 101 === 1 ? 1010 : -10),
  };
  const betas = [0.9, 0.99] as const;
  it("Adam ends at the wrong end", () => {
    assert.ok(online((x) => new optim.Adam([x], { betas }), problem) > 0.9);
  });
  for (const variant of ["torch", "paper", "keras"] as const) {
    it(`AMSGrad (${variant}) ends at the right one`, () => {
      assert.ok(online((x) => new optim.AMSGrad([x], { betas, variant }), problem) < -0.9);
    });
  }
});

describe("Reddi et al. 2018, Theorem 1: Cx in one step of 3, else −x, C = 4", function () {
  this.timeout(60_000);
  const C = 4;
  const betas = [0, 1 / (1 + C ** 2)] as const;
  // α < √(1 − β₂), as the theorem wants.
  const problem = {
    from: 1,
    steps: 3e4,
    lr: (t: number) => (0.9 * Math.sqrt(1 - betas[1])) / Math.sqrt(t),
    gradient: (t: number) => (t % 3 === 1 ? C : -1),
  };

  /** Adam without correction and without ε, as the theorem has it: the same rule as a user would write it. */
  class PlainAdam extends optim.Optimizer<{ lr: number; b2: number }> {
    constructor(params: Tensor[], options: { b2: number }) {
      super(params, options, { lr: 1, b2: 0 });
    }
    override rule(): optim.Rule {
      return ["v = b2 * v + (1 - b2) * g * g", "w = w - lr * g / sqrt(v)"];
    }
    override update(
      w: Tensor,
      g: Tensor,
      state: optim.ParamState,
      group: optim.ParamGroup<{ lr: number; b2: number }>,
    ): void {
      const { lr, b2 } = group;
      optim.rule.run(this.rule(), { w, g, v: optim.rule.slot(state, "v", w) }, { lr, b2 });
    }
  }

  it("Adam stands at x = 1, the worst place, at the beginning of every cycle", () => {
    const starts: number[] = [];
    online(
      (x) => new PlainAdam([x], { b2: betas[1] }),
      problem,
      (t, x) => {
        if (t % 3 === 1) starts.push(x);
      },
    );
    assert.equal(starts.length, 1e4);
    assert.deepEqual([...new Set(starts)], [1]);
  });
  it("AMSGrad, as the paper has it, goes to −1", () => {
    assert.ok(online((x) => new optim.AMSGrad([x], { betas, variant: "paper" }), problem) < -0.9);
  });
});

describe("Wilson et al. 2017, §3.3: least squares that every optimizer solves, and only some understand", function () {
  this.timeout(60_000);
  const n = 200;
  // Labels ±1, more often +1. Feature 0 is the label; 1 and 2 are always 1; then one feature of its own for a positive
  // example and five for a negative one, so that no two examples share them.
  manualSeed(0);
  const labels = Array.from(rand(n).toTypedArray(), (u) => (u < 0.65 ? 1 : -1));
  const width = 3 + labels.reduce((sum, y) => sum + (y > 0 ? 1 : 5), 0);
  const rows: number[][] = [];
  let at = 3;
  for (const y of labels) {
    const row = Array<number>(width).fill(0);
    row.splice(0, 3, y, 1, 1);
    for (const end = at + (y > 0 ? 1 : 5); at < end; at++) row[at] = 1;
    rows.push(row);
  }
  const [examples, wanted] = [f64(rows), f64(labels)];
  const negatives = labels.filter((y) => y < 0).length / n;

  /** The first weights and the training loss after 3,000 steps of the whole batch, and the error on examples never seen. */
  const solve = (make: Make): { weights: number[]; loss: number; testError: number } => {
    const w = f64(Array<number>(width).fill(0)).requiresGrad_();
    const optimizer = make(w);
    const gram = examples.t().matmul(examples);
    const right = examples.t().matmul(wanted);
    // ∇ ½‖Xw − y‖² = XᵀX w − Xᵀy: the products are made once, so that the test takes seconds.
    for (let step = 0; step < 3000; step++) {
      w.grad = noGrad(() => gram.matmul(w).sub(right));
      optimizer.step();
    }
    const weights = [...w.toTypedArray()].slice(0, 3);
    const loss = noGrad(() => examples.matmul(w).sub(wanted).square().sum().item());
    // A new example has features of its own, whose weights are still 0: only the first three count.
    const called = (y: number): number => Math.sign(weights[0]! * y + weights[1]! + weights[2]!);
    const testError = labels.filter((y) => called(y) !== y).length / n;
    return { weights, loss, testError };
  };

  const understands: [string, Make][] = [
    ["SGD", (w) => new optim.SGD([w], { lr: 2e-3 })],
    ["heavy ball", (w) => new optim.SGD([w], { lr: 5e-4, momentum: 0.9 })],
  ];
  for (const [name, make] of understands) {
    it(`${name}: no error on new examples`, () => {
      const { weights, testError } = solve(make);
      assert.ok(weights[0]! > 0.9 && Math.abs(weights[1]!) < 0.05, weights.join(", "));
      assert.equal(testError, 0);
    });
  }
  const fooled: [string, Make][] = [
    ["AdaGrad", (w) => new optim.Adagrad([w], { lr: 0.1 })],
    ["RMSprop", (w) => new optim.RMSprop([w], { lr: 1e-3 })],
    ["Adam", (w) => new optim.Adam([w], { lr: 1e-3 })],
    ["AMSGrad", (w) => new optim.AMSGrad([w], { lr: 1e-3 })],
  ];
  for (const [name, make] of fooled) {
    it(`${name}: solves the training set and calls every new example positive`, () => {
      const { weights, loss, testError } = solve(make);
      assert.ok(loss < 1e-3, `${loss}`);
      // RMSprop with a fixed rate does not come to rest.
      for (const weight of weights) assert.ok(Math.abs(weight - 0.25) < 2e-3, weights.join(", "));
      assert.ok(testError === negatives && negatives > 0.25, `${testError}`);
    });
  }
});
