import assert from "node:assert/strict";
import fc from "fast-check";
import { allocate, lastSpan } from "../../../kernel/wasm/allocator.ts";
import { float64, gemm, gemmBatch, gemmFrom, gemmPacked, packRight, plan } from "../../../kernel/wasm/gemm.ts";
import { packA, packB, rowsAdjacent, workBytes } from "../../../kernel/wasm/gemmBlocks.ts";
import { gemmDefinition } from "../../../kernel/wasm/gemmKernel.ts";
import { double, single } from "../../../kernel/wasm/gemmTile.ts";
import { build, differs, onBench, pattern, type Bench } from "../../../kernel/wasm/kernel.ts";
import { heap } from "../../../kernel/wasm/memory.ts";
import { chosenVariant } from "../../../kernel/wasm/probe.ts";
import { fused, plain, wide } from "../../../kernel/wasm/variant.ts";

/** A matrix in the engine's memory: element (i, j) is at i·rowStep + j·columnStep. */
interface Matrix {
  readonly address: number;
  readonly data: Float32Array;
  readonly rowStep: number;
  readonly columnStep: number;
}
function matrix(bench: Bench, rows: number, columns: number, layout: Layout, seed: number): Matrix {
  const [rowStep, columnStep] = steps(rows, columns, layout);
  const length = 1 + Math.max(0, rows - 1) * rowStep + Math.max(0, columns - 1) * columnStep;
  const { address, data } = bench.f32(length, (i) => pattern(i + seed));
  return { address, data, rowStep, columnStep };
}
const layouts = ["row by row", "transposed", "rows with gaps", "every third", "one row", "one column"] as const;
type Layout = (typeof layouts)[number];
function steps(rows: number, columns: number, layout: Layout): [rowStep: number, columnStep: number] {
  switch (layout) {
    case "row by row":
      return [columns, 1];
    case "transposed":
      return [1, rows];
    case "rows with gaps":
      return [columns + 5, 1];
    case "every third":
      return [3 * columns, 3];
    case "one row":
      return [0, 1];
    case "one column":
      return [1, 0];
  }
}

/** Multiplied and added one after the other, each rounded: what the plain variant does to the bit. */
function reference(m: number, n: number, k: number, a: Matrix, b: Matrix, start: (i: number, j: number) => number) {
  return Float32Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = start(i, j);
    for (let p = 0; p < k; p++) {
      const product = Math.fround(
        a.data[i * a.rowStep + p * a.columnStep]! * b.data[p * b.rowStep + j * b.columnStep]!,
      );
      sum = Math.fround(sum + product);
    }
    return sum;
  });
}
function near(got: Float32Array, want: Float32Array, k: number, what: string): void {
  for (let i = 0; i < want.length; i++) {
    assert.ok(Math.abs(got[i]! - want[i]!) <= 1e-6 * (2 + k), `${what}: element ${i} is ${got[i]}, not ${want[i]}`);
  }
}

// NaN shows where something is read that was never packed. The first 64 bytes are zeros.
const work = allocate(workBytes);
const workSpan = lastSpan;
heap.f32.fill(NaN, work >>> 2, (work + workBytes) >>> 2).fill(0, work >>> 2, (work >>> 2) + 16);

const definition = gemmDefinition(single, () => work);
const plainRun = build(definition, plain).exports.run;
const fusedRun = build(definition, fused).exports.run;
const wideRun = build(definition, wide).exports.run;

/** The product by one compiled variant, in one way to read A and B. */
function by(
  run: typeof plainRun,
  how: number,
  sizes: readonly [number, number, number],
  a: Matrix,
  b: Matrix,
  bench: Bench,
) {
  const [m, n, k] = sizes;
  const c = bench.f32(m * n);
  // prettier-ignore
  run(m, n, k, a.address, a.rowStep * 4, a.columnStep * 4, b.address, b.rowStep * 4, b.columnStep * 4,
    work, 0, 0, c.address, n * 4, how, work);
  return c.data.slice();
}

