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
      const own = new make([x], camel(options));
      grads.forEach((gradient, t) => {
        const got = follow(own, x, gradient);
        after[t + 1]?.forEach((want, i) => {
          assert.ok(near(got[i]!, want, 1e-9), `step ${t + 1}, element ${i}: ${got[i]} is not ${want}`);
        });
      });
    });
  }
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
});
