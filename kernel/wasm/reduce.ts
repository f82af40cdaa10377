import { defineKernel, differs, pattern, type Bench, type Exports } from "./kernel.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";
import { addLanes } from "./rows.ts";

/**
 * Sums and extremes of float32. The order of additions depends on the count only: sixteen lanes (for columns: each column
 * by itself) over blocks of at most 512 (32) elements in single precision, the blocks' sums in double.
 *
 * Rows: x[rows, count] → y[rows]. Columns: x[outer, count, inner] → y[outer, inner]. Everything lies without gaps, counts
 * are at least 1.
 */
export type ReduceExports = {
  sumRows(rows: number, count: number, x: number, y: number, divisor: number): void;
  sumColumns(outer: number, count: number, inner: number, x: number, y: number, divisor: number): void;
  maxRows(rows: number, count: number, x: number, y: number): void;
  minRows(rows: number, count: number, x: number, y: number): void;
  maxColumns(outer: number, count: number, inner: number, x: number, y: number): void;
  minColumns(outer: number, count: number, inner: number, x: number, y: number): void;
  /** The first position of the extreme, int32; NaN counts as extreme. */
  argmaxRows(rows: number, count: number, x: number, y: number): void;
  argminRows(rows: number, count: number, x: number, y: number): void;
} & Exports;

const blockRounds = 32;
const blockRows = 32;

/** x[count] → f64. */
function sumRow(module: ModuleBuilder): FunctionBuilder {
  const f = module.func("_sumRow", ["i32", "i32"], ["f64"]);
  const [count, x] = [0, 1];
  const sums = f.many(4, "v128");
  const total = f.local("f64");
  const rounds = f.local("i32");
  const clear = (): void => sums.forEach((sum) => f.zero().set(sum));
  const round = (): void => {
    sums.forEach((sum, i) =>
      f
        .get(sum)
        .get(x)
        .memory("v128.load", 16 * i)
        .op("f32x4.add")
        .set(sum),
    );
    f.advance(x, 64);
  };
  const finish = (): void => {
    const [a, b, c, d] = sums as [Local, Local, Local, Local];
    f.get(a).get(b).op("f32x4.add").get(c).get(d).op("f32x4.add").op("f32x4.add").set(a);
    addLanes(f, a, total);
  };
  f.countDown(count, 16 * blockRounds, () => {
    clear();
    f.i32(blockRounds).set(rounds);
    f.countDown(rounds, 1, round, { atLeastOnce: true });
    finish();
  });
  f.get(count).i32(4).op("i32.ge_s");
  f.if(() => {
    clear();
    f.countDown(count, 16, round);
    f.countDown(count, 4, () => {
      f.get(sums[0]!).get(x).memory("v128.load").op("f32x4.add").set(sums[0]!);
      f.advance(x, 16);
    });
    finish();
  });
  f.countDown(count, 1, () => {
    f.get(total).get(x).memory("f32.load").op("f64.promote_f32").op("f64.add").set(total);
    f.advance(x, 4);
  });
  f.get(total);
  return f;
}

function emitSumRows(module: ModuleBuilder): void {
  const row = sumRow(module);
  const f = module.func("sumRows", ["i32", "i32", "i32", "i32", "f64"]);
  const [rows, count, x, y, divisor] = [0, 1, 2, 3, 4];
  const step = f.local("i32");
  f.get(count).i32(2).op("i32.shl").set(step);
  f.countDown(rows, 1, () => {
    f.get(y).get(count).get(x).call(row).get(divisor).op("f64.div").op("f32.demote_f64").memory("f32.store");
    f.advance(y, 4).advanceBy(x, step);
  });
}

