import { defineKernel, differs, pattern, type Bench, type Exports } from "./kernel.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";
import { eachRow, rowPass, splatOf } from "./rows.ts";

/**
 * Standardising: rows [rows, count] with weight and bias [count], or channels x[outer, channels, count]. Everything lies
 * without gaps. A row's state is its mean and 1 / √(variance + eps).
 */
export type NormalizeExports = {
  /** y = (x − mean) / √(variance + eps) · weight + bias. */
  forward(
    rows: number,
    count: number,
    x: number,
    weight: number,
    bias: number,
    y: number,
    state: number,
    eps: number,
  ): void;
  /** The gradient by x, from that by y. */
  backward(rows: number, count: number, x: number, weight: number, g: number, state: number, dx: number): void;
  /** t = g (x − mean) / √(variance + eps): summed over the rows, the gradient by the weight. */
  weighted(rows: number, count: number, x: number, g: number, state: number, t: number): void;
  /** Σ (x − mean of the channel)² of each row of a channel → y[outer, channels]. */
  squares(outer: number, channels: number, count: number, x: number, mean: number, y: number): void;
  /** Σ g and Σ g (x − mean of the channel), likewise. */
  products(
    outer: number,
    channels: number,
    count: number,
    x: number,
    g: number,
    mean: number,
    sums: number,
    products: number,
  ): void;
} & Exports;

function buildNormalize(module: ModuleBuilder): void {
  const total = rowPass(module, "_total", { inputs: 1, fixed: 0, compute: (_, [x]) => ({ sums: [x!] }) });
  const squared = rowPass(module, "_squared", {
    inputs: 1,
    fixed: 1,
    compute(g, [x], [mean]) {
      const d = g.sub(x!, mean!);
      return { sums: [g.mul(d, d)] };
    },
  });
  const scaled = rowPass(module, "_scaled", {
    inputs: 3,
    fixed: 2,
    compute: (g, [x, w, b], [mean, r]) => ({ store: g.madd(g.mul(g.sub(x!, mean!), r!), w!, b!) }),
  });
  const both = rowPass(module, "_both", {
    inputs: 3,
    fixed: 2,
    compute(g, [x, w, dy], [mean, r]) {
      const gw = g.mul(dy!, w!);
      return { sums: [gw, g.mul(gw, g.mul(g.sub(x!, mean!), r!))] };
    },
  });
  const gradient = rowPass(module, "_gradient", {
    inputs: 3,
    fixed: 4,
    // r (g w − mean of it − x̂ · mean of g w x̂)
    compute(g, [x, w, dy], [mean, r, a, b]) {
      const hat = g.mul(g.sub(x!, mean!), r!);
      return { store: g.mul(r!, g.nmadd(hat, b!, g.sub(g.mul(dy!, w!), a!))) };
    },
  });
  const term = rowPass(module, "_term", {
    inputs: 2,
    fixed: 2,
    compute: (g, [x, dy], [mean, r]) => ({ store: g.mul(dy!, g.mul(g.sub(x!, mean!), r!)) }),
  });
  const moments = rowPass(module, "_moments", {
    inputs: 2,
    fixed: 1,
    compute: (g, [x, dy], [mean]) => ({ sums: [dy!, g.mul(dy!, g.sub(x!, mean!))] }),
  });

  const count = 1;
  /** An f64 on the stack, over the count. */
  const averaged = (f: FunctionBuilder): FunctionBuilder => f.get(count).op("f64.convert_i32_s").op("f64.div");
  const stateOf = (f: FunctionBuilder, state: Local): void =>
    void f.get(state).memory("v128.load32_splat").get(state).memory("v128.load32_splat", 4);

  eachRow(
    module,
    "forward",
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "f64"],
    [2, 5],
    (f) => {
      const [x, w, b, y, state, eps] = [2, 3, 4, 5, 6, 7];
      const mean = f.local("v128");
      const variance = f.local("f64");
      return () => {
        splatOf(averaged(f.get(count).get(x).call(total))).set(mean);
        averaged(f.get(count).get(x).get(mean).call(squared)).set(variance);
        f.get(state).get(mean).lane("f32x4.extract_lane", 0).memory("f32.store");
        f.get(state).f64(1).get(variance).get(eps).op("f64.add").op("f64.sqrt").op("f64.div");
        f.op("f32.demote_f64").memory("f32.store", 4);
        f.get(count).get(y).get(x).get(w).get(b);
        stateOf(f, state);
        f.call(scaled);
      };
    },
    [[6, 8]],
  );
  eachRow(
    module,
    "backward",
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    [2, 4, 6],
    (f) => {
      const [x, w, g, state, dx] = [2, 3, 4, 5, 6];
      const [a, b] = f.many(2, "v128") as [Local, Local];
      const product = f.local("f64");
      return () => {
        f.get(count).get(x).get(w).get(g);
        stateOf(f, state);
        f.call(both).set(product);
        splatOf(averaged(f)).set(a);
        splatOf(averaged(f.get(product))).set(b);
        f.get(count).get(dx).get(x).get(w).get(g);
        stateOf(f, state);
        f.get(a).get(b).call(gradient);
      };
    },
    [[5, 8]],
  );
  eachRow(
    module,
    "weighted",
    ["i32", "i32", "i32", "i32", "i32", "i32"],
    [2, 3, 5],
    (f) => () => {
      f.get(count).get(5).get(2).get(3);
      stateOf(f, 4);
      f.call(term);
    },
    [[4, 8]],
  );
  eachChannel(
    module,
    "squares",
    ["i32", "i32", "i32"],
    [3],
    [5],
    (f, mean) => {
      f.get(5).get(2).get(3).get(mean).memory("v128.load32_splat").call(squared);
      f.op("f32.demote_f64").memory("f32.store");
    },
    4,
  );
  eachChannel(
    module,
    "products",
    ["i32", "i32", "i32", "i32", "i32"],
    [3, 4],
    [6, 7],
    (f, mean) => {
      const [sum, product] = f.many(2, "f64") as [Local, Local];
      f.get(2).get(3).get(4).get(mean).memory("v128.load32_splat").call(moments).set(product).set(sum);
      f.get(6).get(sum).op("f32.demote_f64").memory("f32.store");
      f.get(7).get(product).op("f32.demote_f64").memory("f32.store");
    },
    5,
  );
}

