import { fromFlat } from "../../tensor/create.ts";
import { describe, OptionError } from "../../tensor/errors.ts";
import { checkNumber } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { classified, drawing, positive, shares, type Classes, type SampleOptions } from "./drawing.ts";

export interface BlobsOptions extends Omit<SampleOptions, "noise"> {
  /** How many, at random places (default 3), or their places. */
  centers?: number | readonly (readonly number[])[];
  /** Default 2; with given centers as many as they have coordinates. */
  nFeatures?: number;
  /** Standard deviation around the centers. Default 1. */
  clusterStd?: number;
  /** Where random centers lie, in each coordinate. Default [-10, 10]. */
  centerBox?: readonly [low: number, high: number];
}

/**
 * Round clouds, one for each class: normal numbers around centers, as scikit-learn's make_blobs.
 *
 * x [n, nFeatures] float32, y [n] int32, centers [classes, nFeatures] float32.
 *
 * ```ts
 * const { x, y, centers } = data.blobs({ n: 50, centers: [[0, 0], [5, 5]], clusterStd: 0.5 });
 * [x.shape, centers.toArray()] // → [[50, 2], [[0, 0], [5, 5]]]
 * y.sum().item() // → 25
 * ```
 */
export function blobs(options: BlobsOptions = {}): Classes & { centers: Tensor } {
  const who = "data.blobs";
  const { clusterStd = 1, ...rest } = options;
  checkNumber(who, "clusterStd", clusterStd, "≥ 0", (x) => x >= 0 && x < Infinity);
  if ("noise" in rest) throw new OptionError(`${who}: unknown option "noise"; the spread is clusterStd.`);
  const draw = drawing(who, { ...rest, noise: clusterStd } as SampleOptions, ["centers", "nFeatures", "centerBox"]);
  const { centers = 3, centerBox = [-10, 10] } = options;
  const given = typeof centers === "number" ? undefined : centers;
  const nFeatures = options.nFeatures ?? given?.[0]?.length ?? 2;
  checkNumber(who, "nFeatures", nFeatures, "≥ 1, whole", positive);
  if (typeof centers === "number") checkNumber(who, "centers", centers, "≥ 1, whole", positive);
  else if (
    !Array.isArray(centers) ||
    centers.length === 0 ||
    !centers.every((c) => Array.isArray(c) && c.length === nFeatures)
  )
    throw new OptionError(
      `${who}: centers must be a number or rows of ${nFeatures} coordinates, got ${describe(centers)}.`,
    );
  if (!Array.isArray(centerBox) || centerBox.length !== 2 || !(centerBox[0] <= centerBox[1]))
    throw new OptionError(`${who}: centerBox must be [low, high], got ${describe(centerBox)}.`);
  const [low, high] = centerBox;
  const places =
    given ??
    Array.from({ length: centers as number }, () =>
      Array.from({ length: nFeatures }, () => low + (high - low) * draw.stream.uniform53()),
    );
  const points = shares(draw.n, places.length).flatMap((m, k) => new Array<readonly number[]>(m).fill(places[k]!));
  const classes = shares(draw.n, places.length).flatMap((m, k) => new Array<number>(m).fill(k));
  return {
    ...classified(points, classes, draw),
    centers: fromFlat(places.flat(), [places.length, nFeatures], "float32"),
  };
}
