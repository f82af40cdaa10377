import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import vm from "node:vm";
import type { Worker } from "node:worker_threads";
import { Gain } from "../../../kernel/wasm/gains.ts";
import { float64, gemm, gemmBatch, gemmPacked, packRight, work } from "../../../kernel/wasm/gemm.ts";
import { defineShared, onBench, pattern, type Exports } from "../../../kernel/wasm/kernel.ts";
import { log } from "../../../kernel/wasm/log.ts";
import { heap } from "../../../kernel/wasm/memory.ts";
import {
  computeThreads,
  drainThreads,
  parallel,
  rows,
  setPatience,
  setThreadCount,
  threadCount,
  type Job,
} from "../../../kernel/wasm/threads.ts";

/**
 * A kernel whose chunks take as long as asked for: fill(address, count, rounds, value) writes `count` numbers; every
 * round writes them all. fail() is a trap. hang(met, part, own) hangs where `own` is not 0, that is in every thread but
 * the first, after it set the word at `met`; elsewhere it waits for that, and sets the word at `part`.
 */
const filler = defineShared<Exports>({
  name: "filler",
  build(module) {
    const f = module.func("fill", ["i32", "i32", "i32", "f32"]);
    const [address, count, rounds, value] = [0, 1, 2, 3] as const;
    const [at, left] = f.many(2, "i32") as [number, number];
    f.countDown(rounds, 1, () => {
      f.get(address).set(at).get(count).set(left);
      f.countDown(left, 1, () => f.get(at).get(value).memory("f32.store").advance(at, 4));
    });
    module.func("fail", ["i32"]).op("unreachable");
    const hang = module.func("hang", ["i32", "i32", "i32"]);
    const [met, part, own] = [0, 1, 2] as const;
    hang.get(own).if(
      () => {
        hang.get(met).i32(1).memory("i32.store");
        hang.loop(() => hang.br(0));
      },
      () => {
        hang.loop(() => hang.get(met).memory("i32.load").op("i32.eqz").brIf(0));
        hang.get(part).i32(1).memory("i32.store");
      },
    );
  },
  check: () => undefined,
});
const job = (run: "fill" | "fail" | "hang"): Job => ({
  kernel: filler(),
  run,
  width: { fill: 4, fail: 1, hang: 3 }[run],
  scratchAt: run === "hang" ? 2 : -1,
  scratchBytes: 64,
});
/** An estimate of its own, so that each test begins without experience of gains. */
let sizes = 0;
const newSize = () => 100_000 * 2 ** (sizes++ % 16);

/** Fills `chunks` × `count` numbers with their chunk's number, and tells whether all are right. */
function fill(
  address: number,
  chunks: number,
  count: number,
  rounds: number,
  nanoseconds: number,
  repeatable = true,
): boolean {
  heap.f32.fill(-1, address >>> 2, (address >>> 2) + chunks * count);
  for (let i = 0; i < chunks; i++) rows.set([address + i * count * 4, count, rounds, i], i * 4);
  parallel(job("fill"), chunks, nanoseconds, repeatable);
  return heap.f32
    .subarray(address >>> 2, (address >>> 2) + chunks * count)
    .every((x, i) => x === Math.floor(i / count));
}

/** Lets the threads come up, and shares until one of them has taken a part. */
async function helped(count: number): Promise<readonly Worker[]> {
  setThreadCount(count);
  onBench((bench) => fill(bench.f32(80).address, 8, 10, 1, newSize()));
  while (computeThreads().length < count - 1) await new Promise((resolve) => setTimeout(resolve, 5));
  return computeThreads();
}

