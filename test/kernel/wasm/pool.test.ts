import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import * as ops from "../../../kernel/ops/index.ts";
import { tensor, type Tensor } from "../../../kernel/gradbook.ts";
import { windowsOf } from "../../../kernel/ops/poolOptions.ts";
import { build, onBench, pattern } from "../../../kernel/wasm/kernel.ts";
import {
  maxKernel,
  meanKernel,
  placesOf,
  runMax,
  runMean,
  runScatter,
  runSpread,
  type Windows,
} from "../../../kernel/wasm/pool.ts";
import { makePoolPlan } from "../../../kernel/wasm/poolPlan.ts";
import { fused, plain, wide } from "../../../kernel/wasm/variant.ts";
import { close } from "../close.ts";

interface Row {
  name: "maxPool2d" | "avgPool2d" | "adaptiveMaxPool2d" | "adaptiveAvgPool2d";
  shape: number[];
  size: number | (number | null)[];
  options: Record<string, unknown>;
  x: number[];
  outputShape: number[];
  y: number[];
  index: number[] | null;
  g: number[];
  gx: number[];
}
const rows = JSON.parse(readFileSync(new URL("../../golden/pool.json", import.meta.url), "utf8")) as Row[];
const camel = (name: string): string => name.replace(/_./g, (c) => c[1]!.toUpperCase());

