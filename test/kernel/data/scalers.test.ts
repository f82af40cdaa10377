import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as data from "../../../kernel/data/index.ts";
import { arange, full, tensor, zeros, type Nested, type Tensor } from "../../../kernel/gradbook.ts";

type Numbers = (number | "nan")[];
interface Case {
  scaler: "StandardScaler" | "MinMaxScaler";
  options: { with_mean?: boolean; with_std?: boolean; feature_range?: [number, number]; clip?: boolean };
  dtype: "float32" | "float64";
  fields: { [name: string]: Numbers };
  transform: Numbers[];
  fitted: Numbers[];
  inverse: Numbers[];
}
/** What scikit-learn gives (test/golden/makeFiles.py). */
const golden: { fit: Numbers[]; new: Numbers[]; cases: Case[] } = JSON.parse(
  readFileSync(new URL("../../golden/scalers.json", import.meta.url), "utf8"),
);
const camel = (name: string) => name.replace(/_$/, "").replace(/_(.)/g, (_, c: string) => c.toUpperCase());
const numbers = (list: unknown): Nested => JSON.parse(JSON.stringify(list), (_, v) => (v === "nan" ? NaN : v));
const tolerance = { float32: 1e-6, float64: 1e-12 };

function close(got: Tensor, want: unknown, dtype: "float32" | "float64"): void {
  const expected = (numbers(want) as number[]).flat();
  got.toTypedArray().forEach((value, i) => {
    const right = expected[i]!;
    // Rounding is relative to what the column holds.
    const size = Math.max(1, ...golden.fit.map((row) => Math.abs(Number(row[i % row.length]) || 0)));
    const near = Math.abs(value - right) <= tolerance[dtype] * size;
    assert.ok(Object.is(value, right) || near, `element ${i}: ${value}, scikit-learn has ${right}`);
  });
  assert.equal(got.numel(), expected.length);
}

describe("data: scalers", () => {
  for (const { scaler: name, options, dtype, fields, ...want } of golden.cases.filter(({ fields }) => fields)) {
    it(`${name} ${JSON.stringify(options)} in ${dtype} is scikit-learn's`, () => {
      const scaler = new data[name](Object.fromEntries(Object.entries(options).map(([key, v]) => [camel(key), v])));
      const x = tensor(numbers(golden.fit), { dtype });
      const fresh = tensor(numbers(golden.new), { dtype });
      assert.equal(scaler.fit(x), scaler);
      for (const [field, values] of Object.entries(fields)) {
        if (field !== "n_samples_seen_") close(scaler[camel(field) as "scale"], values, dtype);
      }
      const z = scaler.transform(fresh);
      assert.deepEqual([z.dtype, z.shape], [dtype, fresh.shape]);
      close(z, want.transform, dtype);
      close(scaler.transform(x), want.fitted, dtype);
      close(scaler.inverseTransform(z), want.inverse, dtype);
      assert.deepEqual(scaler.fitTransform(x).toArray(), scaler.transform(x).toArray());
    });
  }

  it("a feature that varies by nothing but rounding is constant: ten times 0.1", () => {
    const scaler = new data.StandardScaler().fit(full([10, 1], 0.1, { dtype: "float64" }));
    assert.equal(scaler.scale.item(), 1);
  });

  it("whole numbers and views are taken, and become float32", () => {
    const z = new data.StandardScaler().fitTransform(arange(6).reshape(2, 3).t());
    assert.equal(z.dtype, "float32");
    close(z, [-1.224744871, -1.224744871, 0, 0, 1.224744871, 1.224744871], "float32");
  });

  for (const name of ["StandardScaler", "MinMaxScaler"] as const) {
    const scaler = () => new data[name]();
    const mistakes: [string, () => unknown, RegExp][] = [
      ["not fitted", () => scaler().transform(zeros(1, 1)), /\.transform: not fitted yet\. Call fit\(x\)/],
      ["an attribute before fit", () => scaler().scale, /\.scale: not fitted yet/],
      [
        "one dim",
        () => scaler().fit(zeros(3)),
        /\.fit: needs a tensor \[n, features\], got \[3\]; x\.reshape\(-1, 1\)/,
      ],
      ["images", () => scaler().fit(zeros(3, 1, 2, 2)), /got \[3, 1, 2, 2\]; x\.reshape\(n, -1\)/],
      ["no samples", () => scaler().fit(zeros([0, 2])), /\[0, 2\] has no samples/],
      [
        "other features",
        () => scaler().fit(zeros(1, 2)).transform(zeros(1, 3)),
        /\.transform: \[1, 3\] has 3 features, the scaler was fitted to 2/,
      ],
      ["an array", () => scaler().fit([[1]] as never), /needs a tensor \[n, features\], got \[\[1\]\]/],
      ["an unknown option", () => new data[name]({ mean: true } as object), /unknown option "mean"/],
    ];
    for (const [what, call, message] of mistakes)
      it(`${name}: ${what} is an error that says so`, () => assert.throws(call, message));
  }
  it("MinMaxScaler: a range the wrong way round is an error", () =>
    assert.throws(
      () => new data.MinMaxScaler({ featureRange: [1, 1] }),
      /featureRange must be \[low, high\] with low < high/,
    ));
});
