import assert from "node:assert/strict";
import { digits } from "../../../kernel/data/index.ts";
import { manualSeed, rand } from "../../../kernel/tensor/index.ts";

/** Share of `test` that is nearest, in pixels, to the right one of the ten mean images of `train`. */
function nearestMean(train: ReturnType<typeof digits>, test: ReturnType<typeof digits>): number {
  const rows = ({ images, labels }: ReturnType<typeof digits>) => {
    const pixels = images.toTypedArray();
    return Array.from(labels.toTypedArray(), (label, i) => ({
      label,
      pixels: pixels.subarray(784 * i, 784 * (i + 1)),
    }));
  };
  const means = Array.from({ length: 10 }, (_, digit) => {
    const own = rows(train).filter(({ label }) => label === digit);
    return Float64Array.from(
      { length: 784 },
      (_, k) => own.reduce((sum, { pixels }) => sum + pixels[k]!, 0) / own.length,
    );
  });
  const distance = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    let sum = 0;
    for (let k = 0; k < 784; k++) sum += (a[k]! - b[k]!) ** 2;
    return sum;
  };
  const right = rows(test).filter(({ label, pixels }) => {
    const distances = means.map((mean) => distance(mean, pixels));
    return distances.indexOf(Math.min(...distances)) === label;
  });
  return right.length / test.labels.shape[0]!;
}

describe("data: digits", () => {
  const sample = digits({ n: 500, seed: 1 });

  it("has the shapes and ranges of MNIST, and paper that is exactly 0", () => {
    assert.deepEqual([sample.images.shape, sample.images.dtype], [[500, 1, 28, 28], "float32"]);
    assert.deepEqual([sample.labels.shape, sample.labels.dtype], [[500], "int32"]);
    const pixels = Array.from(sample.images.toTypedArray());
    assert.ok(pixels.every((pixel) => pixel >= 0 && pixel <= 1));
    assert.deepEqual([...new Set(sample.labels.toTypedArray())].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const paper = pixels.filter((pixel) => pixel === 0).length / pixels.length;
    assert.ok(paper > 0.7 && paper < 0.9, `${paper} of the pixels are paper; in MNIST 0.81`);
    const mean = pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length;
    assert.ok(mean > 0.1 && mean < 0.16, `mean ${mean}; in MNIST 0.131`);
  });

  it("ink does not touch the edge of the image", () => {
    const pixels = sample.images.toTypedArray();
    const edge = pixels.filter((_, i) => [0, 27].includes(i % 28) || [0, 27].includes(Math.floor(i / 28) % 28));
    const inked = edge.filter((pixel) => pixel > 0.5).length / edge.length;
    assert.ok(inked < 0.002, `${inked} of the pixels at the edge are ink`);
  });

  it("the same seed gives the same digits, another seed others, and more of them begin with the fewer", () => {
    const pixels = (options: object) => digits(options).images.toTypedArray();
    manualSeed(1);
    const first = pixels({ n: 3, seed: 5 });
    manualSeed(2);
    assert.deepEqual(pixels({ n: 3, seed: 5 }), first);
    assert.deepEqual(pixels({ n: 5, seed: 5 }).slice(0, 3 * 784), first);
    assert.notDeepEqual(pixels({ n: 3, seed: 6 }), first);
  });

  it("leaves the global random numbers alone", () => {
    manualSeed(1);
    const want = rand(1).item();
    manualSeed(1);
    digits({ n: 2 });
    assert.equal(rand(1).item(), want);
  });

  it("can be learned, but not by comparing with ten mean images", () => {
    const right = nearestMean(sample, digits({ n: 500, seed: 2 }));
    assert.ok(right > 0.5 && right < 0.85, `nearest mean is right for ${right}; in MNIST 0.82`);
  });

  it("refuses what it does not know", () => {
    assert.throws(() => digits({ count: 5 } as object), /data\.digits: unknown option "count"\. Options: n, seed/);
    assert.throws(() => digits({ n: 0 }), /data\.digits: n must be a number ≥ 1, whole, got 0/);
    assert.throws(() => digits({ seed: NaN }), /data\.digits: seed must be a number that is whole, got NaN/);
  });
});
