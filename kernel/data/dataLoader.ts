import { describe, OptionError } from "../tensor/errors.ts";
import { MT19937 } from "../tensor/mt19937.ts";
import { checkNumber, checkOptions } from "../tensor/options.ts";
import { poll } from "../tensor/poll.ts";
import { randomIndex } from "../tensor/random.ts";
import type { Dataset } from "./tensorDataset.ts";

export interface DataLoaderOptions {
  /** Samples in a batch; the last batch has what is left. Default 1. */
  batchSize?: number;
  /** A new random order in every epoch. Default false: the order of the data set. */
  shuffle?: boolean;
  /** Leave out the last batch when it is smaller. Default false. */
  dropLast?: boolean;
  /** Orders drawn from this seed and nothing else; without it from the generator that `manualSeed` sets. */
  seed?: number;
}

/**
 * The samples of a data set in batches, one epoch for each loop over it:
 *
 *     const loader = new data.DataLoader(new data.TensorDataset(x, y), { batchSize: 64, shuffle: true, seed: 1 });
 *     for (const [xBatch, yBatch] of loader) { … }
 *
 * Two loaders with the same `seed` give the same batches, epoch by epoch: what a fair comparison needs. `for await` does
 * the same and lets timers and messages through between batches. `length` is the number of batches in an epoch.
 *
 * Defaults as in torch.utils.data.DataLoader.
 */
export class DataLoader<Batch> {
  readonly dataset: Dataset<Batch>;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  private readonly index: (n: number) => number;

  constructor(dataset: Dataset<Batch>, options: DataLoaderOptions = {}) {
    checkOptions("DataLoader", options, ["batchSize", "shuffle", "dropLast", "seed"]);
    if (typeof dataset?.batch !== "function") {
      throw new OptionError(
        `DataLoader: needs a data set, like new data.TensorDataset(x, y); got ${describe(dataset)}.`,
      );
    }
    const { batchSize = 1, shuffle = false, dropLast = false, seed } = options;
    checkNumber("DataLoader", "batchSize", batchSize, "≥ 1, whole", (x) => Number.isInteger(x) && x >= 1);
    if (seed !== undefined) checkNumber("DataLoader", "seed", seed, "that is whole", Number.isSafeInteger);
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.index = seed === undefined ? randomIndex : indicesFrom(seed);
  }

  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  *[Symbol.iterator](): Generator<Batch, void, undefined> {
    const order = Int32Array.from({ length: this.dataset.length }, (_, i) => i);
    if (this.shuffle) shuffleInPlace(order, this.index);
    for (let k = 0; k < this.length; k++) {
      poll();
      yield this.dataset.batch(order.subarray(k * this.batchSize, (k + 1) * this.batchSize));
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    for (const batch of this) {
      yield batch;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function indicesFrom(seed: number): (n: number) => number {
  const stream = new MT19937(seed);
  return (n) => stream.next32() % n;
}

/** Every order equally likely (Fisher and Yates). `index(n)` draws from 0 … n-1; drawn as `randperm` draws. */
function shuffleInPlace(order: Int32Array, index: (n: number) => number): void {
  for (let i = 0; i < order.length - 1; i++) {
    const j = i + index(order.length - i);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
}