/** Calls `tile` for each width of columns, from x and y on, and moves on to the next outer place. */
function columns(
  module: ModuleBuilder,
  name: string,
  more: readonly "f64"[],
  prepare: (f: FunctionBuilder) => (width: number, at: Tile) => void,
  widths: readonly number[] = [16, 4, 1],
): void {
  const f = module.func(name, ["i32", "i32", "i32", "i32", "i32", ...more]);
  const [outer, count, inner, x, y] = [0, 1, 2, 3, 4];
  const [step, left, rest] = f.many(3, "i32") as [Local, Local, Local];
  const at: Tile = { x: f.local("i32"), rows: f.local("i32"), count, step, y };
  const tile = prepare(f);
  f.get(inner).i32(2).op("i32.shl").set(step);
  // From the end of one outer place to the beginning of the next: count − 1 rows.
  f.get(count).i32(1).op("i32.sub").get(step).op("i32.mul").set(rest);
  f.countDown(outer, 1, () => {
    f.get(inner).set(left);
    for (const width of widths) {
      f.countDown(left, width, () => {
        f.get(x).set(at.x);
        f.get(count).set(at.rows);
        tile(width, at);
        f.advance(x, 4 * width).advance(y, 4 * width);
      });
    }
    f.advanceBy(x, rest);
  });
}
interface Tile {
  /** Moves down the rows. */
  readonly x: Local;
  /** Rows left. */
  readonly rows: Local;
  readonly count: Local;
  readonly step: Local;
  readonly y: Local;
}

function emitSumColumns(module: ModuleBuilder): void {
  // Two lines of memory at a time where there are that many: rows that lie far apart are read nearly twice as fast.
  const widths = [32, 16, 4, 1];
  const sumTile = (f: FunctionBuilder): ((width: number, at: Tile) => void) => {
    const divisor = 5;
    const sums = f.many(8, "v128");
    const totals = f.many(16, "v128");
    const by = f.local("v128");
    const rounds = f.local("i32");
    f.get(divisor).op("f64x2.splat").set(by);
    return (width, { x, rows, step, y }) => {
      const vectors = Math.ceil(width / 4);
      const used = sums.slice(0, vectors);
      const add = (): void => {
        used.forEach((sum, i) => {
          f.get(sum).get(x);
          f.memory(width === 1 ? "v128.load32_zero" : "v128.load", 16 * i)
            .op("f32x4.add")
            .set(sum);
        });
        f.advanceBy(x, step);
      };
      for (const total of totals.slice(0, 2 * vectors)) f.zero().set(total);
      // Whole blocks of rows, then what is left.
      f.loop(() => {
        for (const sum of used) f.zero().set(sum);
        f.get(rows).i32(blockRows).get(rows).i32(blockRows).op("i32.lt_s").op("select").set(rounds);
        f.get(rows).get(rounds).op("i32.sub").set(rows);
        f.countDown(rounds, 1, add, { atLeastOnce: true });
        used.forEach((sum, i) => {
          const [low, high] = [totals[2 * i]!, totals[2 * i + 1]!];
          f.get(low).get(sum).op("f64x2.promote_low_f32x4").op("f64x2.add").set(low);
          f.get(high).get(sum).get(sum).shuffle([2, 3, 0, 1]).op("f64x2.promote_low_f32x4").op("f64x2.add").set(high);
        });
        f.get(rows).brIf(0);
      });
      used.forEach((_, i) => {
        f.get(y);
        for (const total of [totals[2 * i]!, totals[2 * i + 1]!])
          f.get(total).get(by).op("f64x2.div").op("f32x4.demote_f64x2_zero");
        f.shuffle([0, 1, 4, 5]);
        if (width === 1) f.laneMemory("v128.store32_lane", 0);
        else f.memory("v128.store", 16 * i);
      });
    };
  };
  columns(module, "sumColumns", ["f64"], sumTile, widths);
}

