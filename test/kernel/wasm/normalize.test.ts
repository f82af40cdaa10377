import assert from "node:assert/strict";
import { grad, nn, tensor, type Tensor } from "../../../kernel/gradbook.ts";
import { build, onBench, pattern } from "../../../kernel/wasm/kernel.ts";
import { normalizeDefinition, type NormalizeExports } from "../../../kernel/wasm/normalize.ts";
import { fused, plain, wide } from "../../../kernel/wasm/variant.ts";

const { batchNorm, groupNorm, layerNorm } = nn.functional;
type Net = (x: Tensor, ...parameters: Tensor[]) => Tensor;

const nets: [claim: string, shape: number[], parameters: number[][], net: Net][] = [
  ["layerNorm", [5, 13], [[13], [13]], (x, w, b) => layerNorm(x, [13], w, b)],
  [
    "layerNorm over two dims",
    [3, 4, 6],
    [
      [4, 6],
      [4, 6],
    ],
    (x, w, b) => layerNorm(x, [4, 6], w, b),
  ],
  ["layerNorm without a bias", [2, 3, 8], [[8]], (x, w) => layerNorm(x, [8], w)],
  ["layerNorm without either", [7, 5], [], (x) => layerNorm(x, [5])],
  ["layerNorm of a transposed input", [9, 4], [[9], [9]], (x, w, b) => layerNorm(x.transpose(0, 1), [9], w, b)],
  ["layerNorm with a bias only", [4, 6], [[6]], (x, b) => layerNorm(x, [6], undefined, b)],
  ["groupNorm", [3, 6, 5], [[6], [6]], (x, w, b) => groupNorm(x, 2, w, b)],
  ["batchNorm", [4, 3, 4, 5], [[3], [3]], (x, w, b) => batchNorm(x, undefined, undefined, w, b, { training: true })],
  [
    "batchNorm without parameters",
    [2, 5, 17],
    [],
    (x) => batchNorm(x, undefined, undefined, undefined, undefined, { training: true }),
  ],
  [
    "batchNorm of few places",
    [6, 3],
    [[3], [3]],
    (x, w, b) => batchNorm(x, undefined, undefined, w, b, { training: true }),
  ],
];

describe("normalisation in WebAssembly", () => {
  for (const [claim, shape, parameters, net] of nets) {
    it(`${claim}: value, gradients, second derivatives in float32 as in float64`, () => {
      const results = (["float32", "float64"] as const).map((dtype) => {
        const make = (s: readonly number[], seed: number, shift: number): Tensor => {
          const count = s.reduce((a, b) => a * b, 1);
          const data = Array.from({ length: count }, (_, i) => shift + 2 * pattern(i + seed));
          const x = tensor(data, { dtype })
            .reshape([...s])
            .detach();
          x.requiresGrad = true;
          return x;
        };
        const inputs = [make(shape, 0, 3), ...parameters.map((s, k) => make(s, 100 * (k + 1), 1))];
        const y = net(inputs[0]!, ...inputs.slice(1));
        const scalar = y
          .mul(make(y.shape, 500, 0))
          .sum()
          .add(y.pow(3).sum());
        const first = grad(scalar, inputs, { retainGraph: true });
        const recorded = grad(scalar, inputs, { createGraph: true });
        const second = grad(
          recorded.map((g) => g.square().sum()).reduce((a, b) => a.add(b)),
          inputs,
        );
        return [y, ...first, ...recorded, ...second].map((t) => t.detach().toTypedArray());
      });
      results[0]!.forEach((got, k) => {
        const want = results[1]![k]!;
        const largest = [...want].reduce((a, b) => Math.max(a, Math.abs(b)), 1);
        [...got].forEach((v, i) =>
          assert.ok(Math.abs(v - want[i]!) <= 2e-5 * largest, `${k}, ${i}: ${v}, should be ${want[i]}`),
        );
      });
    });
  }

  it("rows of every length in every variant", () =>
    onBench((bench) => {
      for (const variant of [plain, fused, wide]) {
        const { exports: run } = build<NormalizeExports>(normalizeDefinition, variant);
        for (const count of [1, 2, 3, 4, 7, 8, 9, 16, 511, 520, 1030]) {
          const x = bench.f32(2 * count, (i) => 100 + pattern(i));
          const [w, b] = [bench.f32(count, () => 2), bench.f32(count, () => -1)];
          const [y, state] = [bench.f32(2 * count + 4), bench.f32(4)];
          run.forward(2, count, x.address, w.address, b.address, y.address, state.address, 1e-5);
          for (const r of [0, 1]) {
            const row = [...x.data.subarray(r * count, (r + 1) * count)];
            const mean = row.reduce((a, v) => a + v) / count;
            const root = 1 / Math.sqrt(row.reduce((a, v) => a + (v - mean) ** 2, 0) / count + 1e-5);
            row.forEach((v, j) => {
              const want = (v - mean) * root * 2 - 1;
              assert.ok(Math.abs(y.data[r * count + j]! - want) < 1e-4, `${count}: ${y.data[r * count + j]}, ${want}`);
            });
          }
          assert.ok(y.data.subarray(2 * count).every((v) => v !== v));
        }
      }
    }));

  it("running values follow the batch as before", () => {
    for (const places of [3, 20]) {
      const data = Array.from({ length: 4 * 2 * places }, (_, i) => pattern(i));
      const net = new nn.BatchNorm1d(2);
      net.forward(tensor(data).reshape(4, 2, places));
      const [mean, variance] = [net.runningMean!, net.runningVar!].map((x) => x.toTypedArray());
      for (const c of [0, 1]) {
        const own = data.filter((_, i) => Math.floor(i / places) % 2 === c);
        const average = own.reduce((a, b) => a + b) / own.length;
        const spread = own.reduce((a, b) => a + (b - average) ** 2, 0) / (own.length - 1);
        assert.ok(Math.abs(mean![c]! - 0.1 * average) < 1e-6);
        assert.ok(Math.abs(variance![c]! - (0.9 + 0.1 * spread)) < 1e-6);
      }
    }
  });
});
