import { describe, OptionError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { poll } from "../tensor/poll.ts";
import { collate } from "./collate.ts";
import { checkDataset, inBatches, isPromise, sampleOf, whenAll } from "./dataset.ts";
import type { AnyDataset, BatchContext, Dataset, Samples } from "./dataset.ts";
import { MapThreads } from "./mapThreads.ts";
import { batchRandom, bitsFrom, drawEpoch, permutation, type Bits } from "./order.ts";
import { readAhead, type Task } from "./readAhead.ts";

export interface DataLoaderOptions {
  /** Samples in a batch; the last batch has what is left. Default 1. */
  batchSize?: number;
  /** A new random order in every epoch. Default false: the order of the data set. */
  shuffle?: boolean;
  /** Leave out the last batch when it is smaller. Default false. */
  dropLast?: boolean;
  /** Orders drawn from this seed and nothing else; without it from the generator that `manualSeed` sets. */
  seed?: number;
  /**
   * Batches that are being made while one is used, by `for await`: files being read, threads at work. Default 0, with a
   * `map` module 2 for each thread.
   */
  prefetch?: number;
  /** Threads for a `map` module. Default 1. */
  numWorkers?: number;
}
export type Map<Source, Batch> = (batch: Source, context: BatchContext) => Batch | Promise<Batch>;
export type Collate<Sample, Batch> = (samples: Sample[], context: BatchContext) => Batch | Promise<Batch>;

interface Makers {
  map?: Map<any, any> | string | URL | undefined;
  collate?: Collate<any, any> | undefined;
}
/** What is done to each batch. `seed` is the epoch's. */
type Apply = (batch: any, context: BatchContext, seed: number) => unknown;

/**
 * The samples of a data set in batches, one epoch for each loop over it. Two loaders with the same `seed` give the same
 * batches, epoch by epoch: what a fair comparison needs; and the order is PyTorch's for the same seed. `length` is the
 * number of batches in an epoch.
 *
 * ```ts
 * const dataset = new data.TensorDataset(arange(6).reshape(6, 1), arange(6));
 * const loader = new data.DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 1 });
 * loader.length // → 2
 * for (const [x, y] of loader) y.reshape(-1, 1).equal(x) // → true
 * ```
 *
 * A data set is a `TensorDataset`, an array of samples, or an object of your own with `length` and `get(index)` (one
 * sample) or `batch(indices)` (many at once). Samples become a batch by `collate`; the default stacks tensors, and goes
 * into tuples and objects. `map` is then applied to each batch. All of them may be asynchronous; then loop with `for await`,
 * where `prefetch: n` keeps n more batches in the making:
 *
 * ```ts
 * const names = ["a.npy", "b.npy"];
 * for (const name of names) save(ones(2, 2), name);
 * const dataset = { length: names.length, get: async (i: number) => load(names[i]) };
 * const loader = new data.DataLoader(dataset, { batchSize: 2, prefetch: 1, map: (x: Tensor) => x.mul(2) });
 * for await (const x of loader) x.shape // → [2, 2, 2]
 * ```
 *
 * A function runs in this thread, so it can wait for files in the background but not compute there. What computes
 * goes into a module: `map: "./augment.ts"` runs its default export in threads of their own (`numWorkers`) while this one
 * trains. A path is seen from the working folder. The function gets the batch with `{ data, shape, dtype }` (a typed array) in the
 * place of each tensor, and returns the same; it sees nothing of this thread and has no `gradbook`:
 *
 * ```ts
 * // noise.mjs: export default ([x, y], { random }) => [{ ...x, data: x.data.map((v) => v + random()) }, y];
 * const dataset = new data.TensorDataset(zeros(4, 3), arange(4));
 * const loader = new data.DataLoader(dataset, { batchSize: 2, map: "./noise.mjs", prefetch: 4 });
 * for await (const [x, y] of loader) x.shape // → [2, 3]
 * ```
 *
 * The second argument of `get`, `batch`, `collate` and `map` is a `BatchContext`. Draw random numbers from its `random`, not
 * from `rand`: then the batches are the same whatever `prefetch` and `numWorkers` are. What fails does so at its own batch. Leaving the loop, by
 * `break` or an interrupt, ends the threads and begins nothing more.
 *
 * Defaults and orders as in torch.utils.data.DataLoader.
 */
export class DataLoader<Batch = any, Source = any> {
  readonly dataset: AnyDataset;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  /** @internal Random bits, and whether they come from a seed of its own. */ readonly bits: Bits;
  /** @internal */ readonly own: boolean;
  private readonly prefetch: number;
  private readonly numWorkers: number;
  private readonly collate: Collate<any, unknown>;
  private readonly map: Map<any, unknown> | string | URL | undefined;
  private epochs = 0;

  constructor(dataset: Dataset<Batch>, options?: DataLoaderOptions & { map?: undefined; collate?: undefined });
  constructor(dataset: Dataset<Source>, options: DataLoaderOptions & { map: Map<Source, Batch>; collate?: undefined });
  constructor(
    dataset: Samples<Source>,
    options: DataLoaderOptions & { collate: Collate<Source, Batch>; map?: undefined },
  );
  constructor(dataset: AnyDataset, options?: DataLoaderOptions & Makers);
  constructor(dataset: AnyDataset, options: DataLoaderOptions & Makers = {}) {
    const who = "DataLoader";
    checkOptions(who, options, {
      batchSize: is.from1,
      shuffle: is.flag,
      dropLast: is.flag,
      seed: is.whole,
      prefetch: is.count,
      numWorkers: is.from1,
      collate: is.callable,
      map: is.any,
    });
    checkDataset(who, dataset);
    const { batchSize = 1, shuffle = false, dropLast = false, seed, map } = options;
    const module = typeof map === "string" || map instanceof URL;
    const { numWorkers = 1, prefetch = module ? 2 * numWorkers : 0 } = options;
    if (map !== undefined && typeof map !== "function" && !module)
      throw new OptionError(`${who}: map must be a function or the path of a module, got ${describe(map)}.`);
    if (options.numWorkers !== undefined && !module) {
      throw new OptionError(
        `${who}: numWorkers needs map: "./module.ts", whose default export the threads run; a function cannot leave its thread.`,
      );
    }
    if (options.collate !== undefined && inBatches(dataset))
      throw new OptionError(
        `${who}: collate is for data sets that give single samples; this one gives batches. Use map.`,
      );
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.own = seed !== undefined;
    this.bits = bitsFrom(seed);
    this.prefetch = prefetch;
    this.numWorkers = numWorkers;
    this.collate = options.collate ?? collate;
    this.map = map;
  }

  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  *[Symbol.iterator](): Generator<Batch, void, undefined> {
    const { map } = this;
    if (map !== undefined && typeof map !== "function")
      throw new OptionError("DataLoader: a map module works in threads: write for await (… of loader).");
    for (const task of this.tasks(map, new AbortController().signal)) {
      const batch = task();
      if (isPromise(batch)) {
        batch.then(undefined, () => {}); // its failure, too, is not this loop's
        throw new OptionError("DataLoader: these batches are promises: write for await (… of loader).");
      }
      yield batch;
    }
    this.finish();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Batch, void, undefined> {
    const { map } = this;
    const stop = new AbortController();
    let threads: MapThreads | undefined;
    const inThread: Apply = (batch, { batch: number, epoch }, seed) => {
      threads ??= new MapThreads(map as string | URL, this.numWorkers);
      return threads.map(batch, { batch: number, epoch, seed });
    };
    return readAhead(this.tasks(typeof map === "function" || map === undefined ? map : inThread, stop.signal), {
      ahead: this.prefetch,
      onEnd: (early) => {
        void threads?.close();
        if (early) stop.abort(new Error("DataLoader: the loop was left"));
        else this.finish();
      },
    });
  }

  /** One task for each batch of an epoch. The order is drawn with the first. */
  private *tasks(apply: Apply | undefined, signal: AbortSignal): Generator<Task<Batch>, void, undefined> {
    const { order, seed } = drawEpoch(this.dataset.length, this);
    const epoch = this.epochs++;
    for (let k = 0, batches = this.length; k < batches; k++) {
      poll();
      const indices = order.subarray(k * this.batchSize, (k + 1) * this.batchSize);
      const context = { batch: k, epoch, random: batchRandom(seed, k), signal };
      yield () => {
        const source = this.source(indices, context);
        if (apply === undefined) return source as Batch;
        return whenAll([source], ([batch]) => apply(batch, context, seed)) as Batch | Promise<Batch>;
      };
    }
  }

  /** PyTorch's sampler draws one more permutation when it is exhausted, and takes nothing from it. */
  private finish(): void {
    if (this.own && this.shuffle) permutation(this.dataset.length, this.bits);
  }

  private source(indices: Int32Array, context: BatchContext): unknown {
    const { dataset } = this;
    if (inBatches(dataset)) return dataset.batch(indices, context);
    const samples = Array.from(indices, (i) => sampleOf(dataset, i, context));
    return whenAll(samples, (ready) => this.collate(ready, context));
  }
}
