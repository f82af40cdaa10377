import { describe, OptionError } from "../tensor/errors.ts";
import { joinBatches } from "./collate.ts";
import type { BatchContext, Dataset, SampleDataset, Samples } from "./dataset.ts";
import { checkDataset, checkIndices, inBatches, sampleOf, whenAll } from "./dataset.ts";

/**
 * Data sets one behind the other, as torch.utils.data.ConcatDataset. All must give samples of one kind.
 *
 * ```ts
 * const first = new data.TensorDataset(tensor([1, 2]));
 * const second = new data.TensorDataset(tensor([30]));
 * const both = new data.ConcatDataset([first, second]);
 * both.length // → 3
 * both.batch(Int32Array.of(2, 0))[0].toArray() // → [30, 1]
 * ```
 */
export class ConcatDataset<Batch = any> implements Dataset<Batch> {
  readonly datasets: readonly (Dataset<Batch> | Samples<any>)[];
  readonly length: number;
  /** The samples at `indices`, in batches. */
  readonly batch!: (indices: Int32Array, context?: BatchContext) => any;
  /** @internal In the place of `batch`, where the data sets give single samples. */
  readonly get?: SampleDataset<any>["get"];
  /** Number of the first sample of each. */
  private readonly starts: number[] = [];

  constructor(datasets: readonly (Dataset<Batch> | Samples<any>)[]) {
    if (!Array.isArray(datasets) || datasets.length === 0)
      throw new OptionError(`ConcatDataset: needs an array of data sets, got ${describe(datasets)}.`);
    datasets.forEach((dataset) => checkDataset("ConcatDataset", dataset));
    this.datasets = datasets;
    let length = 0;
    for (const dataset of datasets) {
      this.starts.push(length);
      length += dataset.length;
    }
    this.length = length;
    const kinds = new Set(datasets.map(inBatches));
    if (kinds.size > 1)
      throw new OptionError(
        "ConcatDataset: some of the data sets give batches and some single samples; all must be alike.",
      );
    if (kinds.has(true)) this.batch = (indices, context) => this.join(indices, context);
    else {
      this.get = (i, context) => {
        checkIndices("ConcatDataset", [i], this.length);
        const part = this.partOf(i);
        return sampleOf(this.datasets[part] as Samples<any>, i - this.starts[part]!, context);
      };
    }
  }

  private join(indices: Int32Array, context: BatchContext | undefined): unknown {
    checkIndices("ConcatDataset", indices, this.length);
    const wanted = new Map<number, { indices: number[]; places: number[] }>();
    indices.forEach((i, place) => {
      const part = this.partOf(i);
      const list = wanted.get(part) ?? { indices: [], places: [] };
      list.indices.push(i - this.starts[part]!);
      list.places.push(place);
      wanted.set(part, list);
    });
    const lists = [...wanted.values()];
    const batches = [...wanted].map(([part, list]) =>
      (this.datasets[part] as Dataset<Batch>).batch(Int32Array.from(list.indices), context),
    );
    if (batches.length === 1) return batches[0];
    return whenAll<unknown, unknown>(batches, (ready) =>
      joinBatches(
        "ConcatDataset",
        ready,
        lists.map(({ places }) => places),
      ),
    );
  }

  /** The last data set that begins at or before sample i; an empty one begins where the next does. */
  private partOf(i: number): number {
    return this.starts.findLastIndex((start) => start <= i);
  }
}