function emitExtremeColumns(module: ModuleBuilder, which: "max" | "min"): void {
  columns(module, `${which}Columns`, [], (f) => {
    const best = f.many(4, "v128");
    return (width, { x, rows, step, y }) => {
      const used = best.slice(0, Math.ceil(width / 4));
      const load = (i: number): void => void f.get(x).memory(width === 1 ? "v128.load32_splat" : "v128.load", 16 * i);
      used.forEach((b, i) => {
        load(i);
        f.set(b);
      });
      f.loop(() => {
        used.forEach((b, i) => {
          f.get(b);
          load(i);
          f.op(`f32x4.${which}`).set(b);
        });
        f.advanceBy(x, step);
        f.advance(rows, -1).get(rows).brIf(0);
      });
      used.forEach((b, i) => {
        f.get(y).get(b);
        if (width === 1) f.laneMemory("v128.store32_lane", 0);
        else f.memory("v128.store", 16 * i);
      });
    };
  });
}

/**
 * The extreme of x[count] in all four lanes; NaN if one is NaN. With pmax, which is one instruction and skips NaN, beside
 * a look for NaN: max, which knows NaN and the sign of 0, takes eight.
 */
export function extremeRow(module: ModuleBuilder, which: "max" | "min"): FunctionBuilder {
  const f = module.func(`_${which}Row`, ["i32", "i32"], ["v128"]);
  const [count, x] = [0, 1];
  const best = f.many(4, "v128") as [Local, Local, Local, Local];
  const [value, strange] = f.many(2, "v128") as [Local, Local];
  const take = (into: Local, load: () => void): void => {
    load();
    f.set(value);
    f.get(into).get(value).op(`f32x4.p${which}`).set(into);
    f.get(value).get(value).op("f32x4.ne").get(strange).op("v128.or").set(strange);
  };
  f.get(x).memory("v128.load32_splat").set(value);
  for (const into of best) f.get(value).set(into);
  f.get(value).get(value).op("f32x4.ne").set(strange);
  f.countDown(count, 16, () => {
    best.forEach((into, i) => take(into, () => void f.get(x).memory("v128.load", 16 * i)));
    f.advance(x, 64);
  });
  f.countDown(count, 4, () => {
    take(best[0], () => void f.get(x).memory("v128.load"));
    f.advance(x, 16);
  });
  f.countDown(count, 1, () => {
    take(best[0], () => void f.get(x).memory("v128.load32_splat"));
    f.advance(x, 4);
  });
  const [a, b, c, d] = best;
  const meet = (other: () => void): void => {
    f.get(a);
    other();
    f.op(`f32x4.p${which}`).set(a);
  };
  meet(() => void f.get(b));
  f.get(c).get(d).op(`f32x4.p${which}`).set(c);
  meet(() => void f.get(c));
  meet(() => void f.get(a).get(a).shuffle([2, 3, 0, 1]));
  meet(() => void f.get(a).get(a).shuffle([1, 0, 3, 2]));
  f.get(strange).op("v128.any_true");
  f.if(() => void f.f32(NaN).op("f32x4.splat").set(a));
  f.get(a);
  return f;
}

