/** Data sets and loaders: `import { data } from "gradbook"`. */
export { mnist, type MnistOptions } from "./mnist.ts";
export { digits } from "./digits.ts";
export { readIdx } from "./idx.ts";
export { DataUnavailable } from "./locate.ts";
export { TensorDataset, type Dataset } from "./tensorDataset.ts";
export { DataLoader, type DataLoaderOptions } from "./dataLoader.ts";
export type { Progress } from "./download.ts";
