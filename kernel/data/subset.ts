import { describe, OptionError } from "../tensor/errors.ts";
import { checkNumber, checkOptions } from "../tensor/options.ts";
import type { AnyDataset, BatchContext, Dataset, SampleDataset, Samples } from "./dataset.ts";
import { checkDataset, checkIndices, inBatches, sampleOf } from "./dataset.ts";
import { bitsFrom, permutation } from "./order.ts";

/**
 * Some samples of a data set, by their numbers, as torch.utils.data.Subset. Nothing is copied.
 *
 * ```ts
 * const dataset = new data.TensorDataset(tensor([10, 20, 30, 40]));
 * const few = new data.Subset(dataset, [3, 1]);
 * few.length // → 2
 * few.batch(Int32Array.of(0))[0].toArray() // → [40]
 * ```
 */
export class Subset<Batch = any> implements Dataset<Batch> {
  readonly dataset: AnyDataset;
  readonly indices: Int32Array;
  /** The samples at `indices`, in batches; as the data set gives them. */
  readonly batch!: (indices: Int32Array, context?: BatchContext) => any;
  /** @internal In the place of `batch`, where the data set gives single samples. */
  readonly get?: SampleDataset<any>["get"];

  constructor(dataset: Dataset<Batch> | Samples<any>, indices: ArrayLike<number>) {
    checkDataset("Subset", dataset);
    checkIndices("Subset", indices, dataset.length);
    this.dataset = dataset;
    this.indices = Int32Array.from(indices);
    if (inBatches(dataset)) {
      this.batch = (wanted, context) => {
        checkIndices("Subset", wanted, this.length);
        return dataset.batch(
          wanted.map((i) => this.indices[i]!),
          context,
        );
      };
    } else {
      this.get = (i, context) => {
        checkIndices("Subset", [i], this.length);
        return sampleOf(dataset, this.indices[i]!, context);
      };
    }
  }

  get length(): number {
    return this.indices.length;
  }
}

/**
 * Splits a data set at random into parts of these lengths, or of these shares if they add up to 1; the same parts as
 * torch.utils.data.random_split with the same seed. Without a seed `manualSeed` decides.
 *
 * ```ts
 * const dataset = new data.TensorDataset(arange(10));
 * const [train, test] = data.randomSplit(dataset, [0.8, 0.2], { seed: 1 });
 * [train.length, test.length] // → [8, 2]
 * ```
 */
export function randomSplit<Batch>(
  dataset: Dataset<Batch> | Samples<any>,
  lengths: readonly number[],
  options: { seed?: number } = {},
): Subset<Batch>[] {
  const who = "data.randomSplit";
  checkOptions(who, options, ["seed"]);
  checkDataset(who, dataset);
  if (options.seed !== undefined) checkNumber(who, "seed", options.seed, "that is whole", Number.isSafeInteger);
  const n = dataset.length;
  const sizes = sizesOf(who, lengths, n);
  const order = permutation(n, bitsFrom(options.seed));
  let at = 0;
  return sizes.map((size) => new Subset(dataset, order.subarray(at, (at += size))));
}

function sizesOf(who: string, lengths: readonly number[], n: number): number[] {
  if (!Array.isArray(lengths) || lengths.length === 0 || !lengths.every((x) => typeof x === "number" && x >= 0))
    throw new OptionError(`${who}: needs lengths or shares like [0.8, 0.2], got ${describe(lengths)}.`);
  const sum = lengths.reduce((a, b) => a + b, 0);
  if (lengths.every(Number.isInteger) && sum === n) return [...lengths];
  if (Math.abs(sum - 1) > 1e-9) {
    throw new OptionError(
      `${who}: lengths ${describe(lengths)} add up to ${sum}; they must add up to the ${n} samples, or as shares to 1.`,
    );
  }
  // PyTorch's way: rounded down, and what is left goes round, one for each part.
  const sizes = lengths.map((share) => Math.floor(n * share));
  const left = n - sizes.reduce((a, b) => a + b, 0);
  for (let k = 0; k < left; k++) sizes[k % sizes.length]!++;
  return sizes;
}