describe("matrix product in WebAssembly", () => {
  const sizes: [m: number, n: number, k: number][] = [
    [1, 1, 1],
    [1, 37, 9],
    [37, 1, 9],
    [5, 3, 2],
    [7, 10, 33],
    [12, 16, 8],
    [64, 64, 64],
    [65, 63, 62],
    [11, 9, 700],
    [250, 19, 21],
    [3, 600, 11],
  ];
  for (const [m, n, k] of sizes) {
    it(`[${m}, ${k}] · [${k}, ${n}]: every layout, variant and way to read gives the same sums in the same order`, () => {
      for (const layoutA of layouts.slice(0, 4)) {
        for (const layoutB of layouts.slice(0, 4)) {
          onBench((bench) => {
            const a = matrix(bench, m, k, layoutA, 3);
            const b = matrix(bench, k, n, layoutB, 77);
            const want = reference(m, n, k, a, b, () => 0);
            const how = plan(m, n, k, a.rowStep, a.columnStep, b.columnStep);
            const ways = [how, packA | packB, ...(a.rowStep === 1 ? [rowsAdjacent | packB] : [])];
            const what = `${layoutA} · ${layoutB}`;
            for (const way of new Set(ways)) {
              assert.deepEqual(by(plainRun, way, [m, n, k], a, b, bench), want, `${what}, way ${way}`);
              const fusedResult = by(fusedRun, way, [m, n, k], a, b, bench);
              near(fusedResult, want, k, what);
              assert.deepEqual(by(wideRun, way, [m, n, k], a, b, bench), fusedResult, `${what}, way ${way}, wide`);
              assert.deepEqual(by(fusedRun, packA | packB, [m, n, k], a, b, bench), fusedResult, `${what}, packed`);
            }
          });
        }
      }
    });
  }

  it("any sizes, steps (0 too) and starts: C = F + A·B, and nothing beside C is written", () => {
    const side = fc.integer({ min: 0, max: 40 });
    const layout = fc.constantFrom(...layouts);
    fc.assert(
      fc.property(side, side, side, layout, layout, fc.constantFrom("zeros", "bias", "C"), (m, n, k, la, lb, start) =>
        onBench((bench) => {
          const a = matrix(bench, m, k, la, 1);
          const b = matrix(bench, k, n, lb, 40);
          const rowStep = n + 3;
          const c = bench.f32(m * rowStep + 1, (i) => pattern(i + 9));
          const bias = bench.f32(n, (i) => pattern(i + 5));
          const before = c.data.slice();
          const at = [m, n, k, a.address, a.rowStep, a.columnStep, b.address, b.rowStep, b.columnStep] as const;
          if (start === "bias") gemmFrom(...at, bias.address, 0, 1, c.address, rowStep);
          else gemm(...at, c.address, rowStep, start === "C");
          const want = reference(m, n, k, a, b, (i, j) =>
            start === "zeros" ? 0 : start === "bias" ? bias.data[j]! : before[i * rowStep + j]!,
          );
          c.data.forEach((got, i) => {
            const [row, column] = [Math.floor(i / rowStep), i % rowStep];
            if (row < m && column < n) near(Float32Array.of(got), Float32Array.of(want[row * n + column]!), k, `${i}`);
            else assert.equal(got, before[i], `element ${i} beside C`);
          });
        }),
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  it("a matrix times a vector, and a vector times a matrix, have the bits of the general kernel", () => {
    const { run } = build(definition, chosenVariant()).exports;
    for (const [m, n, k] of [
      [37, 1, 9],
      [4, 1, 3],
      [64, 1, 640],
      [3, 1, 8],
      [1, 37, 9],
      [1, 64, 640],
      [1, 5, 1],
      [50, 1, 1],
    ] as const) {
      for (const layoutA of layouts) {
        for (const layoutB of layouts) {
          onBench((bench) => {
            const a = matrix(bench, m, k, layoutA, 3);
            const b = matrix(bench, k, n, layoutB, 77);
            const bias = bench.f32(n, (i) => pattern(i + 5));
            const [c, d, e] = [bench.f32(m * n), bench.f32(m * n), bench.f32(m * n, (i) => pattern(i + 6))];
            const before = e.data.slice();
            const at = [m, n, k, a.address, a.rowStep, a.columnStep, b.address, b.rowStep, b.columnStep] as const;
            const what = `[${m}, ${k}] ${layoutA} · [${k}, ${n}] ${layoutB}`;
            gemm(...at, c.address, n, false);
            assert.deepEqual(c.data, by(run, packA | packB, [m, n, k], a, b, bench), what);
            gemmFrom(...at, bias.address, 0, 1, d.address, n);
            near(
              d.data,
              reference(m, n, k, a, b, (_, j) => bias.data[j]!),
              k,
              what,
            );
            gemm(...at, e.address, n, true);
            near(
              e.data,
              reference(m, n, k, a, b, (i, j) => before[i * n + j]!),
              k,
              what,
            );
          });
        }
      }
    }
  });

  it("a packed right operand gives the bits of the product with the operand itself", () => {
    for (const [m, n, k] of [...sizes, [0, 3, 2], [3, 0, 2], [3, 2, 0], [5, 1030, 340]] as const) {
      for (const layout of layouts) {
        onBench((bench) => {
          const a = matrix(bench, m, k, "row by row", 3);
          const b = matrix(bench, k, n, layout, 77);
          const start = bench.f32(m * n, (i) => pattern(i + 11));
          const [c, d] = [bench.f32(m * n), bench.f32(m * n)];
          const packed = packRight(k, n, b.address, b.rowStep, b.columnStep);
          b.data.fill(NaN);
          gemmPacked(m, a.address, k, 1, packed, start.address, n, 1, d.address, n);
          packed.free();
          matrix(bench, k, n, layout, 77).data.forEach((x, i) => (b.data[i] = x));
          gemmFrom(m, n, k, a.address, k, 1, b.address, b.rowStep, b.columnStep, start.address, n, 1, c.address, n);
          assert.deepEqual(d.data, c.data, `[${m}, ${k}] · [${k}, ${n}] ${layout}`);
        });
      }
    }
  });

  it("a batch is as many products; a step of 0 uses one operand for all", () => {
    for (const [count, m, n, k] of [
      [3, 7, 9, 5],
      [1, 4, 4, 4],
      [0, 3, 3, 3],
      [2, 1, 5, 6],
      [2, 5, 1, 6],
      [3, 2, 2, 0],
    ] as const) {
      for (const stepB of [0, k * n]) {
        for (const accumulate of [false, true]) {
          onBench((bench) => {
            const a = bench.f32(count * m * k + 1, pattern);
            const b = bench.f32(count * k * n + 1, (i) => pattern(i + 5));
            const c = bench.f32(count * m * n + 1, (i) => pattern(i + 8));
            const one = bench.f32(count * m * n + 1, (i) => pattern(i + 8));
            gemmBatch(count, m, n, k, a.address, m * k, k, 1, b.address, stepB, n, 1, c.address, m * n, n, accumulate);
            for (let i = 0; i < count; i++) {
              const to = one.address + 4 * i * m * n;
              gemm(m, n, k, a.address + 4 * i * m * k, k, 1, b.address + 4 * i * stepB, n, 1, to, n, accumulate);
            }
            assert.deepEqual(c.data, one.data);
          });
        }
      }
    }
  });

  it("float64: all variants within the last bits of plain sums", () => {
    for (const variant of [plain, fused, wide]) {
      const compiled = build(
        gemmDefinition(double, () => work),
        variant,
      ).exports;
      const wrong = onBench((bench) => gemmDefinition(double, () => work).check(compiled, bench));
      assert.equal(wrong, undefined, variant.name);
    }
    onBench((bench) => {
      const [m, n, k] = [70, 35, 900];
      const a = bench.f64(m * k, pattern);
      const b = bench.f64(k * n, (i) => pattern(i + 5));
      const c = bench.f64(m * n, (i) => pattern(i + 8));
      const before = c.data.slice();
      float64.gemm(m, n, k, a.address, 1, m, b.address, 1, k, c.address, n, true);
      const want = before.map((start, at) => {
        let sum = start;
        for (let p = 0; p < k; p++) sum += a.data[Math.floor(at / n) + p * m]! * b.data[p + (at % n) * k]!;
        return sum;
      });
      assert.equal(
        differs(c.data, (i) => want[i]!, 1e-13),
        undefined,
      );
    });
  });

  it("a kernel that gives wrong answers does not pass its own check", () => {
    const { check, build: emit } = gemmDefinition(single, () => work);
    const { run, batch, packRight: pack } = build({ name: "right", build: emit, check }, fused).exports;
    const wrong = {
      run,
      packRight: pack,
      batch: (...args: Parameters<typeof batch>) => {
        batch(...args);
        heap.f32[(args[17] >>> 2) + args[5] * args[6] - 1]! += 1;
      },
    };
    assert.match(onBench((bench) => check(wrong, bench)) ?? "passed", /element 0 is .* and should be/);
  });

  it("its memory was held all the time", () => assert.equal(workSpan.start, work));

  it("NaN and Infinity in one row of A stay in that row of C", () => {
    onBench((bench) => {
      const a = bench.f32(9 * 5, (i) => (Math.floor(i / 5) === 4 ? [NaN, Infinity, 1, 2, 3][i % 5]! : 1));
      const b = bench.f32(5 * 7, () => 1);
      const c = bench.f32(9 * 7);
      gemm(9, 7, 5, a.address, 5, 1, b.address, 7, 1, c.address, 7, false);
      c.data.forEach((x, i) => assert.equal(x, Math.floor(i / 7) === 4 ? NaN : 5));
    });
  });
});
