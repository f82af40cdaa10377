import { OptionError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkTable, columnsOf, mapColumns, vector } from "./columns.ts";

/**
 * Scales each feature to mean 0 and variance 1:
 *
 *     z = (x − mean) / scale,    scale = √var,    var = Σ (x − mean)² / n
 *
 * A feature that does not vary keeps scale 1. NaN stands for a missing value: left out of the mean, kept by `transform`.
 * Results as scikit-learn's StandardScaler; its attributes without the underscore.
 *
 * ```ts
 * const scaler = new data.StandardScaler();
 * const z = scaler.fitTransform(tensor([[1, 10], [3, 10]]));
 * z.toArray() // → [[-1, 0], [1, 0]]
 * scaler.mean.toArray() // → [2, 10]
 * scaler.inverseTransform(z).toArray() // → [[1, 10], [3, 10]]
 * ```
 */
export class StandardScaler {
  readonly withMean: boolean;
  readonly withStd: boolean;
  private fitted: { mean: number[]; variance: number[]; scale: number[] } | undefined;

  constructor(options: { withMean?: boolean; withStd?: boolean } = {}) {
    checkOptions("StandardScaler", options, { withMean: is.flag, withStd: is.flag });
    this.withMean = options.withMean ?? true;
    this.withStd = options.withStd ?? true;
  }

  /** Mean of each feature: [features] float64. */
  get mean(): Tensor {
    return vector(this.known("mean").mean);
  }
  /** Variance of each feature (divided by n): [features] float64. */
  get var(): Tensor {
    return vector(this.known("var").variance);
  }
  /** What each feature is divided by: [features] float64. */
  get scale(): Tensor {
    return vector(this.known("scale").scale);
  }

  /** Learns mean and scale from x [n, features]. */
  fit(x: Tensor): this {
    checkTable("StandardScaler.fit", x);
    const fitted = { mean: [] as number[], variance: [] as number[], scale: [] as number[] };
    for (const values of columnsOf(x)) {
      const n = values.length;
      const mean = values.reduce((sum, value) => sum + value, 0) / n;
      // The second sum takes out what rounding of the mean has put into the first.
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      const rest = values.reduce((sum, value) => sum + (value - mean), 0);
      const variance = (squares - rest ** 2 / n) / n;
      fitted.mean.push(mean);
      fitted.variance.push(variance);
      fitted.scale.push(this.withStd && !isConstant(mean, variance, n) ? Math.sqrt(variance) : 1);
    }
    this.fitted = fitted;
    return this;
  }

  /** x [n, features] scaled; float64 stays, the rest becomes float32. Not recorded for gradients. */
  transform(x: Tensor): Tensor {
    const { mean, scale } = this.known("transform", x);
    return mapColumns(x, (value, k) => (this.withMean ? value - mean[k]! : value) / scale[k]!);
  }

  /** What `transform` was given. */
  inverseTransform(z: Tensor): Tensor {
    const { mean, scale } = this.known("inverseTransform", z);
    return mapColumns(z, (value, k) => value * scale[k]! + (this.withMean ? mean[k]! : 0));
  }

  fitTransform(x: Tensor): Tensor {
    return this.fit(x).transform(x);
  }

  private known(what: string, x?: Tensor) {
    if (this.fitted === undefined)
      throw new OptionError(`StandardScaler.${what}: not fitted yet. Call fit(x) or fitTransform(x) first.`);
    if (what.endsWith("ransform")) checkTable(`StandardScaler.${what}`, x, this.fitted.mean.length);
    return this.fitted;
  }
}

/** A variance that is nothing but rounding: scikit-learn's bound (Chan, Golub & LeVeque 1983). */
function isConstant(mean: number, variance: number, n: number): boolean {
  return variance <= n * Number.EPSILON * variance + (n * mean * Number.EPSILON) ** 2;
}
