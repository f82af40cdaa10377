/** Our own digits in MNIST's files: real enough to train on, and no network. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as gradbook from "../../../kernel/gradbook.ts";
import { idxBytes } from "./idxFile.ts";

/** Writes `folder`/mnist; `folder` is for GRADBOOK_DATA. */
export function writeDrawnMnist(folder: string, { train, test }: { train: number; test: number }): void {
  mkdirSync(join(folder, "mnist"), { recursive: true });
  for (const [split, n] of [
    ["train", train],
    ["t10k", test],
  ] as const) {
    const { images, labels } = gradbook.data.digits({ n, seed: n });
    const pixels = images.toTypedArray().map((pixel) => Math.round(255 * pixel));
    writeFileSync(join(folder, `mnist/${split}-images-idx3-ubyte`), idxBytes([n, 28, 28], pixels));
    writeFileSync(join(folder, `mnist/${split}-labels-idx1-ubyte`), idxBytes([n], labels.toTypedArray()));
  }
}
