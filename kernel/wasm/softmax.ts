import { defineKernel, differs, pattern, type Bench, type Exports } from "./kernel.ts";
import { fadingExp, unaryFunctions } from "./math.ts";
import type { ModuleBuilder } from "./module.ts";
import { extremeRow } from "./reduce.ts";
import { eachRow, rowPass, splatOf, vectorFunction } from "./rows.ts";

/** Softmax and its kin over rows [rows, count] that lie without gaps; count at least 1. Addresses in bytes. */
export type SoftmaxExports = {
  softmax(rows: number, count: number, x: number, y: number): void;
  logSoftmax(rows: number, count: number, x: number, y: number): void;
  /** dx = y (g − Σ g y), from the result y. */
  softmaxBackward(rows: number, count: number, y: number, g: number, dx: number): void;
  /** dx = g − eʸ Σ g, from the result y. */
  logSoftmaxBackward(rows: number, count: number, y: number, g: number, dx: number): void;
  /**
   * loss[r] = ln Σ eˣ − x[target], and what the gradient needs: state[r] = largest x, 1 / Σ e^(x − largest). Targets are
   * int32 and within the row; where one is `ignore` the loss is 0.
   */
  crossEntropy(
    rows: number,
    count: number,
    x: number,
    target: number,
    ignore: number,
    loss: number,
    state: number,
  ): void;
  /** dx = (softmax(x) − onehot(target)) · g · scale, g moving by gStep bytes a row; rows that are ignored are not written. */
  crossEntropyBackward(
    rows: number,
    count: number,
    x: number,
    target: number,
    ignore: number,
    state: number,
    g: number,
    gStep: number,
    scale: number,
    dx: number,
  ): void;
} & Exports;

function buildSoftmax(module: ModuleBuilder): void {
  const exp = fadingExp;
  const largest = extremeRow(module, "max");
  const exponentials = rowPass(module, "_exponentials", {
    inputs: 1,
    fixed: 1,
    compute(g, [x], [max]) {
      const store = exp(g, g.sub(x!, max!));
      return { store, sums: [store] };
    },
  });
  const exponentialSum = rowPass(module, "_exponentialSum", {
    inputs: 1,
    fixed: 1,
    compute: (g, [x], [max]) => ({ sums: [exp(g, g.sub(x!, max!))] }),
  });
  const scale = rowPass(module, "_scale", {
    inputs: 1,
    fixed: 1,
    compute: (g, [x], [by]) => ({ store: g.mul(x!, by!) }),
  });
  const shift = rowPass(module, "_shift", {
    inputs: 1,
    fixed: 2,
    compute: (g, [x], [max, by]) => ({ store: g.sub(g.sub(x!, max!), by!) }),
  });
  const dot = rowPass(module, "_dot", { inputs: 2, fixed: 0, compute: (g, [a, b]) => ({ sums: [g.mul(a!, b!)] }) });
  const sum = rowPass(module, "_sum", { inputs: 1, fixed: 0, compute: (_, [x]) => ({ sums: [x!] }) });
  const weighted = rowPass(module, "_weighted", {
    inputs: 2,
    fixed: 1,
    compute: (g, [y, gradient], [s]) => ({ store: g.mul(y!, g.sub(gradient!, s!)) }),
  });
  const lessExponential = rowPass(module, "_lessExponential", {
    inputs: 2,
    fixed: 1,
    compute: (g, [y, gradient], [s]) => ({ store: g.nmadd(exp(g, y!), s!, gradient!) }),
  });
  const scaledExponential = rowPass(module, "_scaledExponential", {
    inputs: 1,
    fixed: 2,
    compute: (g, [x], [max, by]) => ({ store: g.mul(exp(g, g.sub(x!, max!)), by!) }),
  });
  // ln of four equal numbers, by the same formula as everywhere.
  const logarithm = vectorFunction(module, "_logarithm", unaryFunctions["log"]!);

  const [x, y] = [2, 3];
  const four = ["i32", "i32", "i32", "i32"] as const;
  eachRow(module, "softmax", four, [x, y], (f) => {
    const max = f.local("v128");
    const total = f.local("f64");
    return () => {
      f.get(1).get(x).call(largest).set(max);
      f.get(1).get(y).get(x).get(max).call(exponentials).set(total);
      f.get(1).get(y).get(y);
      splatOf(f.f64(1).get(total).op("f64.div")).call(scale);
    };
  });
  eachRow(module, "logSoftmax", four, [x, y], (f) => {
    const max = f.local("v128");
    return () => {
      f.get(1).get(x).call(largest).set(max);
      f.get(1).get(y).get(x).get(max);
      f.get(1).get(x).get(max).call(exponentialSum);
      splatOf(f).call(logarithm).call(shift);
    };
  });
  const five = [...four, "i32"] as const;
  eachRow(module, "softmaxBackward", five, [2, 3, 4], (f) => () => {
    f.get(1).get(4).get(2).get(3);
    f.get(1).get(2).get(3).call(dot);
    splatOf(f).call(weighted);
  });
  eachRow(module, "logSoftmaxBackward", five, [2, 3, 4], (f) => () => {
    f.get(1).get(4).get(2).get(3);
    f.get(1).get(3).call(sum);
    splatOf(f).call(lessExponential);
  });

  const seven = [...five, "i32", "i32"] as const;
  eachRow(
    module,
    "crossEntropy",
    seven,
    [2],
    (f) => {
      const [target, ignore, loss, state] = [3, 4, 5, 6];
      const max = f.local("v128");
      const total = f.local("f64");
      const at = f.local("i32");
      return () => {
        f.get(1).get(2).call(largest).set(max);
        f.get(1).get(2).get(max).call(exponentialSum).set(total);
        f.get(state).get(max).lane("f32x4.extract_lane", 0).memory("f32.store");
        f.get(state).f64(1).get(total).op("f64.div").op("f32.demote_f64").memory("f32.store", 4);
        f.get(target).memory("i32.load").tee(at).get(ignore).op("i32.eq");
        f.if(
          () => void f.get(loss).f32(0).memory("f32.store"),
          () => {
            f.get(loss);
            splatOf(f.get(total)).call(logarithm).lane("f32x4.extract_lane", 0);
            f.get(2).get(at).i32(2).op("i32.shl").op("i32.add").memory("f32.load");
            f.get(max).lane("f32x4.extract_lane", 0).op("f32.sub").op("f32.sub").memory("f32.store");
          },
        );
      };
    },
    [
      [3, 4],
      [5, 4],
      [6, 8],
    ],
  );
  eachRow(
    module,
    "crossEntropyBackward",
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "f32", "i32"],
    [2, 9],
    (f) => {
      const [target, ignore, state, g, factor, dx] = [3, 4, 5, 6, 8, 9];
      const at = f.local("i32");
      const gradient = f.local("f32");
      return () => {
        f.get(target).memory("i32.load").tee(at).get(ignore).op("i32.ne");
        f.if(() => {
          f.get(g).memory("f32.load").get(factor).op("f32.mul").set(gradient);
          f.get(1).get(dx).get(2).get(state).memory("v128.load32_splat");
          f.get(state).memory("f32.load", 4).get(gradient).op("f32.mul").op("f32x4.splat").call(scaledExponential);
          f.get(dx).get(at).i32(2).op("i32.shl").op("i32.add").tee(at);
          f.get(at).memory("f32.load").get(gradient).op("f32.sub").memory("f32.store");
        });
      };
    },
    [
      [3, 4],
      [5, 8],
      [6, { local: 7 }],
    ],
  );
}

