/** Data sets and loaders: `import { data } from "gradbook"`. */
export { mnist, type MnistOptions } from "./mnist.ts";
export { digits } from "./digits.ts";
export { readIdx } from "./idx.ts";
export { csv, type CsvOptions } from "./csv.ts";
export type { Table } from "./table.ts";
export { text, type TextOptions, type TokenText } from "./text.ts";
export { StandardScaler } from "./standardScaler.ts";
export { MinMaxScaler } from "./minMaxScaler.ts";
export { DataUnavailable } from "./locate.ts";
export type { Dataset, SampleDataset, BatchContext } from "./dataset.ts";
export { TensorDataset } from "./tensorDataset.ts";
export { Subset, randomSplit } from "./subset.ts";
export { ConcatDataset } from "./concatDataset.ts";
export { DataLoader, type DataLoaderOptions } from "./dataLoader.ts";
export { MapError } from "./mapThreads.ts";
export type { Progress } from "./download.ts";
