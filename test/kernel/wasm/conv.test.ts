import assert from "node:assert/strict";
import fc from "fast-check";
import { tensor } from "../../../kernel/gradbook.ts";
import { conv2d } from "../../../kernel/ops/index.ts";
import {
  forwardKernel,
  inputKernel,
  runForward,
  runInput,
  runTurned,
  runWeight,
  weightKernel,
  type Geometry,
} from "../../../kernel/wasm/conv.ts";
import { makePlan, turned } from "../../../kernel/wasm/convPlan.ts";
import { build, onBench, type Bench } from "../../../kernel/wasm/kernel.ts";
import { fused, plain, wide, type Variant } from "../../../kernel/wasm/variant.ts";
import {
  assertNear,
  backwards,
  geometry,
  operands,
  reference,
  type Operands,
  type Pair,
  type Sizes,
} from "./convReference.ts";

const variants: readonly Variant[] = [wide, fused, plain];
const kernels = new Map(
  variants.map((variant) => [
    variant,
    {
      forward: build(forwardKernel, variant).exports,
      input: build(inputKernel, variant).exports,
      weight: build(weightKernel, variant).exports,
    },
  ]),
);

/** Runs the three directions; the operands keep what they were, the results are returned. */
function run(bench: Bench, variant: Variant, g: Geometry, { x, w, y, bias }: Operands) {
  const { forward, input, weight } = kernels.get(variant)!;
  const plan = makePlan(g);
  const out = { x: bench.f32(x.data.length), w: bench.f32(w.data.length), y: bench.f32(y.data.length) };
  runForward(forward, g, plan, x.address, w.address, bias.address, out.y.address);
  runInput(input, g, plan, y.address, w.address, out.x.address);
  runWeight(weight, g, plan, x.address, y.address, out.w.address);
  return out;
}

function check(variant: Variant, g: Geometry, seed = 0): void {
  onBench((bench) => {
    const given = operands(bench, g, seed);
    const want = reference(g, given);
    const got = run(bench, variant, g, given);
    assertNear(got, want, 1e-6, JSON.stringify(g));
    const back = turned(g);
    if (g.stride.some((n) => n !== 1) || back.padding.some((n) => n < 0)) return;
    const x = bench.f32(got.x.data.length);
    runTurned(kernels.get(variant)!.forward, back, makePlan(back), given.y.address, given.w.address, x.address);
    assertNear({ ...got, x }, want, 1e-6, `the turned ${JSON.stringify(g)}`);
  });
}

const one: Pair = [1, 1];
const none: Pair = [0, 0];
const table: [name: string, sizes: Sizes][] = [
  ["LeNet's first", [3, 1, 8, 1, [28, 28], [5, 5], one, none, one]],
  ["LeNet's second", [3, 8, 16, 1, [12, 12], [5, 5], one, none, one]],
  ["a margin", [2, 3, 7, 1, [9, 9], [3, 3], one, one, one]],
  ["stride 2", [2, 4, 6, 1, [11, 10], [3, 3], [2, 2], one, one]],
  ["stride larger than the kernel", [1, 3, 2, 1, [7, 7], one, [3, 3], none, one]],
  ["dilation with stride", [1, 2, 3, 1, [20, 20], [3, 3], [3, 2], [2, 1], [2, 3]]],
  ["rows shorter than a strip", [2, 2, 3, 2, [5, 5], [3, 3], one, one, one]],
  ["one output pixel", [3, 3, 5, 1, [4, 4], [4, 4], one, none, one]],
  ["1 × 1", [2, 5, 9, 1, [6, 6], one, one, none, one]],
  ["depthwise", [1, 1, 1, 6, [17, 13], [3, 3], one, one, one]],
  ["more images than chunks", [37, 1, 2, 1, [3, 9], [2, 2], one, none, one]],
  ["padding beyond the kernel", [1, 2, 2, 1, [3, 3], [2, 2], [2, 1], [4, 3], one]],
];

describe("convolution in WebAssembly", () => {
  for (const variant of variants) {
    describe(variant.name, () => {
      for (const [name, sizes] of table) it(name, () => check(variant, geometry(sizes)!));
      it("any geometry", () => {
        const pair = (least: number, most: number) => fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most })); // prettier-ignore
        const sizes = fc.tuple(
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 13 }),
          fc.integer({ min: 1, max: 3 }),
          pair(1, 21),
          pair(1, 4),
          pair(1, 3),
          pair(0, 3),
          pair(1, 3),
        );
        fc.assert(
          fc.property(sizes, fc.nat(1000), (given, seed) => {
            const g = geometry(given);
            fc.pre(g !== undefined);
            check(variant, g, seed);
          }),
          { numRuns: 60 },
        );
      });
    });
  }

  it("fused and revectorized give the same bits", () => {
    for (const [name, sizes] of table) {
      const g = geometry(sizes)!;
      const results = [wide, fused].map((variant) =>
        onBench((bench) => {
          const out = run(bench, variant, g, operands(bench, g, 5));
          return [out.x, out.w, out.y].map(({ data }) => data.slice());
        }),
      );
      assert.deepEqual(results[0], results[1], name);
    }
  });

  it("chunks of images in any order give the same bits", () => {
    const { forward, input, weight } = kernels.get(fused)!;
    for (const sizes of [1, 2, 3, 6, 9, 10].map((row) => table[row]![1])) {
      const g = geometry([40, ...sizes.slice(1)] as unknown as Sizes)!;
      onBench((bench) => {
        const given = operands(bench, g, 3);
        const { x, w, y, bias } = given;
        const plan = makePlan(g);
        const want = run(bench, fused, g, given);
        const out = { x: bench.f32(x.data.length), w: bench.f32(w.data.length), y: bench.f32(y.data.length) };
        const all = [x.address, w.address, y.address] as const;
        runForward(forward, g, plan, all[0], all[1], bias.address, out.y.address, backwards(forward.forward));
        runInput(input, g, plan, all[2], all[1], out.x.address, backwards(input.input));
        runWeight(weight, g, plan, all[0], all[2], out.w.address, backwards(weight.weight));
        for (const name of ["y", "x", "w"] as const) assert.deepEqual(out[name].data, want[name].data);
      });
    }
  });

  it("planes that do not fit into memory are an error that says so", () => {
    const [x, w] = [tensor([1]).reshape(1, 1, 1, 1), tensor([1, 2, 3, 4]).reshape(1, 1, 2, 2)];
    const options = { padding: 40_000, dilation: 80_000 };
    assert.throws(
      () => conv2d(x, w, undefined, options),
      /^MemoryError: conv: no room for what it computes in between: \d+ MB are needed/,
    );
  });

  it("what is not finite reaches what it is multiplied with, and nothing else", () => {
    const spoil: [operand: "x" | "y" | "w", results: readonly ("x" | "y" | "w")[]][] = [
      ["x", ["y", "w"]],
      ["y", ["x"]],
      ["w", ["x"]],
    ];
    for (const variant of variants) {
      for (const [operand, results] of spoil) {
        for (const sizes of table.slice(2, 9).map((row) => row[1])) {
          const g = geometry(sizes)!;
          onBench((bench) => {
            const given = operands(bench, g, 0);
            given[operand].data[given[operand].data.length - 1] = NaN;
            const want = reference(g, given);
            const got = run(bench, variant, g, given);
            for (const name of results) {
              const finite = [got[name].data, want[name].value].map((data) => Array.from(data, Number.isFinite));
              assert.deepEqual(finite[0], finite[1], `NaN in ${operand}: ${name} of ${JSON.stringify(g)}`);
            }
          });
        }
      }
    }
  });
});
