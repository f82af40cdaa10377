/** What a `DataLoader` takes: samples by number, one by one or many at once. */
import { describe, OptionError } from "../tensor/errors.ts";

/** What is said about the batch that is being made, to a data set, `collate` and `map`. */
export interface BatchContext {
  /** Number of the batch in its epoch, from 0. */
  readonly batch: number;
  /** Number of the epoch, from 0: how often the loader was looped over before. */
  readonly epoch: number;
  /** Random numbers in [0, 1) that depend on the loader's seed, the epoch and the batch, and on nothing else. */
  readonly random: () => number;
  /** Aborted when the loop was left early: what is made ahead is not wanted any more. */
  readonly signal: AbortSignal;
}

/** Samples that can be had in batches. */
export interface Dataset<Batch> {
  /** Number of samples. */
  readonly length: number;
  /** The samples at `indices`, in that order; a promise where they are read or decoded first. */
  batch(indices: Int32Array, context?: BatchContext): Batch | Promise<Batch>;
}

/** Samples that can be had one by one. An array of samples is one too. */
export interface SampleDataset<Sample> {
  /** Number of samples. */
  readonly length: number;
  get(index: number, context?: BatchContext): Sample | Promise<Sample>;
}

export type Samples<Sample> = SampleDataset<Sample> | readonly Sample[];
export type AnyDataset = Dataset<any> | Samples<any>;

export const inBatches = (dataset: AnyDataset): dataset is Dataset<any> =>
  typeof (dataset as Partial<Dataset<any>>).batch === "function";

/** Sample `index` of a data set that gives them one by one. */
export const sampleOf = (dataset: Samples<any>, index: number, context?: BatchContext): unknown =>
  Array.isArray(dataset) ? dataset[index] : (dataset as SampleDataset<any>).get(index, context);

export function checkDataset(who: string, dataset: unknown): void {
  if (Array.isArray(dataset)) return;
  const { batch, get, length } = (dataset ?? {}) as Partial<Dataset<any> & SampleDataset<any>>;
  if ((typeof batch !== "function" && typeof get !== "function") || !Number.isInteger(length) || length! < 0) {
    throw new OptionError(
      `${who}: needs a data set, like new data.TensorDataset(x, y), an array of samples, or an object with length and get(index); got ${describe(dataset)}.`,
    );
  }
}

/** `indices`, all of which are in 0 … length-1, or an error in the name of `who`. */
export function checkIndices(who: string, indices: ArrayLike<number>, length: number): void {
  for (let k = 0; k < indices.length; k++) {
    const i = indices[k]!;
    if (!Number.isInteger(i) || i < 0 || i >= length) {
      const range = length === 0 ? "there are none" : `they are numbered 0 … ${length - 1}`;
      throw new RangeError(`${who}: there is no sample ${describe(i)}; ${range}.`);
    }
  }
}

export const isPromise = (value: unknown): value is PromiseLike<any> =>
  typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";

/** `f` of all values: at once if all are there, else when they are. */
export function whenAll<T, R>(values: readonly (T | PromiseLike<T>)[], f: (values: T[]) => R): R | Promise<Awaited<R>> {
  return values.some(isPromise) ? (Promise.all(values).then(f) as Promise<Awaited<R>>) : f(values as T[]);
}
