import { defineKernel, pattern, type Bench, type Exports } from "./kernel.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";

/** Copies of elements of four bytes, float32 or int32. Addresses and steps are in bytes; counts may be 0. */
export type CopyExports = {
  /** y[i] = the pattern of bits. */
  fill(count: number, y: number, bits: number): void;
  /** Rows of `count` neighbours. */
  copy(rows: number, count: number, x: number, xRow: number, y: number, yRow: number): void;
  /** Rows of `count` elements that lie `xStep` apart, next to each other in y. */
  gather(rows: number, count: number, x: number, xRow: number, xStep: number, y: number, yRow: number): void;
  /** y[i, j] = x[j, i] for i < m, j < n: the rows of x lie `xRow` apart, those of y `yRow`. */
  transpose(m: number, n: number, x: number, xRow: number, y: number, yRow: number): void;
  /** Row index[k] (int32) of x becomes row k of y; rows of `count` elements without gaps. */
  selectRows(rows: number, count: number, index: number, x: number, y: number): void;
  /** Row k of x, floats, is added to row index[k] of y, in order. */
  addRows(rows: number, count: number, index: number, x: number, y: number): void;
} & Exports;

/** Moves `count` elements on by `body`, which gets the number of vectors (0: one element). */
function along(f: FunctionBuilder, count: Local, pointers: readonly Local[], body: (vectors: number) => void): void {
  for (const vectors of [4, 1, 0]) {
    f.countDown(count, vectors === 0 ? 1 : 4 * vectors, () => {
      body(vectors);
      for (const pointer of pointers) f.advance(pointer, vectors === 0 ? 4 : 16 * vectors);
    });
  }
}

/** A function that copies a run: (count, x, y). */
function run(module: ModuleBuilder): FunctionBuilder {
  const f = module.func("_run", ["i32", "i32", "i32"]);
  const [count, x, y] = [0, 1, 2];
  const vectors = f.many(4, "v128");
  along(f, count, [x, y], (n) => {
    if (n === 0) {
      f.get(y).get(x).memory("i32.load").memory("i32.store");
      return;
    }
    for (let i = 0; i < n; i++)
      f.get(x)
        .memory("v128.load", 16 * i)
        .set(vectors[i]!);
    for (let i = 0; i < n; i++)
      f.get(y)
        .get(vectors[i]!)
        .memory("v128.store", 16 * i);
  });
  return f;
}

/** A function that adds a run of floats: (count, x, y). */
function addRun(module: ModuleBuilder): FunctionBuilder {
  const f = module.func("_addRun", ["i32", "i32", "i32"]);
  const [count, x, y] = [0, 1, 2];
  along(f, count, [x, y], (n) => {
    if (n === 0) {
      f.get(y).get(y).memory("f32.load").get(x).memory("f32.load").op("f32.add").memory("f32.store");
      return;
    }
    for (let i = 0; i < n; i++) {
      f.get(y)
        .get(y)
        .memory("v128.load", 16 * i);
      f.get(x)
        .memory("v128.load", 16 * i)
        .op("f32x4.add");
      f.memory("v128.store", 16 * i);
    }
  });
  return f;
}

function emitTranspose(module: ModuleBuilder): void {
  const f = module.func("transpose", ["i32", "i32", "i32", "i32", "i32", "i32"]);
  const [m, n, x, xRow, y, yRow] = [0, 1, 2, 3, 4, 5];
  const [from, to, left] = f.many(3, "i32") as [Local, Local, Local];
  const rows = f.many(4, "v128") as [Local, Local, Local, Local];
  const mixed = f.many(4, "v128") as [Local, Local, Local, Local];
  // x[0 … 3] at `from`, then the next four rows; four rows of y.
  const block = (): void => {
    for (const row of rows) f.get(from).memory("v128.load").set(row).advanceBy(from, xRow);
    const [a, b, c, d] = rows;
    f.get(a).get(b).shuffle([0, 4, 1, 5]).set(mixed[0]);
    f.get(c).get(d).shuffle([0, 4, 1, 5]).set(mixed[1]);
    f.get(a).get(b).shuffle([2, 6, 3, 7]).set(mixed[2]);
    f.get(c).get(d).shuffle([2, 6, 3, 7]).set(mixed[3]);
    const at = f.local("i32");
    f.get(to).set(at);
    const put = (i: 0 | 2, lanes: readonly [number, number, number, number]): void => {
      f.get(at)
        .get(mixed[i])
        .get(mixed[(i + 1) as 1 | 3])
        .shuffle(lanes)
        .memory("v128.store");
      f.advanceBy(at, yRow);
    };
    put(0, [0, 1, 4, 5]);
    put(0, [2, 3, 6, 7]);
    put(2, [0, 1, 4, 5]);
    put(2, [2, 3, 6, 7]);
    f.advance(to, 16);
  };
  const single = (): void => {
    f.get(to).get(from).memory("i32.load").memory("i32.store");
    f.advance(to, 4).advanceBy(from, xRow);
  };
  const four = f.local("i32");
  f.get(yRow).i32(2).op("i32.shl").set(four);
  f.countDown(m, 4, () => {
    f.get(x).set(from).get(y).set(to).get(n).set(left);
    f.countDown(left, 4, block);
    // The last columns of four rows.
    f.countDown(left, 1, () => {
      const at = f.local("i32");
      f.get(to).set(at);
      for (let i = 0; i < 4; i++) {
        f.get(at)
          .get(from)
          .memory("i32.load", 4 * i);
        f.memory("i32.store").advanceBy(at, yRow);
      }
      f.advance(to, 4).advanceBy(from, xRow);
    });
    f.advance(x, 16).advanceBy(y, four);
  });
  f.countDown(m, 1, () => {
    f.get(x).set(from).get(y).set(to).get(n).set(left);
    f.countDown(left, 1, single);
    f.advance(x, 4).advanceBy(y, yRow);
  });
}

