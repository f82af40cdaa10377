import assert from "node:assert/strict";
import { build, onBench, pattern } from "../../../kernel/wasm/kernel.ts";
import { reduceDefinition, type ReduceExports } from "../../../kernel/wasm/reduce.ts";
import { fused, plain, wide } from "../../../kernel/wasm/variant.ts";

const compiled = [plain, fused, wide].map((variant) => build<ReduceExports>(reduceDefinition, variant));
const sizes: [outer: number, count: number, inner: number][] = [
  [1, 1, 1],
  [3, 2, 1],
  [5, 3, 2],
  [2, 4, 3],
  [4, 7, 5],
  [1, 127, 4],
  [2, 128, 17],
  [3, 129, 16],
  [1, 511, 33],
  [2, 512, 1],
  [1, 513, 6],
  [1, 1000, 37],
  [2, 100, 119],
  [2, 70_001, 1],
];

/** Reduces by `f`, column by column of [outer, count, inner]. */
function each(
  x: ArrayLike<number>,
  [outer, count, inner]: readonly number[],
  f: (column: number[]) => number,
): number[] {
  return Array.from({ length: outer! * inner! }, (_, i) => {
    const start = Math.floor(i / inner!) * count! * inner! + (i % inner!);
    return f(Array.from({ length: count! }, (_, k) => x[start + k * inner!]!));
  });
}
const first = (wins: (a: number, b: number) => boolean) => (column: number[]) =>
  column.reduce((best, x, i) => (wins(x, column[best]!) || (x !== x && column[best] === column[best]) ? i : best), 0);

describe("reductions in WebAssembly", () => {
  for (const size of sizes) {
    it(`[${size.join(", ")}]: sums to 1e-6, extremes exactly, in all variants with the same bits`, () =>
      onBench((bench) => {
        const [outer, count, inner] = size;
        const x = bench.f32(outer * count * inner, (i) => pattern(i) + 0.3);
        const y = bench.f32(outer * inner + 8);
        const places = bench.i32(outer * inner + 8);
        const sums: Float32Array[] = [];
        for (const { exports: run } of compiled) {
          const result = (data: Float32Array | Int32Array): Float32Array | Int32Array => {
            assert.ok(
              data.subarray(outer * inner).every((v) => v !== v || v === -1),
              "nothing is written behind",
            );
            return data.slice(0, outer * inner);
          };
          run.sumColumns(outer, count, inner, x.address, y.address, 4);
          const got = result(y.data);
          each(x.data, size, (column) => column.reduce((a, b) => a + b, 0) / 4).forEach((want, i) =>
            assert.ok(Math.abs(got[i]! - want) <= 1e-6 * Math.max(1, Math.abs(want)), `sum ${i}: ${got[i]}, ${want}`),
          );
          sums.push(got as Float32Array);
          run.maxColumns(outer, count, inner, x.address, y.address);
          assert.deepEqual(
            [...result(y.data)],
            each(x.data, size, (column) => column.reduce((a, b) => Math.max(a, b))),
          );
          run.minColumns(outer, count, inner, x.address, y.address);
          assert.deepEqual(
            [...result(y.data)],
            each(x.data, size, (column) => column.reduce((a, b) => Math.min(a, b))),
          );

          const rows = [outer * inner, count, 1] as const;
          run.sumRows(outer * inner, count, x.address, y.address, 4);
          const rowSums = result(y.data);
          each(x.data, rows, (row) => row.reduce((a, b) => a + b, 0) / 4).forEach((want, i) =>
            assert.ok(
              Math.abs(rowSums[i]! - want) <= 1e-6 * Math.max(1, Math.abs(want)),
              `row ${i}: ${rowSums[i]}, ${want}`,
            ),
          );
          sums.push(rowSums as Float32Array);
          run.maxRows(outer * inner, count, x.address, y.address);
          assert.deepEqual(
            [...result(y.data)],
            each(x.data, rows, (row) => row.reduce((a, b) => Math.max(a, b))),
          );
          run.argmaxRows(outer * inner, count, x.address, places.address);
          assert.deepEqual(
            [...result(places.data)],
            each(
              x.data,
              rows,
              first((a, b) => a > b),
            ),
          );
          run.argminRows(outer * inner, count, x.address, places.address);
          assert.deepEqual(
            [...result(places.data)],
            each(
              x.data,
              rows,
              first((a, b) => a < b),
            ),
          );
        }
        for (const [i, sum] of sums.entries())
          assert.deepEqual(sum, sums[i % 2], "the order depends on the shape only");
      }));
  }

  it("NaN wins, the first of equal ones counts, −Infinity and −0 are numbers", () =>
    onBench((bench) => {
      const rows = [
        [1, 5, 5, NaN, 9, NaN, 2, 3, 4],
        [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
        [3, 7, 7, 7, 1, 1, 7, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, Infinity],
      ];
      const x = bench.f32(36, (i) => rows[Math.floor(i / 9)]![i % 9]!);
      const [y, places] = [bench.f32(4), bench.i32(4)];
      for (const { exports: run } of compiled) {
        run.maxRows(4, 9, x.address, y.address);
        assert.deepEqual([...y.data], [NaN, -Infinity, 7, Infinity]);
        run.argmaxRows(4, 9, x.address, places.address);
        assert.deepEqual([...places.data], [3, 0, 1, 8]);
        run.minRows(4, 9, x.address, y.address);
        assert.deepEqual([...y.data], [NaN, -Infinity, 0, 0]);
        run.argminRows(4, 9, x.address, places.address);
        assert.deepEqual([...places.data], [3, 0, 7, 0]);
        run.maxColumns(1, 9, 4, x.address, y.address);
        assert.deepEqual(
          [...y.data],
          [0, 7, 7, Infinity].map((_, c) =>
            rows
              .flat()
              .filter((_, i) => i % 4 === c)
              .reduce((a, b) => Math.max(a, b)),
          ),
        );
      }
    }));

  it("a million equal numbers add up to 1e-6", () =>
    onBench((bench) => {
      const x = bench.f32(1_000_000, () => 0.1);
      const y = bench.f32(1);
      for (const { exports: run } of compiled) {
        run.sumRows(1, 1_000_000, x.address, y.address, 1);
        assert.ok(Math.abs(y.data[0]! / (1e6 * Math.fround(0.1)) - 1) < 1e-6);
        run.sumColumns(1, 1_000_000, 1, x.address, y.address, 1);
        assert.ok(Math.abs(y.data[0]! / (1e6 * Math.fround(0.1)) - 1) < 1e-6);
      }
    }));
});