export const softmaxDefinition = { name: "softmax and cross entropy", build: buildSoftmax, check };
/** Softmax and its kin, compiled at the first call. */
export const softmaxKernels = defineKernel<SoftmaxExports>(softmaxDefinition);

/** In JavaScript: what a row's kernels should give. */
export function softmaxOf(row: ArrayLike<number>): { softmax: number[]; log: number[]; max: number; sum: number } {
  const x = Array.from(row);
  const max = x.reduce((a, b) => Math.max(a, b), -Infinity);
  const sum = x.reduce((total, v) => total + Math.exp(v - max), 0);
  return { softmax: x.map((v) => Math.exp(v - max) / sum), log: x.map((v) => v - max - Math.log(sum)), max, sum };
}

function check(run: SoftmaxExports, bench: Bench): string | undefined {
  const [rows, count] = [3, 15];
  const size = rows * count;
  const x = bench.f32(size, (i) => 5 * pattern(i) + 40 * (i % 2));
  const gradient = bench.f32(size, (i) => pattern(i + 50));
  const y = bench.f32(size);
  const dx = bench.f32(size);
  const target = bench.i32(rows, (r) => (r === 1 ? -100 : 3 * r));
  const [loss, state] = [bench.f32(rows), bench.f32(2 * rows)];
  const line = (data: Float32Array, r: number): Float32Array => data.subarray(r * count, (r + 1) * count);
  const wanted = Array.from({ length: rows }, (_, r) => softmaxOf(line(x.data, r)));
  const row = (i: number): number => Math.floor(i / count);
  const sumOf = (f: (i: number) => number): number[] =>
    wanted.map((_, r) => Array.from({ length: count }, (_, i) => f(r * count + i)).reduce((a, b) => a + b));
  run.softmax(rows, count, x.address, y.address);
  run.softmaxBackward(rows, count, y.address, gradient.address, dx.address);
  const dots = sumOf((i) => gradient.data[i]! * y.data[i]!);
  const soft =
    differs(y.data, (i) => wanted[row(i)]!.softmax[i % count]!) ??
    differs(dx.data, (i) => y.data[i]! * (gradient.data[i]! - dots[row(i)]!));
  if (soft !== undefined) return `softmax: ${soft}`;
  run.logSoftmax(rows, count, x.address, y.address);
  run.logSoftmaxBackward(rows, count, y.address, gradient.address, dx.address);
  const sums = sumOf((i) => gradient.data[i]!);
  const logarithmic =
    differs(y.data, (i) => wanted[row(i)]!.log[i % count]!) ??
    differs(dx.data, (i) => gradient.data[i]! - Math.exp(y.data[i]!) * sums[row(i)]!);
  if (logarithmic !== undefined) return `logSoftmax: ${logarithmic}`;
  dx.data.fill(7);
  run.crossEntropy(rows, count, x.address, target.address, -100, loss.address, state.address);
  run.crossEntropyBackward(
    rows,
    count,
    x.address,
    target.address,
    -100,
    state.address,
    gradient.address,
    4,
    0.5,
    dx.address,
  );
  const entropy =
    differs(loss.data, (r) => (r === 1 ? 0 : -wanted[r]!.log[3 * r]!)) ??
    differs(dx.data, (i) => {
      const r = row(i);
      const hit = i % count === target.data[r] ? 1 : 0;
      return r === 1 ? 7 : (wanted[r]!.softmax[i % count]! - hit) * gradient.data[r]! * 0.5;
    });
  return entropy === undefined ? undefined : `crossEntropy: ${entropy}`;
}
