import assert from "node:assert/strict";
import { grad, nn, randint, tensor, type Tensor } from "../../../kernel/gradbook.ts";
import { build, onBench, pattern } from "../../../kernel/wasm/kernel.ts";
import { softmaxDefinition, softmaxOf, type SoftmaxExports } from "../../../kernel/wasm/softmax.ts";
import { fused, plain, wide } from "../../../kernel/wasm/variant.ts";

const compiled = [plain, fused, wide].map((variant) => build<SoftmaxExports>(softmaxDefinition, variant));
const sizes = [
  [1, 1],
  [3, 2],
  [2, 3],
  [5, 4],
  [4, 7],
  [3, 8],
  [64, 10],
  [7, 65],
  [2, 511],
  [3, 513],
  [1, 5000],
] as const;

describe("softmax in WebAssembly", () => {
  for (const [rows, count] of sizes) {
    it(`[${rows}, ${count}]: softmax and its logarithm, to 2e-6, in all variants`, () =>
      onBench((bench) => {
        const x = bench.f32(rows * count, (i) => 30 * pattern(i) + 500 * (Math.floor(i / count) % 2));
        const y = bench.f32(rows * count + 4);
        const want = Array.from({ length: rows }, (_, r) => softmaxOf(x.data.subarray(r * count, (r + 1) * count)));
        for (const { exports: run } of compiled) {
          for (const kind of ["softmax", "log"] as const) {
            run[kind === "log" ? "logSoftmax" : "softmax"](rows, count, x.address, y.address);
            for (let i = 0; i < rows * count; i++) {
              const wanted = want[Math.floor(i / count)]![kind][i % count]!;
              assert.ok(Math.abs(y.data[i]! - wanted) <= 2e-6 * Math.max(1, Math.abs(wanted)), `${kind} ${i}`);
            }
            assert.ok(y.data.subarray(rows * count).every((v) => v !== v));
          }
        }
      }));
  }

  const rows: [name: string, row: number[], want: number[]][] = [
    ["a row of equals", [7, 7, 7, 7], [0.25, 0.25, 0.25, 0.25]],
    ["very large", [3e38, 3e38, -3e38], [0.5, 0.5, 0]],
    ["−Infinity is probability 0", [0, -Infinity, 0, -Infinity, -Infinity], [0.5, 0, 0.5, 0, 0]],
    ["only −Infinity has no answer", [-Infinity, -Infinity], [NaN, NaN]],
    ["NaN spreads", [1, NaN, 2, 3, 4], [NaN, NaN, NaN, NaN, NaN]],
  ];
  for (const [name, row, want] of rows) {
    it(name, () => {
      for (const dtype of ["float32", "float64"] as const)
        assert.deepEqual(tensor([row], { dtype }).softmax(1).toArray(), [want]);
    });
  }
});

/** As the fused one, from the parts that any dtype takes. */
function composed(x: Tensor, target: Tensor, reduction: "mean" | "sum" | "none", ignoreIndex: number): Tensor {
  return nn.functional.nllLoss(x.logSoftmax(1), target, { reduction, ignoreIndex });
}

describe("cross entropy of rows", () => {
  for (const reduction of ["mean", "sum", "none"] as const) {
    for (const ignored of [false, true]) {
      it(`${reduction}${ignored ? ", some ignored" : ""}: value, gradient and second derivative as the composed one's`, () => {
        const data = Array.from({ length: 5 * 9 }, (_, i) => 4 * pattern(i));
        const target = randint(9, [5]);
        if (ignored) for (const i of [1, 4]) target.select(0, i).fill_(-7);
        const results = (["float32", "float64"] as const).map((dtype) => {
          const x = tensor(data, { dtype }).reshape(5, 9).detach();
          x.requiresGrad = true;
          const loss =
            dtype === "float32"
              ? nn.functional.crossEntropy(x, target, { reduction, ignoreIndex: -7 })
              : composed(x, target, reduction, -7);
          const weights = tensor([0.5, -1, 2, 0.25, 3], { dtype });
          const scalar = loss.ndim === 0 ? loss.mul(2) : loss.mul(weights).sum();
          const [dx] = grad(scalar, [x], { createGraph: true });
          const [second] = grad(dx.pow(3).sum(), [x]);
          return [loss, dx, second].map((t) => t.detach().toTypedArray());
        });
        results[0]!.forEach((got, k) =>
          got.forEach((v, i) => {
            const want = results[1]![k]![i]!;
            assert.ok(Math.abs(v - want) < 2e-5, `${["loss", "gradient", "second"][k]} ${i}: ${v}, should be ${want}`);
          }),
        );
      });
    }
  }
  for (const name of ["softmax", "logSoftmax"] as const) {
    it(`${name}: gradient and second derivative in float32 as in float64`, () => {
      const results = (["float32", "float64"] as const).map((dtype) => {
        const x = tensor(
          Array.from({ length: 4 * 11 }, (_, i) => 2 * pattern(i)),
          { dtype },
        )
          .reshape(4, 11)
          .detach();
        const w = tensor(
          Array.from({ length: 4 * 11 }, (_, i) => pattern(i + 99)),
          { dtype },
        ).reshape(4, 11);
        x.requiresGrad = true;
        const [dx] = grad(x[name](1).mul(w).sum(), [x], { createGraph: true });
        const [second] = grad(dx.pow(3).sum(), [x], { createGraph: true });
        const [third] = grad(second.pow(2).sum(), [x]);
        return [dx, second, third].map((t) => t.detach().toTypedArray());
      });
      results[0]!.forEach((got, k) =>
        got.forEach((v, i) => {
          const want = results[1]![k]![i]!;
          assert.ok(Math.abs(v - want) < 2e-5 * Math.max(1, Math.abs(want)), `${k} ${i}: ${v}, should be ${want}`);
        }),
      );
    });
  }
});
