import assert from "node:assert/strict";
import fc from "fast-check";
import { filled } from "../../../kernel/tensor/create.ts";
import { fromFlat } from "../../../kernel/tensor/create.ts";
import { sizeOf } from "../../../kernel/tensor/shape.ts";
import { copyElements, packed, view } from "../../../kernel/tensor/tensor.ts";
import { copyDefinition, type CopyExports } from "../../../kernel/wasm/copy.ts";
import { build, onBench, pattern } from "../../../kernel/wasm/kernel.ts";
import { fused, plain, wide } from "../../../kernel/wasm/variant.ts";

describe("copies in WebAssembly", () => {
  it("any shape, order of dims, stretch and gap: the elements row by row, and nothing besides", () => {
    const size = fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 19);
    const property = fc.property(
      fc.array(size, { maxLength: 4 }),
      fc.infiniteStream(fc.nat(5)),
      fc.constantFrom("float32" as const, "int32" as const),
      (shape, choices, dtype) => {
        // Dims in any order of memory, some stretched (step 0), some with gaps.
        const order = shape.map((_, d) => d).sort((a, b) => (choices.next().value - 2.5) * (a - b));
        const strides = shape.map(() => 0);
        let step = 1;
        for (const d of order) {
          const kind = choices.next().value;
          strides[d] = kind === 0 ? 0 : step;
          if (kind !== 0) step = step * shape[d]! + (kind === 1 ? 2 : 0);
        }
        const length =
          3 + 1 + [...shape].reduce((sum: number, n: number, d: number) => sum + Math.max(0, n - 1) * strides[d]!, 0);
        const source = fromFlat(
          Array.from({ length }, (_, i) => i - 5),
          [length],
          dtype,
        );
        const x = view(source, shape, strides, 3);
        const want = dtype === "int32" ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
        copyElements(x, want, 0);
        assert.deepEqual(packed(x).toTypedArray(), want);
      },
    );
    fc.assert(property, { numRuns: 500, seed: 11 });
  });

  const compiled = [plain, fused, wide].map((variant) => build<CopyExports>(copyDefinition, variant).exports);
  it("transposes any size in every variant", () =>
    onBench((bench) => {
      for (const [m, n] of [
        [1, 1],
        [3, 5],
        [4, 4],
        [5, 9],
        [8, 12],
        [17, 33],
        [64, 30],
      ] as const) {
        const x = bench.f32(m * n, pattern);
        for (const run of compiled) {
          const y = bench.f32(m * n + 4);
          run.transpose(m, n, x.address, 4 * m, y.address, 4 * n);
          for (let i = 0; i < m; i++)
            for (let j = 0; j < n; j++) assert.equal(y.data[i * n + j], x.data[j * m + i], `${m} ${n} ${i} ${j}`);
          assert.ok(y.data.subarray(m * n).every((v) => v !== v));
        }
      }
    }));

  it("rows are picked and added up, the same row more than once", () =>
    onBench((bench) => {
      for (const count of [1, 3, 4, 16, 23]) {
        const index = bench.i32(5, (i) => [2, 0, 2, 2, 1][i]!);
        const x = bench.f32(5 * count, pattern);
        for (const run of compiled) {
          const [y, sums] = [bench.f32(5 * count), bench.f32(3 * count, () => 1)];
          run.selectRows(5, count, index.address, x.address, y.address);
          run.addRows(5, count, index.address, x.address, sums.address);
          for (let j = 0; j < count; j++) {
            const at = (row: number): number => x.data[row * count + j]!;
            assert.deepEqual(
              Array.from({ length: 5 }, (_, k) => y.data[k * count + j]),
              [2, 0, 2, 2, 1].map(at),
            );
            assert.deepEqual(
              Array.from({ length: 3 }, (_, k) => sums.data[k * count + j]),
              [1 + at(1), 1 + at(4), Math.fround(Math.fround(1 + at(0)) + at(2)) + at(3)].map(Math.fround),
            );
          }
        }
      }
    }));

  for (const n of [0, 1, 5, 16, 17, 100]) {
    it(`${n} elements are filled`, () => {
      for (const value of [0.1, -0, NaN, Infinity])
        assert.deepEqual([...filled([n], value, "float32").toTypedArray()], Array(n).fill(Math.fround(value)));
      assert.deepEqual([...filled([n], -7, "int32").toTypedArray()], Array(n).fill(-7));
    });
  }
});