/** A function over (outer, channels, count, …): the body runs for each row, with a pointer to the channel's mean. */
function eachChannel(
  module: ModuleBuilder,
  name: string,
  params: readonly "i32"[],
  arrays: readonly Local[],
  results: readonly Local[],
  body: (f: FunctionBuilder, mean: Local) => void,
  means: Local,
): void {
  const f = module.func(name, ["i32", "i32", "i32", ...params]);
  const [outer, channels, count] = [0, 1, 2];
  const [left, step, mean] = f.many(3, "i32") as [Local, Local, Local];
  f.get(count).i32(2).op("i32.shl").set(step);
  f.countDown(outer, 1, () => {
    f.get(channels).set(left).get(means).set(mean);
    f.countDown(left, 1, () => {
      body(f, mean);
      for (const array of arrays) f.advanceBy(array, step);
      for (const result of results) f.advance(result, 4);
      f.advance(mean, 4);
    });
  });
}

export const normalizeDefinition = { name: "standardising", build: buildNormalize, check };
/** Layer and batch normalisation, compiled at the first call. */
export const normalizeKernels = defineKernel<NormalizeExports>(normalizeDefinition);

function check(run: NormalizeExports, bench: Bench): string | undefined {
  const [rows, count, eps] = [4, 15, 1e-3];
  const size = rows * count;
  const x = bench.f32(size, (i) => 3 * pattern(i) + 2);
  const g = bench.f32(size, (i) => pattern(i + 40));
  const [w, b] = [bench.f32(count, (i) => 1 + pattern(i)), bench.f32(count, pattern)];
  const [y, dx, state] = [bench.f32(size), bench.f32(size), bench.f32(2 * rows)];
  const all = [...Array(count).keys()];
  const sum = (f: (j: number) => number): number => all.reduce((total, j) => total + f(j), 0);
  const rowsOf = Array.from({ length: rows }, (_, r) => {
    const mean = sum((j) => x.data[r * count + j]!) / count;
    const root = 1 / Math.sqrt(sum((j) => (x.data[r * count + j]! - mean) ** 2) / count + eps);
    const hat = (j: number): number => (x.data[r * count + j]! - mean) * root;
    const gw = (j: number): number => g.data[r * count + j]! * w.data[j]!;
    return { root, hat, gw, a: sum(gw) / count, b: sum((j) => gw(j) * hat(j)) / count };
  });
  const row = (i: number): (typeof rowsOf)[number] => rowsOf[Math.floor(i / count)]!;
  run.forward(rows, count, x.address, w.address, b.address, y.address, state.address, eps);
  run.backward(rows, count, x.address, w.address, g.address, state.address, dx.address);
  const wrong =
    differs(y.data, (i) => row(i).hat(i % count) * w.data[i % count]! + b.data[i % count]!) ??
    differs(dx.data, (i) => row(i).root * (row(i).gw(i % count) - row(i).a - row(i).hat(i % count) * row(i).b));
  if (wrong !== undefined) return wrong;
  run.weighted(rows, count, x.address, g.address, state.address, y.address);
  const terms = differs(y.data, (i) => g.data[i]! * row(i).hat(i % count));
  if (terms !== undefined) return terms;

  // Two places of two channels.
  const mean = bench.f32(2, (c) => c - 0.25);
  const [first, second] = [bench.f32(rows), bench.f32(rows)];
  const off = (r: number, j: number): number => x.data[r * count + j]! - mean.data[r % 2]!;
  run.squares(2, 2, count, x.address, mean.address, first.address);
  const squares = differs(first.data, (r) => sum((j) => off(r, j) ** 2));
  if (squares !== undefined) return squares;
  run.products(2, 2, count, x.address, g.address, mean.address, first.address, second.address);
  return (
    differs(first.data, (r) => sum((j) => g.data[r * count + j]!)) ??
    differs(second.data, (r) => sum((j) => g.data[r * count + j]! * off(r, j)))
  );
}