function emitExtremeRows(module: ModuleBuilder, which: "max" | "min"): void {
  const row = extremeRow(module, which);
  const [rows, count, x, y] = [0, 1, 2, 3];
  const each = (name: string, body: (f: FunctionBuilder) => () => void): void => {
    const f = module.func(name, ["i32", "i32", "i32", "i32"]);
    const step = f.local("i32");
    const run = body(f);
    f.get(count).i32(2).op("i32.shl").set(step);
    f.countDown(rows, 1, () => {
      run();
      f.advance(y, 4).advanceBy(x, step);
    });
  };
  each(`${which}Rows`, (f) => () => f.get(y).get(count).get(x).call(row).laneMemory("v128.store32_lane", 0));
  each(`arg${which}Rows`, (f) => {
    const best = f.local("v128");
    const [at, end, bits] = f.many(3, "i32") as [Local, Local, Local];
    const value = f.local("v128");
    return () => {
      f.get(count).get(x).call(row).set(best);
      f.get(x).set(at);
      f.get(x).get(count).i32(2).op("i32.shl").op("i32.add").set(end);
      // The first that equals it; where it is NaN, the first that does not equal itself. There is one, so this ends.
      const matches = (): void => {
        f.get(value).get(best).op("f32x4.eq");
        f.get(value).get(value).op("f32x4.ne").op("v128.or").op("i32x4.bitmask").set(bits);
      };
      const close = f.local("i32");
      f.get(count).i32(4).op("i32.ge_s").set(close);
      f.block(() => {
        // Four at a time, as long as four are left.
        f.block(() => {
          f.get(close).op("i32.eqz").brIf(0);
          f.loop(() => {
            f.get(at).memory("v128.load").set(value);
            matches();
            f.get(bits).brIf(2);
            f.advance(at, 16);
            f.get(at).i32(16).op("i32.add").get(end).op("i32.le_u").brIf(0);
          });
        });
        f.loop(() => {
          f.get(at).memory("v128.load32_splat").set(value);
          matches();
          f.get(bits).brIf(1);
          f.advance(at, 4).br(0);
        });
      });
      // The lowest bit: 31 − clz(bits & −bits).
      f.get(y).get(at).get(x).op("i32.sub").i32(2).op("i32.shr_u");
      f.i32(31).get(bits).i32(0).get(bits).op("i32.sub").op("i32.and").op("i32.clz").op("i32.sub");
      f.op("i32.add").memory("i32.store");
    };
  });
}

export const reduceDefinition = {
  name: "sums and extremes",
  build(module: ModuleBuilder): void {
    emitSumRows(module);
    emitSumColumns(module);
    for (const which of ["max", "min"] as const) {
      emitExtremeRows(module, which);
      emitExtremeColumns(module, which);
    }
  },
  check,
};

/** Sums and extremes, compiled at the first call. */
export const reduceKernels = defineKernel<ReduceExports>(reduceDefinition);

function check(run: ReduceExports, bench: Bench): string | undefined {
  const [outer, count, inner] = [2, 39, 53];
  const x = bench.f32(outer * count * inner, pattern);
  const y = bench.f32(outer * count * inner);
  const places = bench.i32(outer * inner * count);
  const best = (start: number, step: number, n: number, sign: number): number => {
    let at = 0;
    for (let i = 1; i < n; i++) if (sign * x.data[start + i * step]! > sign * x.data[start + at * step]!) at = i;
    return at;
  };
  const total = (start: number, step: number, n: number): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += x.data[start + i * step]!;
    return sum;
  };
  const column = (i: number): number => Math.floor(i / inner) * count * inner + (i % inner);
  const first = (n: number): Float32Array => y.data.subarray(0, n);
  const rows = outer * inner;
  const tests: (() => string | undefined)[] = [
    () => {
      run.sumRows(rows, count, x.address, y.address, 2);
      return differs(first(rows), (i) => total(i * count, 1, count) / 2);
    },
    () => {
      run.sumColumns(outer, count, inner, x.address, y.address, 2);
      return differs(first(rows), (i) => total(column(i), inner, count) / 2);
    },
    ...(["max", "min"] as const).flatMap((which) => {
      const sign = which === "max" ? 1 : -1;
      return [
        () => {
          run[`${which}Rows`](rows, count, x.address, y.address);
          return differs(first(rows), (i) => x.data[i * count + best(i * count, 1, count, sign)]!);
        },
        () => {
          run[`arg${which}Rows`](rows, count, x.address, places.address);
          return differs(places.data.subarray(0, rows), (i) => best(i * count, 1, count, sign));
        },
        () => {
          run[`${which}Columns`](outer, count, inner, x.address, y.address);
          return differs(first(rows), (i) => x.data[column(i) + inner * best(column(i), inner, count, sign)]!);
        },
      ];
    }),
  ];
  for (const test of tests) {
    const wrong = test();
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
