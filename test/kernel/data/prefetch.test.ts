import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DataLoader, TensorDataset, type BatchContext } from "../../../kernel/data/index.ts";
import { MapThreads } from "../../../kernel/data/mapThreads.ts";
import { arange, tensor, type Tensor } from "../../../kernel/tensor/index.ts";

/** A data set of files that are read when the test says so. */
function slowDataset(n: number) {
  const begun: number[] = [];
  const finish: (() => void)[] = [];
  const signals = new Set<AbortSignal>();
  const dataset = {
    length: n,
    get(i: number, context?: BatchContext) {
      begun.push(i);
      signals.add(context!.signal);
      return new Promise<number>((resolve) => (finish[i] = () => resolve(i)));
    },
  };
  return { dataset, begun, finish, aborted: () => [...signals].map(({ aborted }) => aborted) };
}
const values = (x: Tensor) => Array.from(x.toTypedArray());
async function all(loader: DataLoader): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const x of loader) batches.push(values(x));
  return batches;
}

describe("data: prefetch", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => void (folder = mkdtempSync(join(tmpdir(), "gradbook-prefetch-"))));
  after(() => rmSync(folder, { recursive: true }));
  let modules = 0;
  const module = (code: string, ending = "mjs") => {
    const path = join(folder, `map${modules++}.${ending}`);
    writeFileSync(path, code);
    return path;
  };

  for (const prefetch of [0, 1, 2, 9]) {
    it(`prefetch ${prefetch}: so many batches more than the one that is waited for are begun, in order`, async () => {
      const { dataset, begun, finish } = slowDataset(4);
      const batches = new DataLoader(dataset, { prefetch })[Symbol.asyncIterator]();
      for (let k = 0; k < 4; k++) {
        const next = batches.next();
        await new Promise((resolve) => setImmediate(resolve)).then(() => new Promise((r) => setImmediate(r)));
        assert.deepEqual(begun, [0, 1, 2, 3].slice(0, Math.min(4, k + 1 + prefetch)));
        finish[k]!();
        assert.deepEqual(values((await next).value as Tensor), [k]);
      }
      assert.deepEqual(await batches.next(), { done: true, value: undefined });
    });
  }

  it("what is there at once is not made ahead: memory and the order of random draws stay as without", async () => {
    const made: number[] = [];
    const dataset = { length: 5, get: (i: number) => (made.push(i), i) };
    const counts: number[] = [];
    for await (const _ of new DataLoader(dataset, { prefetch: 3 })) counts.push(made.length);
    assert.deepEqual(counts, [1, 2, 3, 4, 5]);
  });

  for (const way of ["break", "error", "return while waiting"] as const) {
    it(`leaving by ${way} begins nothing more, aborts what is begun and waits for nothing`, async () => {
      const { dataset, begun, finish, aborted } = slowDataset(9);
      const loader = new DataLoader(dataset, { prefetch: 2 });
      if (way === "return while waiting") {
        const batches = loader[Symbol.asyncIterator]();
        const next = batches.next();
        assert.equal((await batches.return!()).done, true);
        assert.equal((await next).done, true);
        assert.equal((await batches.next()).done, true);
      } else {
        setImmediate(() => finish[0]!());
        const loop = async () => {
          for await (const _ of loader) {
            if (way === "break") break;
            throw new Error("mine");
          }
        };
        await (way === "break" ? loop() : assert.rejects(loop(), /mine/));
      }
      await new Promise((resolve) => setImmediate(resolve));
      assert.ok(begun.length <= 3, String(begun));
      assert.deepEqual(aborted(), begun.length === 0 ? [] : [true]);
    });
  }

  it("a batch that fails does so at its turn, and ends the loop", async () => {
    for (const how of ["throws", "rejects"]) {
      const get = (i: number) => {
        if (i !== 2) return Promise.resolve(i);
        if (how === "throws") throw new RangeError("bad file 2");
        return Promise.reject(new RangeError("bad file 2"));
      };
      const seen: number[] = [];
      const batches = new DataLoader({ length: 5, get }, { prefetch: 4 })[Symbol.asyncIterator]();
      await assert.rejects(
        async () => {
          for await (const x of batches) seen.push((x as Tensor).item());
        },
        (error) => error instanceof RangeError && error.message === "bad file 2",
      );
      assert.deepEqual(seen, [0, 1], how);
      assert.equal((await batches.next()).done, true);
    }
  });

  const dataset = () => new TensorDataset(arange(11, { dtype: "float32" }));
  it("same seed, same batches and same random numbers, whatever prefetch, the threads and the loop", async () => {
    const code = "([x], { random }) => ({ data: x.data.map((v) => v + random()), shape: x.shape })";
    const options = { batchSize: 2, shuffle: true, seed: 5 };
    const map = ([x]: [Tensor], { random }: BatchContext) => tensor(x.toTypedArray().map((v) => v + random()));
    const two = async (more: object) => {
      const loader = new DataLoader(dataset(), { ...options, ...more });
      return [await all(loader), await all(loader)];
    };
    const here = new DataLoader(dataset(), { ...options, map });
    const want = [[...here].map(values), [...here].map(values)];
    assert.notDeepEqual(want[0], want[1]);
    assert.deepEqual(await two({ map }), want);
    assert.deepEqual(await two({ map: async (x: [Tensor], c: BatchContext) => map(x, c), prefetch: 3 }), want);
    const path = module(`export default ${code};`);
    for (const more of [{}, { prefetch: 0 }, { prefetch: 5, numWorkers: 3 }]) {
      assert.deepEqual(await two({ map: path, ...more }), want, JSON.stringify(more));
    }
  });

  it("a batch that was used is not held while the loop goes on", async () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const samples = { length: 30, get: async (i: number) => i };
    const loader = new DataLoader(samples, { prefetch: 2, collate: ([i]) => ({ i, weight: new Uint8Array(1e5) }) });
    const seen: WeakRef<object>[] = [];
    for await (const batch of loader) seen.push(new WeakRef(batch));
    const again = loader[Symbol.asyncIterator]();
    for (let k = 0; k < 20; k++) seen.push(new WeakRef((await again.next()).value as object));
    await new Promise((resolve) => setImmediate(resolve));
    gc();
    assert.ok(seen.filter((batch) => batch.deref() !== undefined).length <= 3);
    await again.return!();
  });

  it("arrays of the user's own are not given away to a thread", async () => {
    const mine = Float32Array.of(1, 2);
    const loader = new DataLoader([0], { collate: () => ({ mine }), map: module("export default (x) => x;") });
    for await (const batch of loader) assert.deepEqual(values(batch.mine), [1, 2]);
    assert.deepEqual([...mine], [1, 2]);
  });

  it("an early break changes nothing in the next epoch, prefetch or not", async () => {
    const epochs = async (prefetch: number) => {
      const loader = new DataLoader(
        { length: 7, get: async (i: number) => i },
        { batchSize: 2, shuffle: true, seed: 1, prefetch },
      );
      for await (const _ of loader) break;
      return all(loader);
    };
    assert.deepEqual(await epochs(9), await epochs(0));
  });

  it("threads work while this one is busy", async () => {
    const path = module(
      `import { writeFileSync } from "node:fs";
       export default (x, { batch }) => { writeFileSync(new URL("done" + batch, import.meta.url), ""); return x; };`,
    );
    const loader = new DataLoader(dataset(), { batchSize: 4, map: pathToFileURL(path), prefetch: 2 });
    let batches = 0;
    for await (const [x] of loader) {
      // This thread does not come back to its events until the last batch was made; the test's time-out is the bound.
      while (!existsSync(join(folder, "done2"))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      assert.deepEqual(values(x), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].slice(4 * batches, 4 * ++batches));
    }
    assert.equal(batches, 3);
  });

  it("a module may be TypeScript, gets arrays, objects and texts as they are, and may be asynchronous", async () => {
    const path = module(
      `interface Row { name: string[]; x: { data: Float32Array; shape: number[]; dtype: string } }
       export default async ({ name, x }: Row) => ({ name, dtype: x.dtype, shape: x.shape, mean: new Float64Array([x.data[0]!]) });`,
      "ts",
    );
    const samples = [
      { name: "a", x: 1 },
      { name: "b", x: 2 },
    ];
    const batches = [];
    for await (const batch of new DataLoader(samples, { batchSize: 2, map: path })) batches.push(batch);
    const { mean, ...rest } = batches[0];
    assert.deepEqual([rest, mean.dtype], [{ name: ["a", "b"], dtype: "float32", shape: [2] }, "float64"]);
  });

  const failures: [string, string, RegExp, number][] = [
    [
      "an error",
      "export default (x, { batch }) => { if (batch === 1) throw new RangeError('boom'); return x; };",
      /^DataLoader: batch 1: map file:.*: boom$/,
      1,
    ],
    ["no module", "", /batch 0: map file:.*nowhere\.mjs: Cannot find module/, 0],
    ["a syntax error", "export default (", /batch 0: map .*Unexpected/, 0],
    ["no default export", "export const map = 1;", /batch 0: .*no function as its default export/, 0],
    ["a result that cannot travel", "export default () => () => 1;", /batch 0: .*could not be cloned/, 0],
    [
      "a shape that does not fit",
      "export default () => ({ data: new Float32Array(3), shape: [2] });",
      /batch 0: .*3 numbers do not fill the shape \[2\]/,
      0,
    ],
    ["an exit", "export default () => process.exit(3);", /batch 0: .*its thread ended with code 3/, 0],
    [
      "an error outside",
      "export default () => (setTimeout(() => { throw new Error('late'); }), new Promise(() => {}));",
      /batch 0: .*: late/,
      0,
    ],
  ];
  for (const [what, code, message, good] of failures) {
    it(`a map module with ${what}: an error with its name, at its batch`, async () => {
      const map = code === "" ? join(folder, "nowhere.mjs") : module(code);
      const seen: unknown[] = [];
      const loop = async () => {
        for await (const x of new DataLoader(dataset(), { batchSize: 4, map, prefetch: 3 })) seen.push(x);
      };
      await assert.rejects(
        loop(),
        (error: Error) => error.name === "MapError" && (assert.match(error.message, message), true),
      );
      assert.equal(seen.length, good);
    });
  }

  it("a thread that never ends is ended when the loop is left, and after an interrupt from outside", async () => {
    const path = module("export default () => { for (;;); };");
    const batches = new DataLoader(dataset(), { map: path })[Symbol.asyncIterator]();
    const next = batches.next();
    await new Promise((resolve) => setImmediate(resolve));
    await batches.return!();
    assert.equal((await next).done, true);

    const threads = new MapThreads(path, 2);
    void threads.map([arange(2)], { batch: 0, epoch: 0, seed: 0 });
    await threads.close();
    await threads.close();
  });

  const mistakes: [string, () => unknown, RegExp][] = [
    [
      "a plain loop over promises",
      () => [...new DataLoader({ length: 1, get: async () => 1 })],
      /batches are promises: write for await/,
    ],
    [
      "a plain loop with threads",
      () => [...new DataLoader(dataset(), { map: "./x.ts" })],
      /works in threads: write for await/,
    ],
    [
      "a negative prefetch",
      () => new DataLoader(dataset(), { prefetch: -1 }),
      /prefetch must be a whole number ≥ 0, got -1/,
    ],
    [
      "workers for a function",
      () => new DataLoader(dataset(), { map: (x: unknown) => x, numWorkers: 2 }),
      /numWorkers needs map: "\.\/module\.ts"/,
    ],
    [
      "a map that is none",
      () => new DataLoader(dataset(), { map: 5 as never }),
      /map must be a function or the path of a module, got 5/,
    ],
    [
      "collate for batches",
      () => new DataLoader(dataset() as never, { collate: (x: unknown[]) => x }),
      /collate is for data sets that give single samples/,
    ],
  ];
  for (const [what, call, message] of mistakes)
    it(`${what} is an error that says so`, () => assert.throws(call, message));
});
