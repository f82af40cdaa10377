import assert from "node:assert/strict";
import fc from "fast-check";
import { conv2d } from "../../../kernel/ops/index.ts";
import { manualSeed, noGrad, randn } from "../../../kernel/gradbook.ts";
import { turned, type Geometry } from "../../../kernel/wasm/convPlan.ts";
import { makeWinogradPlan, winogradFits } from "../../../kernel/wasm/convWinogradPlan.ts";
import { makeWinogradWeightPlan } from "../../../kernel/wasm/convWinogradWeightPlan.ts";
import { build, onBench, type Bench } from "../../../kernel/wasm/kernel.ts";
import { fused, plain, wide, type Variant } from "../../../kernel/wasm/variant.ts";
import {
  runWinograd,
  runWinogradInput,
  runWinogradWeight,
  winogradKernel,
  winogradWeightKernel,
} from "../../../kernel/wasm/winograd.ts";
import { assertNear, backwards, geometry, operands, reference, type Operands } from "./convReference.ts";

const variants: readonly Variant[] = [wide, fused, plain];
const kernels = new Map(
  variants.map((variant) => [
    variant,
    { forward: build(winogradKernel, variant).exports, weight: build(winogradWeightKernel, variant).exports },
  ]),
);

function run(bench: Bench, variant: Variant, g: Geometry, { x, w, y, bias }: Operands) {
  const { forward, weight } = kernels.get(variant)!;
  const out = { x: bench.f32(x.data.length), w: bench.f32(w.data.length), y: bench.f32(y.data.length) };
  runWinograd(forward, g, makeWinogradPlan(g), x.address, w.address, bias.address, out.y.address);
  runWinogradInput(forward, g, makeWinogradPlan(turned(g)), y.address, w.address, out.x.address);
  runWinogradWeight(weight, g, makeWinogradWeightPlan(g), x.address, y.address, out.w.address);
  return out;
}

/** batch, channels in and out, image, padding */
type Given = readonly [number, number, number, readonly [number, number], readonly [number, number]];
const of = ([batch, channels, out, image, padding]: Given): Geometry =>
  geometry([batch, channels, out, 1, image, [3, 3], [1, 1], padding, [1, 1]])!;

const table: [name: string, given: Given][] = [
  ["whole tiles and vectors", [2, 4, 6, [8, 16], [1, 1]]],
  ["odd sizes", [2, 3, 5, [9, 7], [1, 1]]],
  ["no margin", [1, 2, 11, [5, 12], [0, 0]]],
  ["a margin of two", [1, 3, 2, [4, 6], [2, 2]]],
  ["a margin on one side", [3, 2, 3, [6, 5], [0, 2]]],
  ["a small gradient in a tile of large ones", [2, 10, 1, [16, 10], [0, 0]]],
  ["one output pixel", [2, 3, 2, [3, 3], [0, 0]]],
  ["more tiles than a block", [1, 1, 1, [19, 18], [1, 1]]],
  ["more channels than a panel is wide", [1, 37, 9, [4, 4], [1, 1]]],
  ["small images together, the last ones fewer", [39, 3, 2, [5, 3], [1, 1]]],
  ["more images than parts", [19, 1, 2, [4, 4], [1, 1]]],
];

describe("Winograd's algorithm in WebAssembly", () => {
  for (const variant of variants) {
    const check = (g: Geometry, seed: number): void =>
      onBench((bench) => {
        const given = operands(bench, g, seed);
        // A small result beside large ones of its tile is rounded as they are.
        assertNear(run(bench, variant, g, given), reference(g, given), 2e-6, JSON.stringify(g), 1e-6);
      });
    describe(variant.name, () => {
      for (const [name, given] of table) it(name, () => check(of(given), 0));
      it("any size", () => {
        const size = (least: number, most: number) => fc.integer({ min: least, max: most });
        const given = fc.tuple(
          size(1, 3),
          size(1, 20),
          size(1, 14),
          fc.tuple(size(3, 20), size(3, 20)),
          fc.tuple(size(0, 2), size(0, 2)),
        );
        fc.assert(
          fc.property(given, fc.nat(1000), (sizes, seed) => check(of(sizes), seed)),
          { numRuns: 30 },
        );
      });
    });
  }

  it("fused and revectorized give the same bits", () => {
    for (const [name, given] of table) {
      const results = [wide, fused].map((variant) =>
        onBench((bench) => {
          const out = run(bench, variant, of(given), operands(bench, of(given), 5));
          return [out.x, out.w, out.y].map(({ data }) => data.slice());
        }),
      );
      assert.deepEqual(results[0], results[1], name);
    }
  });

  it("chunks of images in any order give the same bits", () => {
    const { forward, weight } = kernels.get(fused)!;
    for (const given of table.slice(0, 5).map((row) => row[1])) {
      const g = of([40, ...given.slice(1)] as unknown as Given);
      onBench((bench) => {
        const { x, w, y, bias } = operands(bench, g, 3);
        const want = run(bench, fused, g, { x, w, y, bias });
        const out = { x: bench.f32(x.data.length), w: bench.f32(w.data.length), y: bench.f32(y.data.length) };
        const [there, back] = [makeWinogradPlan(g), makeWinogradPlan(turned(g))];
        const all = backwards(forward.winograd);
        runWinograd(forward, g, there, x.address, w.address, bias.address, out.y.address, all);
        runWinogradInput(forward, g, back, y.address, w.address, out.x.address, all);
        const plan = makeWinogradWeightPlan(g);
        runWinogradWeight(weight, g, plan, x.address, y.address, out.w.address, backwards(weight.weight));
        for (const name of ["y", "x", "w"] as const) assert.deepEqual(out[name].data, want[name].data);
      });
    }
  });

  it("is chosen by shape: 3 × 3, stride 1, enough channels and pixels", () => {
    const g = of([16, 16, 16, [8, 8], [1, 1]]);
    const cases: [Geometry, boolean][] = [
      [g, true],
      [{ ...g, stride: [2, 2] }, false],
      [{ ...g, dilation: [1, 2] }, false],
      [{ ...g, groups: 2 }, false],
      [of([16, 15, 16, [8, 8], [1, 1]]), false],
      [of([16, 16, 15, [8, 8], [1, 1]]), false],
      [of([16, 16, 16, [7, 7], [1, 1]]), true],
      [of([16, 16, 16, [4, 4], [1, 1]]), false],
    ];
    for (const [given, fits] of cases) {
      assert.equal(winogradFits(given), fits);
    }
  });

  it("loses no more than a few units of rounding at a real size", () => {
    manualSeed(0);
    const x = randn(8, 32, 16, 16).requiresGrad_();
    const w = noGrad(() => randn(48, 32, 3, 3).mul(0.06)).requiresGrad_();
    const b = randn(48).requiresGrad_();
    const operands32 = [x, w, b] as const;
    const operands64 = operands32.map((t) => noGrad(() => t.to("float64")).requiresGrad_());
    const y = conv2d(x, w, b, { padding: 1 });
    const y64 = conv2d(operands64[0]!, operands64[1]!, operands64[2], { padding: 1 });
    const g = randn(...y.shape);
    y.backward(g);
    y64.backward(g.to("float64"));
    const pairs = [[y, y64], ...operands32.map((t, i) => [t.grad!, operands64[i]!.grad!])] as const;
    for (const [got, want] of pairs) {
      const values = Array.from(want!.toTypedArray());
      const largest = values.reduce((a, v) => Math.max(a, Math.abs(v)), 1);
      got!.toTypedArray().forEach((value, i) => assert.ok(Math.abs(value - values[i]!) <= 2e-6 * largest));
    }
  });
});
