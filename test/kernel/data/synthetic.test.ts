import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import * as data from "../../../kernel/data/index.ts";
import { manualSeed, rand, type Tensor } from "../../../kernel/tensor/index.ts";

const rows = once((x) => x.toArray() as number[][]);
const list = once((x) => x.toArray() as number[]);
/** Of each tensor the nested arrays are made only once: the tests ask for them row by row. */
function once<T>(make: (x: Tensor) => T): (x: Tensor) => T {
  const known = new WeakMap<Tensor, T>();
  return (x) => {
    if (!known.has(x)) known.set(x, make(x));
    return known.get(x)!;
  };
}
const radius = ([a, b]: number[]) => Math.hypot(a!, b!);
const near = (got: number, want: number, tolerance = 1e-6) =>
  assert.ok(Math.abs(got - want) <= tolerance, `${got}, not ${want}`);
const sets = ["moons", "circles", "spirals", "blobs", "regression"] as const;

describe("data: synthetic sets", () => {
  it("every file of kernel/data/synthetic is a set of this table", () => {
    const files = readdirSync(new URL("../../../kernel/data/synthetic", import.meta.url));
    assert.deepEqual(
      files.filter((file) => file !== "drawing.ts").map((file) => file.replace(".ts", "")),
      [...sets].sort(),
    );
  });

  for (const name of sets) {
    it(`${name}: the same seed gives the same samples and another seed others; the global numbers are left alone`, () => {
      const draw = (seed: number) => {
        const options = name === "blobs" ? { n: 31, seed } : { n: 31, seed, noise: 0.1 };
        const { x, y } = data[name](options);
        assert.deepEqual([x.shape[0], y.shape[0], x.dtype], [31, 31, "float32"]);
        return [x.toArray(), y.toArray()];
      };
      manualSeed(1);
      const first = draw(5);
      assert.deepEqual(draw(5), first);
      assert.notDeepEqual(draw(6), first);
      const after = rand(1).item();
      manualSeed(1);
      assert.equal(rand(1).item(), after);
    });
    it(`${name}: refuses what it does not know`, () => {
      assert.throws(
        () => data[name]({ count: 5 } as object),
        new RegExp(`data\\.${name}: unknown option "count"\\. Options: n, `),
      );
      assert.throws(() => data[name]({ n: 0 }), new RegExp(`data\\.${name}: n must be a number ≥ 1, whole, got 0`));
      assert.throws(() => data[name]({ seed: 0.5 }), new RegExp(`data\\.${name}: seed must be`));
    });
  }

  it("moons: in order, the upper half circle, then the lower one", () => {
    const { x, y } = data.moons({ n: 7, shuffle: false });
    assert.deepEqual(list(y), [0, 0, 0, 1, 1, 1, 1]);
    const want = [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, 0.5],
      [0.5, 0.5 - Math.sqrt(0.75)],
      [1.5, 0.5 - Math.sqrt(0.75)],
      [2, 0.5],
    ];
    rows(x).forEach((point, i) => point.forEach((value, k) => near(value, want[i]![k]!)));
  });

  it("circles: half of the points at radius 1, half at the factor, evenly", () => {
    const { x, y } = data.circles({ n: 9, factor: 0.5, shuffle: false });
    assert.deepEqual(list(y), [0, 0, 0, 0, 1, 1, 1, 1, 1]);
    rows(x).forEach((point, i) => near(radius(point), i < 4 ? 1 : 0.5));
    near(rows(x)[1]![1]!, 1);
    near(rows(x)[5]![0]!, 0.5 * Math.cos((2 * Math.PI) / 5));
  });

  it("spirals: each class at all radii, a turn by turn", () => {
    const { x, y } = data.spirals({ n: 8, classes: 2, turns: 1, shuffle: false });
    assert.deepEqual(list(y), [0, 0, 0, 0, 1, 1, 1, 1]);
    const want = [
      [0, 0.25],
      [-0.5, 0],
      [0, -0.75],
      [1, 0],
    ];
    rows(x).forEach((point, i) => point.forEach((value, k) => near(value, (i < 4 ? 1 : -1) * want[i % 4]![k]!)));
  });

  it("blobs: means and spreads of the clouds are those asked for; random centers lie in the box", () => {
    const { x, y, centers } = data.blobs({
      n: 20_000,
      centers: [
        [1, 2, 3],
        [-4, 0, 9],
      ],
      clusterStd: 2,
      seed: 3,
    });
    assert.deepEqual(centers.toArray(), [
      [1, 2, 3],
      [-4, 0, 9],
    ]);
    for (const k of [0, 1]) {
      const own = rows(x).filter((_, i) => list(y)[i] === k);
      assert.equal(own.length, 10_000);
      for (const feature of [0, 1, 2]) {
        const mean = own.reduce((sum, point) => sum + point[feature]!, 0) / own.length;
        near(mean, rows(centers)[k]![feature]!, 0.1); // five standard deviations
        near(own.reduce((sum, point) => sum + (point[feature]! - mean) ** 2, 0) / own.length, 4, 0.3);
      }
    }
    const box = data.blobs({ centers: 50, nFeatures: 4, centerBox: [2, 3] });
    assert.deepEqual(
      [box.x.shape, box.centers.shape],
      [
        [100, 4],
        [50, 4],
      ],
    );
    assert.ok(
      rows(box.centers)
        .flat()
        .every((value) => value >= 2 && value <= 3),
    );
  });

  it("regression: the targets are the linear ones, features that do not matter have coefficient 0, noise is as asked", () => {
    const { x, y, coef } = data.regression({ n: 5000, nFeatures: 3, nInformative: 2, bias: 7, noise: 3 });
    assert.deepEqual([y.shape, coef.shape, rows(coef)[2]], [[5000, 1], [3, 1], [0]]);
    const rest = rows(x).map(
      (point, i) => rows(y)[i]![0]! - 7 - point.reduce((sum, value, k) => sum + value * rows(coef)[k]![0]!, 0),
    );
    near(rest.reduce((sum, value) => sum + value, 0) / 5000, 0, 0.25);
    near(Math.sqrt(rest.reduce((sum, value) => sum + value ** 2, 0) / 5000), 3, 0.2);
  });

  it("noise is normal with the standard deviation asked for, and shuffling keeps points and classes together", () => {
    const [plain, mixed] = [false, true].map((shuffle) => data.circles({ n: 2000, factor: 0.1, shuffle }));
    rows(mixed!.x).forEach((point, i) => near(radius(point), list(mixed!.y)[i] === 0 ? 1 : 0.1));
    assert.notDeepEqual(list(mixed!.y), list(plain!.y));
    const noisy = data.circles({ n: 2000, factor: 0.1, shuffle: false, noise: 0.5 });
    const off = rows(noisy.x).flatMap((point, i) => point.map((value, k) => value - rows(plain!.x)[i]![k]!));
    near(Math.sqrt(off.reduce((sum, value) => sum + value ** 2, 0) / off.length), 0.5, 0.03);
  });

  const mistakes: [string, () => unknown, RegExp][] = [
    ["a factor of 1", () => data.circles({ factor: 1 }), /factor must be a number ≥ 0, below 1, got 1/],
    ["negative noise", () => data.moons({ noise: -1 }), /noise must be a number ≥ 0, got -1/],
    [
      "noise for blobs",
      () => data.blobs({ noise: 1 } as object),
      /data\.blobs: unknown option "noise"; the spread is clusterStd/,
    ],
    [
      "centers of two kinds",
      () => data.blobs({ centers: [[1], [1, 2]] }),
      /centers must be a number or rows of 1 coordinates, got \[\[1\], \[1, 2\]\]/,
    ],
    [
      "a box the wrong way round",
      () => data.blobs({ centerBox: [1, 0] }),
      /centerBox must be \[low, high\], got \[1, 0\]/,
    ],
    [
      "more that matter than there are",
      () => data.regression({ nInformative: 2 }),
      /nInformative must be a number from 0 to 1, whole, got 2/,
    ],
    ["no classes", () => data.spirals({ classes: 0 }), /classes must be a number ≥ 1, whole, got 0/],
  ];
  for (const [what, call, message] of mistakes)
    it(`${what} is an error that says so`, () => assert.throws(call, message));
});