describe("pooling as PyTorch 1.13 does it", () => {
  for (const row of rows) {
    const options = Object.fromEntries(Object.entries(row.options).map(([key, value]) => [camel(key), value]));
    for (const dtype of ["float32", "float64"] as const) {
      it(`${row.name} ${JSON.stringify(row.shape)} ${JSON.stringify(row.size)} ${JSON.stringify(options)} ${dtype}`, () => {
        const tolerance = dtype === "float32" ? 1e-6 : 1e-12;
        const x = tensor(row.x, { dtype }).reshape(row.shape).detach().requiresGrad_();
        const pool = ops[row.name] as (x: Tensor, size: unknown, options?: object) => Tensor;
        const y = Object.keys(options).length === 0 ? pool(x, row.size) : pool(x, row.size, options);
        close(y, { shape: row.outputShape, data: row.y }, tolerance);
        y.backward(tensor(row.g, { dtype }).reshape(row.outputShape));
        close(x.grad!, { shape: row.shape, data: row.gx }, tolerance);
        if (row.index === null) return;
        const indexed = pool(x, row.size, { ...options, returnIndices: true }) as unknown as [Tensor, Tensor];
        assert.deepEqual([...indexed[0].toTypedArray()], row.y);
        assert.deepEqual([...indexed[1].toTypedArray()], row.index);
        assert.equal(indexed[1].dtype, "int32");
      });
    }
  }

  it("a NaN is the largest, and goes through a mean", () => {
    for (const width of [4, 8]) {
      const x = tensor(Array.from({ length: 2 * width }, (_, i) => (i === 1 ? NaN : i)))
        .reshape(1, 2, width)
        .detach()
        .requiresGrad_();
      const y = ops.maxPool2d(x, 2);
      assert.ok(Number.isNaN(y.toTypedArray()[0]) && y.toTypedArray()[1] === width + 3);
      y.sum().backward();
      assert.deepEqual([...x.grad!.toTypedArray()].slice(0, 3), [0, 1, 0]);
      assert.ok(Number.isNaN(ops.avgPool2d(x, 2).toTypedArray()[0]));
    }
  });

  it("what it cannot do is refused by name", () => {
    const x = tensor([1, 2, 3, 4]).reshape(1, 2, 2);
    const cases: [() => unknown, RegExp][] = [
      [() => ops.maxPool2d(x, 3), /maxPool2d: the kernel \[3, 3\] is larger than the padded input \[1, 2, 2\]/],
      [() => ops.maxPool2d(x, 2, { padding: 2 }), /maxPool2d: padding 2 is more than half the kernel's 2/],
      [
        () => ops.avgPool2d(x, 2, { divisorOverride: 0 }),
        /avgPool2d: divisorOverride must be a whole number other than 0/,
      ],
      [() => ops.avgPool2d(x, 2, { dilation: 2 } as object), /avgPool2d: unknown option "dilation"/],
      [() => ops.maxPool2d(tensor([1, 2]), 2), /maxPool2d: needs \[batch, channels, height, width\]/],
    ];
    for (const [f, message] of cases) assert.throws(f, message);
  });
});

const variants = [wide, fused, plain];

describe("pooling in WebAssembly: any windows", () => {
  const kernels = variants.map((variant) => ({
    name: variant.name,
    max: build(maxKernel, variant).exports,
    mean: build(meanKernel, variant).exports,
  }));
  const size = fc.integer({ min: 1, max: 19 });
  const pair = (most: number) => fc.tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 1, max: most }));
  const given = fc.record({
    image: fc.tuple(size, size),
    kernel: fc.oneof(fc.constant<[number, number]>([2, 2]), pair(6)),
    stride: fc.oneof(fc.constant<[number, number]>([2, 2]), pair(3)),
    dilation: fc.oneof(fc.constant<[number, number]>([1, 1]), pair(2)),
    padded: fc.boolean(),
    ceilMode: fc.boolean(),
  });

  for (const { name, max, mean } of kernels) {
    it(name, () =>
      fc.assert(
        fc.property(given, fc.nat(100), ({ image, kernel, stride, dilation, padded, ceilMode }, seed) => {
          const x = tensor(new Float32Array(image[0] * image[1])).reshape(1, ...image);
          const padding = kernel.map((k) => (padded ? k >> 1 : 0));
          let windows: Windows;
          try {
            windows = windowsOf("test", x, kernel, { stride, dilation, padding, ceilMode });
          } catch {
            return; // The kernel is larger than the image.
          }
          checkMax(max, windows, seed);
          if (dilation.every((d) => d === 1)) checkMean(mean, windows, seed);
        }),
      ),
    );
  }

  const images = 3;
  function eachPlace(w: Windows, visit: (output: number, image: number, places: number[]) => void): void {
    for (let image = 0, k = 0; image < images; image++) {
      for (let row = 0; row < w.rows.length; row++)
        for (let column = 0; column < w.columns.length; column++)
          visit(k++, image * w.height * w.width, placesOf(w, row, column));
    }
  }

  function checkMax(run: Parameters<typeof runMax>[0], w: Windows, seed: number): void {
    onBench((bench) => {
      const inside = images * w.height * w.width;
      const outside = images * w.rows.length * w.columns.length;
      const x = bench.f32(inside, (i) => Math.round(pattern(i + seed) * 3));
      const g = bench.f32(outside, pattern);
      const [y, alone, back] = [bench.f32(outside), bench.f32(outside), bench.f32(inside)];
      const index = bench.i32(outside);
      const plan = makePoolPlan(w);
      runMax(run, w, plan, images, x.address, y.address, index.address);
      runMax(run, w, plan, images, x.address, alone.address, 0);
      runScatter(run, w, plan, images, g.address, index.address, back.address);
      const want = new Float32Array(inside);
      eachPlace(w, (k, image, places) => {
        let best = -1;
        for (const place of places) if (best < 0 || x.data[image + place]! > x.data[image + best]!) best = place;
        assert.equal(index.data[k], best, `index ${k} of ${w.key}`);
        assert.equal(y.data[k], best < 0 ? -Infinity : x.data[image + best]);
        if (best >= 0) want[image + best]! += g.data[k]!;
      });
      assert.deepEqual(alone.data, y.data);
      assert.deepEqual(back.data, want);
    });
  }

  function checkMean(run: Parameters<typeof runMean>[0], w: Windows, seed: number): void {
    onBench((bench) => {
      const inside = images * w.height * w.width;
      const outside = images * w.rows.length * w.columns.length;
      const x = bench.f32(inside, (i) => pattern(i + seed));
      const g = bench.f32(outside, pattern);
      const [y, back] = [bench.f32(outside), bench.f32(inside)];
      const plan = makePoolPlan(w);
      runMean(run, w, plan, images, x.address, y.address);
      runSpread(run, w, plan, images, g.address, back.address);
      const want = new Float64Array(inside);
      eachPlace(w, (k, image, places) => {
        const row = w.rows[Math.floor(k / w.columns.length) % w.rows.length]!;
        const divisor = row.weight * w.columns[k % w.columns.length]!.weight;
        const mean = places.reduce((sum, place) => sum + x.data[image + place]!, 0) / divisor;
        assert.ok(Math.abs(y.data[k]! - mean) < 1e-6, `mean ${k} of ${w.key}: ${y.data[k]}, not ${mean}`);
        for (const place of places) want[image + place]! += g.data[k]! / divisor;
      });
      want.forEach((value, i) => assert.ok(Math.abs(back.data[i]! - value) < 1e-5, `pixel ${i} of ${w.key}`));
    });
  }
});
