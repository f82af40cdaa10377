import { fromFlat } from "../../tensor/create.ts";
import { checkNumber } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { drawing, positive, type SampleOptions } from "./drawing.ts";

export interface RegressionOptions extends Omit<SampleOptions, "shuffle"> {
  /** Features of a sample. Default 1. */
  nFeatures?: number;
  /** How many of them, the first ones, matter; the others have coefficient 0. Default: all. */
  nInformative?: number;
  /** What is added to every target. Default 0. */
  bias?: number;
}

/**
 * A linear problem whose answer is known: y = x · coef + bias + noise, as scikit-learn's make_regression.
 *
 * x [n, nFeatures] float32, normal; coef [nFeatures, 1] float32, even in 0…100; y [n, 1] float32, as `nn.Linear(nFeatures, 1)` gives
 * it.
 *
 * ```ts
 * const { x, y, coef } = data.regression({ n: 20, nFeatures: 3, bias: 2 });
 * x.matmul(coef).add(2).sub(y).abs().max().item() < 1e-3 // → true
 * y.shape // → [20, 1]
 * ```
 */
export function regression(options: RegressionOptions = {}): { x: Tensor; y: Tensor; coef: Tensor } {
  const who = "data.regression";
  const { n, noise, stream } = drawing(who, options, ["nFeatures", "nInformative", "bias"]);
  const { nFeatures = 1, nInformative = nFeatures, bias = 0 } = options;
  checkNumber(who, "nFeatures", nFeatures, "≥ 1, whole", positive);
  checkNumber(
    who,
    "nInformative",
    nInformative,
    `from 0 to ${nFeatures}, whole`,
    (x) => Number.isInteger(x) && x >= 0 && x <= nFeatures,
  );
  checkNumber(who, "bias", bias, "that is finite", Number.isFinite);
  const coef = Float32Array.from({ length: nFeatures }, (_, k) => (k < nInformative ? 100 * stream.uniform53() : 0));
  const x = Float32Array.from({ length: n * nFeatures }, () => stream.normal());
  const y = Float32Array.from({ length: n }, (_, i) => {
    const exact = coef.reduce((sum, c, k) => sum + c * x[i * nFeatures + k]!, bias);
    return exact + noise * stream.normal();
  });
  return {
    x: fromFlat(x, [n, nFeatures], "float32"),
    y: fromFlat(y, [n, 1], "float32"),
    coef: fromFlat(coef, [nFeatures, 1], "float32"),
  };
}
