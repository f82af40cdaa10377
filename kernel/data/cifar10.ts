import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { randomUUID } from "node:crypto";
import { fromFlat } from "../tensor/create.ts";
import { checkOptions } from "../tensor/options.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { readUnpacked } from "./gzip.ts";
import { find, foldersOf, locate, type DataFile } from "./locate.ts";
import { unitRange, type MnistOptions } from "./mnist.ts";
import { readTar } from "./tar.ts";

/** The author's page, and a public copy. */
const MIRRORS = [
  "https://www.cs.toronto.edu/~kriz",
  "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10",
];

const ARCHIVE: DataFile = {
  name: "cifar-10-binary.tar.gz",
  otherNames: ["cifar-10-binary.tar"],
  sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
  asItIs: true,
};
/** The folder in the archive, which unpacking it leaves. */
const INSIDE = "cifar-10-batches-bin";
const FILES = {
  train: [1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`),
  test: ["test_batch.bin"],
};

/** Bytes of an image: 32 × 32 of red, of green and of blue; and of a record, which begins with the label. */
const IMAGE = 3 * 32 * 32;
const RECORD = 1 + IMAGE;

const CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"] as const;

/** The same as those of `data.mnist`. */
export type Cifar10Options = MnistOptions;

/**
 * CIFAR-10, small colour photographs of ten kinds: `const { images, labels } = await data.cifar10({ split: "train" })`.
 *
 * Shapes: `images` [n, 3, 32, 32] float32 in 0…1 (red, green, blue), `labels` [n] int32 in 0…9, `classes` their names; n is
 * 50,000 for "train", 10,000 for "test", in the order of the files. The training images take 614 MB.
 *
 * It looks for the files of the binary version (`data_batch_1.bin` … `data_batch_5.bin`, `test_batch.bin`, gzip or not, also in
 * `cifar-10-batches-bin/`), then for `cifar-10-binary.tar.gz`: in `root` if you give one, else in `$GRADBOOK_DATA/cifar10`,
 * else in your cache folder, where it downloads the archive (170 MB, checked by SHA-256). Beside an archive it puts the files
 * that it holds, so that the next time is fast.
 *
 * ```ts
 * const { images, labels, classes } = await data.cifar10({ split: "test", root: "cifar10" });
 * images.shape.slice(1) // → [3, 32, 32]
 * classes[labels.toTypedArray()[0]] // → "cat"
 * ```
 *
 * Rejects with `DataUnavailable`, saying which file to put where, when it is not to be had, and with an error that names the
 * file when one is damaged.
 *
 * Source: Krizhevsky 2009, Learning multiple layers of features from tiny images; "CIFAR-10 binary version".
 */
export async function cifar10(
  options: Cifar10Options = {},
): Promise<{ images: Tensor; labels: Tensor; classes: string[] }> {
  const who = "data.cifar10";
  checkOptions(who, options, ["split", "root", "mirrors", "onProgress", "signal"]);
  const { split = "train" } = options;
  if (!Object.hasOwn(FILES, split)) {
    throw new RangeError(`${who}: split must be "train" or "test", got ${JSON.stringify(split)}.`);
  }
  const parts = await contents(FILES[split], options);
  for (const { bytes, path } of parts) checkRecords(bytes, path);
  const n = parts.reduce((sum, { bytes }) => sum + bytes.length / RECORD, 0);
  const labels = new Int32Array(n);
  // Straight into the tensor: a copy on the way would take as much again.
  const images = empty([n, 3, 32, 32], "float32");
  const pixels = images.storage.array() as Float32Array;
  let i = 0;
  for (const { bytes } of parts) {
    for (let at = 0; at < bytes.length; at += RECORD, i++) {
      const start = images.offset + i * IMAGE;
      labels[i] = bytes[at]!;
      unitRange(bytes.subarray(at + 1, at + RECORD), pixels.subarray(start, start + IMAGE));
    }
  }
  return {
    images,
    labels: fromFlat(labels, [n], "int32"),
    classes: [...CLASSES],
  };
}

interface Part {
  bytes: Uint8Array;
  /** For errors. */
  path: string;
}

async function contents(names: readonly string[], options: Cifar10Options): Promise<Part[]> {
  const { root, mirrors = MIRRORS, onProgress, signal } = options;
  const place = { root, folder: "cifar10" };
  for (const folder of foldersOf(place)) {
    const paths = await Promise.all(
      names.map((name) =>
        find(folder, { name, otherNames: [`${name}.gz`, `${INSIDE}/${name}`, `${INSIDE}/${name}.gz`] }),
      ),
    );
    if (paths.every((path) => path !== undefined)) return Promise.all(paths.map(readPart));
  }
  const [archive] = (await locate({
    ...place,
    who: "data.cifar10",
    files: [ARCHIVE],
    needed: [ARCHIVE],
    mirrors,
    onProgress,
    signal,
    otherwise: `What is in it will do as well: ${[...FILES.train, ...FILES.test].join(", ")}. Without them: data.digits() draws digits.`,
  })) as [string];
  const files = readTar((await readPart(archive)).bytes, archive);
  await putBeside(archive, files);
  return names.map((name) => {
    const bytes = files.get(`${INSIDE}/${name}`);
    if (bytes === undefined)
      throw new Error(`${archive}: the wrong archive: there is no ${INSIDE}/${name} in it. Fetch it again.`);
    return { bytes, path: `${archive}, ${name}` };
  });
}

async function readPart(path: string): Promise<Part> {
  const { bytes, complete } = await readUnpacked(path);
  if (!complete) throw new Error(`${path}: the gzip file is cut short. Fetch the file again.`);
  return { bytes, path };
}

function checkRecords(bytes: Uint8Array, path: string): void {
  if (bytes.length === 0 || bytes.length % RECORD !== 0) {
    throw new Error(
      `${path}: not a file of CIFAR-10's binary version, or cut short: ${bytes.length} bytes are no whole number of records of ${RECORD}. Fetch the file again.`,
    );
  }
  for (let at = 0; at < bytes.length; at += RECORD) {
    if (bytes[at]! > 9)
      throw new Error(
        `${path}: label ${at / RECORD} is ${bytes[at]}; CIFAR-10 has 0…9. (CIFAR-100's files have another layout.)`,
      );
  }
}

/** Unpacking takes seconds, reading does not. A folder that cannot be written to is no reason to fail. */
async function putBeside(archive: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const folder = join(dirname(archive), INSIDE);
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, bytes] of files) {
      if (!name.endsWith(".bin")) continue;
      const temporary = join(folder, `${randomUUID()}.part`);
      try {
        await writeFile(temporary, bytes, { flag: "wx" });
        await rename(temporary, join(folder, basename(name)));
      } finally {
        await rm(temporary, { force: true });
      }
    }
  } catch (error) {
    if (!["EACCES", "EPERM", "EROFS", "ENOSPC"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
