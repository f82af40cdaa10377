/** Our own digits in MNIST's files: real enough to train on, and no network. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as gradbook from "../../../kernel/gradbook.ts";
import { idxBytes } from "./idxFile.ts";

interface Sizes {
  train: number;
  test: number;
  /** Every image is written so often; drawing takes longer than writing. */
  times?: number;
}

/** Writes `folder`/mnist; `folder` is for GRADBOOK_DATA. */
export function writeDrawnMnist(folder: string, { train, test, times = 1 }: Sizes): void {
  mkdirSync(join(folder, "mnist"), { recursive: true });
  for (const [split, n] of [
    ["train", train],
    ["t10k", test],
  ] as const) {
    const { images, labels } = gradbook.data.digits({ n, seed: n });
    const pixels = Uint8Array.from(images.toTypedArray(), (pixel) => Math.round(255 * pixel));
    const often = (bytes: Uint8Array) => Buffer.concat(Array.from({ length: times }, () => bytes));
    const write = (name: string, bytes: Buffer) =>
      writeFileSync(join(folder, "mnist", `${split}-${name}-ubyte`), bytes);
    write("images-idx3", idxBytes([n * times, 28, 28], often(pixels)));
    write("labels-idx1", idxBytes([n * times], often(Uint8Array.from(labels.toTypedArray()))));
  }
}
