/** Trajectories of the optimizers and curves of the schedules, as PyTorch computes them (test/golden/make.py). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { optim, SparseTensor, tensor, type Tensor } from "../../kernel/gradbook.ts";
import type { Make } from "./optimizers.ts";

type Numbers = number[] | number[][];
interface Trajectory<Gradient> {
  optimizer: string;
  options: object;
  params: Numbers;
  grads: Gradient[];
  after: { [step: string]: Numbers };
}
interface Scheduler {
  scheduler: string;
  options: { schedulers?: Scheduler[]; lr_lambda?: string; [name: string]: unknown };
}
const golden = JSON.parse(readFileSync(new URL("../golden/optim.json", import.meta.url), "utf8")) as {
  optimizers: Trajectory<Numbers>[];
  sparse: Trajectory<{ indices: number[]; values: number[][] }>[];
  schedulers: (Scheduler & { baseLr: number; lrs: number[]; metrics?: number[] })[];
};

const f64 = (data: Numbers): Tensor => tensor(data, { dtype: "float64" });
const camel = (options: object): object =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()),
      value as unknown,
    ]),
  );
const near = (got: number, want: number, relative: number): boolean =>
  Math.abs(got - want) <= relative * Math.max(Math.abs(want), 1e-6);

function follows<Gradient>(
  { optimizer, options, params, grads, after }: Trajectory<Gradient>,
  gradient: (g: Gradient, x: Tensor) => Tensor,
): void {
  const x = f64(params).requiresGrad_();
  const make = (optim as unknown as { [name: string]: Make })[optimizer]!;
  // PyTorch 1.13 had a slip in NAdam that PyTorch 2, and our default, do not have.
  const variant = optimizer === "NAdam" ? { variant: "torch-1.13" } : {};
  const own = new make([x], { ...variant, ...camel(options) });
  grads.forEach((g, t) => {
    x.grad = gradient(g, x);
    own.step();
    const got = x.toTypedArray();
    after[t + 1]?.flat().forEach((want, i) => {
      assert.ok(near(got[i]!, want, 1e-9), `step ${t + 1}, element ${i}: ${got[i]} is not ${want}`);
    });
  });
}

describe("optimizers follow PyTorch's trajectories", () => {
  for (const row of golden.optimizers) {
    it(`${row.optimizer} ${JSON.stringify(row.options)}`, () => follows(row, f64));
  }
  for (const row of golden.sparse) {
    it(`${row.optimizer} ${JSON.stringify(row.options)} with sparse gradients, rows more than once`, () =>
      follows(row, ({ indices, values }, x) =>
        SparseTensor.of(tensor(indices, { dtype: "int32" }), f64(values), x.shape),
      ));
  }
});

describe("schedules follow PyTorch's rates", () => {
  const schedules = optim.lrScheduler as unknown as {
    [name: string]: new (...args: unknown[]) => { step(metric?: number): void };
  };
  const make = (own: optim.Optimizer, { scheduler, options }: Scheduler): { step(metric?: number): void } => {
    const { schedulers, lr_lambda, ...rest } = options;
    const inner = schedulers?.map((one) => make(own, one));
    const args: unknown[] = scheduler === "ChainedScheduler" ? [] : [own];
    if (inner !== undefined) args.push(inner);
    if (lr_lambda !== undefined) args.push((epoch: number) => lambdas[lr_lambda]!(epoch));
    if (Object.keys(rest).length > 0) args.push(rest);
    return new schedules[scheduler]!(...args);
  };
  const lambdas: { [python: string]: (epoch: number) => number } = {
    "0.95 ** epoch": (epoch) => 0.95 ** epoch,
    "1 / (1 + 0.1 * epoch)": (epoch) => 1 / (1 + 0.1 * epoch),
  };
  for (const row of golden.schedulers) {
    const { scheduler, options, baseLr, lrs, metrics } = row;
    it(`${scheduler} ${JSON.stringify(options)}`, () => {
      const own = new optim.SGD([f64([0]).requiresGrad_()], { lr: baseLr, momentum: 0.9 });
      const schedule = make(own, row);
      lrs.forEach((want, epoch) => {
        const got = own.paramGroups[0]!.lr;
        assert.ok(near(got, want, 1e-12), `epoch ${epoch}: ${got} is not ${want}`);
        if (epoch < lrs.length - 1) schedule.step(metrics?.[epoch]);
      });
    });
  }
});