describe("compute threads", function () {
  this.timeout(30_000);
  afterEach(() => {
    setThreadCount(undefined);
    setPatience(2000);
  });

  it("GRADBOOK_THREADS says how many; at most eight, at least one", () => {
    const before = process.env["GRADBOOK_THREADS"];
    for (const [given, count] of [
      ["1", 1],
      ["3", 3],
      ["99", 8],
    ] as const) {
      process.env["GRADBOOK_THREADS"] = given;
      setThreadCount(undefined);
      assert.equal(threadCount(), count);
    }
    for (const given of ["0", "many", "-2", "1.5"]) {
      process.env["GRADBOOK_THREADS"] = given;
      setThreadCount(undefined);
      assert.ok(threadCount() >= 1, given);
      assert.match(log.at(-1)!, new RegExp(`GRADBOOK_THREADS must be a whole number ≥ 1, not "${given}"`));
    }
    if (before === undefined) delete process.env["GRADBOOK_THREADS"];
    else process.env["GRADBOOK_THREADS"] = before;
  });

  it("every chunk is done once, by whichever thread", async () => {
    await helped(4);
    onBench((bench) => {
      const { address } = bench.f32(400 * 50);
      for (let i = 0; i < 200; i++) assert.ok(fill(address, 1 + ((i * 37) % 400), 50, 1 + (i % 30), 3e5), `job ${i}`);
    });
  });

  it("products have the same bits with one thread and with several", async () => {
    type Product = (c: number) => void;
    await onBench(async (bench) => {
      const [m, n, k] = [290, 330, 270];
      const a = bench.f32(m * k, pattern);
      const b = bench.f32(k * n, (i) => pattern(i + 5));
      const c = bench.f32(m * n);
      const doubles = [bench.f64(m * k, pattern), bench.f64(k * n, pattern), bench.f64(m * n)] as const;
      const packed = packRight(k, n, b.address, n, 1);
      const products: { [name: string]: Product } = {
        "row by row": (to) => gemm(m, n, k, a.address, k, 1, b.address, n, 1, to, n, false),
        accumulated: (to) => gemm(m, n, k, a.address, k, 1, b.address, n, 1, to, n, true),
        transposed: (to) => gemm(m, n, k, a.address, 1, m, b.address, 1, k, to, n, false),
        "tall and narrow": (to) => gemm(3 * m, 40, 600, a.address, 100, 1, b.address, 40, 1, to, 40, false),
        packed: (to) => gemmPacked(m, a.address, k, 1, packed, work(), 0, 0, to, n),
        batch: (to) => gemmBatch(21, 70, 60, 50, a.address, 3500, 50, 1, b.address, 3000, 60, 1, to, 4200, 60, false),
        "a batch, accumulated": (to) =>
          gemmBatch(21, 70, 60, 50, a.address, 3500, 50, 1, b.address, 3000, 60, 1, to, 4200, 60, true),
        float64: () =>
          float64.gemm(m, n, k, doubles[0].address, k, 1, doubles[1].address, n, 1, doubles[2].address, n, false),
      };
      const results = (): string[] =>
        Object.values(products).map((product) => {
          for (let i = 0; i < c.data.length; i++) c.data[i] = pattern(i + 9);
          doubles[2].data.fill(0);
          product(c.address);
          return (
            [...c.data.subarray(0, 9), ...c.data.subarray(-9)].join() + sumOfBits(c.data) + sumOfBits(doubles[2].data)
          );
        });
      setThreadCount(1);
      const alone = results();
      await helped(3);
      // Alone, in trial, shared.
      for (let i = 0; i < 6; i++) assert.deepEqual(results(), alone);
    });
  });

  it("a thread that was ended is left out, whenever that happens", async () => {
    for (let round = 0; round < 5; round++) {
      const [thread] = await helped(2);
      await onBench(async (bench) => {
        const { address } = bench.f32(8000);
        const size = newSize();
        for (let i = 0; i < round; i++) assert.ok(fill(address, 8, 1000, 10, size));
        const ended = thread!.terminate();
        for (let i = 0; i < 5; i++) assert.ok(fill(address, 8, 1000, 10, size), "while it ends");
        await ended;
        assert.equal(computeThreads().length, 0);
        for (let i = 0; i < 5; i++) assert.ok(fill(address, 8, 1000, 10, size), "without it");
      });
    }
  });

  for (const repeatable of [true, false]) {
    const then = repeatable ? "and its part is done again" : "and an operation that cannot be repeated fails";
    it(`a thread that does not answer any more is ended after a while, ${then}`, async () => {
      await helped(2);
      setPatience(50);
      onBench((bench) => {
        const size = newSize();
        const { address, data } = bench.i32(3, () => 0);
        const hang = (): void => {
          data.fill(0);
          for (let i = 0; i < 2; i++) rows.set([address, address + 4 + i * 4, 0], i * 3);
          parallel(job("hang"), 2, size, repeatable);
        };
        const before = log.length;
        fill(bench.f32(80).address, 8, 10, 1, size); // alone
        if (repeatable) hang();
        else assert.throws(hang, /a compute thread was lost in the middle of an operation, whose result is incomplete/);
        assert.match(log.slice(before).join(), /1 of 1 did not answer for 50 ms and are left out from now on/);
        assert.equal(data[1]! + data[2]!, repeatable ? 2 : 1);
        assert.equal(computeThreads().length, 0);
        assert.ok(fill(bench.f32(80).address, 8, 10, 1, size), "without it");
      });
    });
  }

  it("a part that cannot be run is an error, and the next job is none", async () => {
    await helped(2);
    onBench((bench) => {
      const size = newSize();
      const { address } = bench.f32(80);
      assert.ok(fill(address, 8, 10, 1, size), "alone");
      assert.throws(() => parallel(job("fail"), 2, size, true), /unreachable|could not run its part/);
      drainThreads();
      for (let i = 0; i < 4; i++) assert.ok(fill(address, 8, 10, 1, size), "after it");
    });
  });

  it("ended at any moment: after drainThreads nobody writes any more, and products are right", async () => {
    await helped(3);
    await onBench((bench) => {
      const { address, data } = bench.f32(16 * 1000);
      const size = newSize();
      for (let i = 0; i < 5; i++) fill(address, 16, 1000, 50, size);
      const scope = vm.createContext({ fill: () => fill(address, 16, 1000, 400, size) });
      for (let round = 0; round < 40; round++) {
        assert.throws(() => vm.runInContext("for (;;) fill()", scope, { timeout: 1 + (round % 7) }), /timed out/);
        // Caught by someone who knows nothing of threads: the next job sees to it.
        if (round % 4 === 3) {
          assert.ok(fill(address, 16, 1000, 5, size), `round ${round}`);
          continue;
        }
        drainThreads();
        data.fill(7);
        // Whoever still had a part would write within a millisecond.
        for (const end = performance.now() + 2; performance.now() < end;);
        assert.ok(
          data.every((x) => x === 7),
          `round ${round}`,
        );
        assert.ok(fill(address, 16, 1000, 5, size));
      }
    });
  });

  it("a script that used threads ends by itself", () => {
    const file = path.resolve(import.meta.dirname, "../../../kernel/wasm");
    const script = `
      import { gemm } from ${JSON.stringify(`${file}/gemm.ts`)};
      import { allocate } from ${JSON.stringify(`${file}/allocator.ts`)};
      import { computeThreads } from ${JSON.stringify(`${file}/threads.ts`)};
      const a = allocate(4 * 300 * 300), c = allocate(4 * 300 * 300);
      while (computeThreads().length === 0) gemm(300, 300, 300, a, 300, 1, a, 300, 1, c, 300, false);
      console.log("done");`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      timeout: 20_000,
      env: { ...process.env, GRADBOOK_THREADS: "2" },
    });
    assert.deepEqual([stdout, stderr, status], ["done\n", "", 0]);
  });
});