function buildCopies(module: ModuleBuilder): void {
  const fill = module.func("fill", ["i32", "i32", "i32"]);
  const value = fill.local("v128");
  fill.get(2).op("i32x4.splat").set(value);
  along(fill, 0, [1], (n) => {
    if (n === 0) fill.get(1).get(2).memory("i32.store");
    for (let i = 0; i < n; i++)
      fill
        .get(1)
        .get(value)
        .memory("v128.store", 16 * i);
  });

  const one = run(module);
  const copy = module.func("copy", ["i32", "i32", "i32", "i32", "i32", "i32"]);
  copy.countDown(0, 1, () => {
    copy.get(1).get(2).get(4).call(one);
    copy.advanceBy(2, 3).advanceBy(4, 5);
  });

  const gather = module.func("gather", ["i32", "i32", "i32", "i32", "i32", "i32", "i32"]);
  const [from, to, left] = gather.many(3, "i32") as [Local, Local, Local];
  gather.countDown(0, 1, () => {
    gather.get(1).set(left).get(2).set(from).get(5).set(to);
    gather.countDown(left, 1, () => {
      gather.get(to).get(from).memory("i32.load").memory("i32.store");
      gather.advance(to, 4).advanceBy(from, 4);
    });
    gather.advanceBy(2, 3).advanceBy(5, 6);
  });
  emitTranspose(module);

  const add = addRun(module);
  for (const [name, into, body] of [
    ["selectRows", false, one],
    ["addRows", true, add],
  ] as const) {
    const f = module.func(name, ["i32", "i32", "i32", "i32", "i32"]);
    const [rows, count, index, x, y] = [0, 1, 2, 3, 4];
    const step = f.local("i32");
    const picked = (start: Local): void =>
      void f.get(start).get(index).memory("i32.load").get(step).op("i32.mul").op("i32.add");
    f.get(count).i32(2).op("i32.shl").set(step);
    f.countDown(rows, 1, () => {
      f.get(count);
      if (into) {
        f.get(x);
        picked(y);
      } else {
        picked(x);
        f.get(y);
      }
      f.call(body);
      f.advance(index, 4).advanceBy(into ? x : y, step);
    });
  }
}

export const copyDefinition = { name: "copies", build: buildCopies, check };
/** Copies, compiled at the first call. */
export const copyKernels = defineKernel<CopyExports>(copyDefinition);

function check(run: CopyExports, bench: Bench): string | undefined {
  const [m, n] = [7, 22];
  const x = bench.f32(m * n, pattern);
  const y = bench.f32(m * n);
  const index = bench.i32(m, (i) => (3 * i) % m);
  const wrong = (what: string, wanted: (i: number) => number): string | undefined => {
    const at = y.data.findIndex((v, i) => !Object.is(v, wanted(i)));
    const result = at < 0 ? undefined : `${what}: element ${at} is ${y.data[at]} and should be ${wanted(at)}`;
    y.data.fill(NaN);
    return result;
  };
  const [row, column] = [(i: number): number => Math.floor(i / n), (i: number): number => i % n];
  const tests: (() => string | undefined)[] = [
    () => {
      run.fill(m * n - 1, y.address, 0x40000000);
      return wrong("fill", (i) => (i < m * n - 1 ? 2 : NaN));
    },
    () => {
      run.copy(m, n - 1, x.address, 4 * n, y.address, 4 * n);
      return wrong("copy", (i) => (column(i) < n - 1 ? x.data[i]! : NaN));
    },
    () => {
      run.gather(m, n, x.address, 4, 4 * m, y.address, 4 * n);
      return wrong("gather", (i) => x.data[row(i) + column(i) * m]!);
    },
    () => {
      run.transpose(m, n, x.address, 4 * m, y.address, 4 * n);
      return wrong("transpose", (i) => x.data[row(i) + column(i) * m]!);
    },
    () => {
      run.transpose(n, m, x.address, 4 * n, y.address, 4 * m);
      return wrong("transpose back", (i) => x.data[Math.floor(i / m) + (i % m) * n]!);
    },
    () => {
      run.selectRows(m, n, index.address, x.address, y.address);
      return wrong("selectRows", (i) => x.data[index.data[row(i)]! * n + column(i)]!);
    },
    () => {
      y.data.set(x.data);
      run.addRows(m, n, index.address, x.address, y.address);
      const source = (r: number): number => index.data.indexOf(r);
      return wrong("addRows", (i) => Math.fround(x.data[i]! + x.data[source(row(i)) * n + column(i)]!));
    },
  ];
  for (const test of tests) {
    const found = test();
    if (found !== undefined) return found;
  }
  return undefined;
}
