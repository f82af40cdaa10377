import assert from "node:assert/strict";
import fc from "fast-check";
import { tensor } from "../../kernel/gradbook.ts";
import { BINS, statistics } from "../../kernel/tensor/statistics.ts";

const close = (got: number, want: number): void =>
  assert.ok(Object.is(got, want) || Math.abs(got - want) <= 1e-9 * (1 + Math.abs(want)), `${got}, not ${want}`);

describe("statistics", () => {
  // [elements, { min, max, mean, std, nan, infinite }]; std as torch.std: divided by n − 1.
  const rows: [string, number[], [number, number, number, number, number, number]][] = [
    ["of whole numbers", [1, 2, 3, 4], [1, 4, 2.5, 1.2909944487358056, 0, 0]],
    ["of one element: no deviation", [7], [7, 7, 7, NaN, 0, 0]],
    ["of nothing", [], [NaN, NaN, NaN, NaN, 0, 0]],
    ["leave out what is not finite, and count it", [1, NaN, 3, Infinity, -Infinity, NaN], [1, 3, 2, Math.SQRT2, 2, 2]],
    ["of nothing finite", [NaN, Infinity], [NaN, NaN, NaN, NaN, 1, 1]],
    ["of a large mean and a small deviation", [1e9, 1e9 + 1, 1e9 + 2], [1e9, 1e9 + 2, 1e9 + 1, 1, 0, 0]],
  ];
  for (const [name, elements, want] of rows) {
    it(name, () => {
      const { min, max, mean, std, nan, infinite } = statistics(tensor(elements, { dtype: "float64" }));
      [min, max, mean, std, nan, infinite].forEach((got, i) => close(got, want[i]!));
    });
  }

  it("the histogram has each finite element once, the smallest in the first bin and the largest in the last", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noDefaultInfinity: true }), { minLength: 1 }), (elements) => {
        const { histogram, nan, min, max } = statistics(tensor(elements, { dtype: "float64" }));
        assert.equal(
          histogram.reduce((a, b) => a + b, 0),
          elements.length - nan,
        );
        if (max > min) assert.ok(histogram[0]! > 0 && histogram[BINS - 1]! > 0);
      }),
    );
  });

  it("a view is looked at through its strides", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 60],
    ]);
    assert.equal(statistics(x.slice([null, [0, 1]])).mean, 2.5);
    assert.deepEqual(statistics(x.t()), statistics(x));
  });

  it("many elements are sampled over their whole length", () => {
    const many = new Float32Array(3_000_000).map((_, i) => i);
    const { sampled, size, mean, max } = statistics(tensor(many));
    assert.equal(size, 3_000_000);
    assert.ok(sampled === 1_000_000 && max > 2_999_990 && Math.abs(mean - 1_500_000) < 10, `${sampled} ${mean}`);
  });
});