describe("whether sharing helps", () => {
  /** How many of `jobs` were shared, with these times for one alone and one shared. */
  const run = (gain: Gain, jobs: number, alone: number, shared: number): number => {
    let count = 0;
    for (let i = 0; i < jobs; i++) {
      const shares = gain.shares();
      if (shares) count++;
      gain.took(shares, shares ? shared : alone);
    }
    return count;
  };
  it("is found out, and nearly all jobs are shared", () => assert.ok(run(new Gain(), 1000, 1, 0.55) > 970));
  it("below a tenth is not worth it: few trials", () => assert.ok(run(new Gain(), 1000, 1, 0.95) < 40));
  it("three times slower: hardly any trial", () => assert.ok(run(new Gain(), 1000, 1, 5) < 12));
  it("one long time changes nothing", () => {
    const gain = new Gain();
    run(gain, 100, 1, 0.55);
    run(gain, 1, 1, 100);
    assert.ok(run(gain, 100, 1, 0.55) > 90);
  });
  it("follows the machine: off while it is busy, on again afterwards", () => {
    const gain = new Gain();
    assert.ok(run(gain, 200, 1, 0.55) > 190);
    assert.ok(run(gain, 500, 1, 4) < 30);
    assert.ok(run(gain, 1000, 1, 0.55) > 700);
  });
});

/** A number that depends on every bit. */
function sumOfBits(data: Float32Array | Float64Array): number {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  let sum = 0;
  for (const x of bits) sum = (Math.imul(sum, 31) + x) | 0;
  return sum;
}
