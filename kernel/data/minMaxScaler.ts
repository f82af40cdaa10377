import { describe, OptionError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkTable, columnsOf, mapColumns, vector } from "./columns.ts";

/**
 * Scales each feature linearly from the range it has in the data to `featureRange` = [low, high], by default [0, 1]:
 *
 *     z = x · scale + min,    scale = (high − low) / (dataMax − dataMin),    min = low − dataMin · scale
 *
 * A feature that does not vary is divided by 1. NaN stands for a missing value and is kept. With `clip`, new data beyond
 * the range is cut off at it. Results as scikit-learn's MinMaxScaler; its attributes without the underscore.
 *
 * ```ts
 * const scaler = new data.MinMaxScaler({ featureRange: [-1, 1] });
 * scaler.fitTransform(tensor([[1], [2], [5]])).toArray() // → [[-1], [-0.5], [1]]
 * [scaler.dataMin.item(), scaler.dataMax.item()] // → [1, 5]
 * scaler.inverseTransform(tensor([[0]])).item() // → 3
 * ```
 */
export class MinMaxScaler {
  readonly featureRange: readonly [low: number, high: number];
  readonly clip: boolean;
  private fitted: { dataMin: number[]; dataMax: number[]; scale: number[]; min: number[] } | undefined;

  constructor(options: { featureRange?: readonly [low: number, high: number]; clip?: boolean } = {}) {
    checkOptions("MinMaxScaler", options, { featureRange: is.any, clip: is.flag });
    const { featureRange = [0, 1], clip = false } = options;
    if (!Array.isArray(featureRange) || featureRange.length !== 2 || !(featureRange[0] < featureRange[1]))
      throw new OptionError(
        `MinMaxScaler: featureRange must be [low, high] with low < high, got ${describe(featureRange)}.`,
      );
    this.featureRange = [featureRange[0], featureRange[1]];
    this.clip = clip;
  }

  /** Smallest value of each feature in the data: [features] float64. */
  get dataMin(): Tensor {
    return vector(this.known("dataMin").dataMin);
  }
  /** Largest value of each feature in the data: [features] float64. */
  get dataMax(): Tensor {
    return vector(this.known("dataMax").dataMax);
  }
  /** dataMax − dataMin: [features] float64. */
  get dataRange(): Tensor {
    const { dataMin, dataMax } = this.known("dataRange");
    return vector(dataMax.map((max, k) => max - dataMin[k]!));
  }
  /** What each feature is multiplied by: [features] float64. */
  get scale(): Tensor {
    return vector(this.known("scale").scale);
  }
  /** What is added to each feature then: [features] float64. */
  get min(): Tensor {
    return vector(this.known("min").min);
  }

  /** Learns the ranges from x [n, features]. */
  fit(x: Tensor): this {
    checkTable("MinMaxScaler.fit", x);
    const [low, high] = this.featureRange;
    const fitted = { dataMin: [] as number[], dataMax: [] as number[], scale: [] as number[], min: [] as number[] };
    for (const values of columnsOf(x)) {
      const dataMin = values.reduce((a, b) => Math.min(a, b), values.length === 0 ? NaN : Infinity);
      const dataMax = values.reduce((a, b) => Math.max(a, b), values.length === 0 ? NaN : -Infinity);
      const range = dataMax - dataMin;
      const scale = (high - low) / (range < 10 * Number.EPSILON ? 1 : range);
      fitted.dataMin.push(dataMin);
      fitted.dataMax.push(dataMax);
      fitted.scale.push(scale);
      fitted.min.push(low - dataMin * scale);
    }
    this.fitted = fitted;
    return this;
  }

  /** x [n, features] scaled; float64 stays, the rest becomes float32. Not recorded for gradients. */
  transform(x: Tensor): Tensor {
    const { scale, min } = this.known("transform", x);
    const [low, high] = this.featureRange;
    const scaled = (value: number, k: number) => value * scale[k]! + min[k]!;
    // NaN stays NaN: Math.min and Math.max keep it.
    return mapColumns(x, this.clip ? (value, k) => Math.min(high, Math.max(low, scaled(value, k))) : scaled);
  }

  /** What `transform` was given, but for what was clipped. */
  inverseTransform(z: Tensor): Tensor {
    const { scale, min } = this.known("inverseTransform", z);
    return mapColumns(z, (value, k) => (value - min[k]!) / scale[k]!);
  }

  fitTransform(x: Tensor): Tensor {
    return this.fit(x).transform(x);
  }

  private known(what: string, x?: Tensor) {
    if (this.fitted === undefined)
      throw new OptionError(`MinMaxScaler.${what}: not fitted yet. Call fit(x) or fitTransform(x) first.`);
    if (what.endsWith("ransform")) checkTable(`MinMaxScaler.${what}`, x, this.fitted.min.length);
    return this.fitted;
  }
}
