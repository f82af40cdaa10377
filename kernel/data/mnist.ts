import { checkOptions } from "../tensor/options.ts";
import { adopt } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Progress } from "./download.ts";
import { readIdxArray, type IdxArray } from "./idx.ts";
import { locate, type DataFile } from "./locate.ts";

/** Public copies of the original files, whose own page asks not to be used by programs. */
const MIRRORS = ["https://storage.googleapis.com/cvdf-datasets/mnist", "https://ossci-datasets.s3.amazonaws.com/mnist"];

/** SHA-256 of the original files, unpacked. */
const SHA256 = {
  "train-images-idx3": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
  "train-labels-idx1": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
  "t10k-images-idx3": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
  "t10k-labels-idx1": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
};
const file = (stem: keyof typeof SHA256): DataFile => ({
  name: `${stem}-ubyte.gz`,
  // Unpacked; and as some unpackers and copies name it, with a dot.
  otherNames: [
    `${stem}-ubyte`,
    `${stem.replace(/-(idx.)$/, ".$1")}-ubyte`,
    `${stem.replace(/-(idx.)$/, ".$1")}-ubyte.gz`,
  ],
  sha256: SHA256[stem],
});
const FILES = {
  train: { images: file("train-images-idx3"), labels: file("train-labels-idx1") },
  test: { images: file("t10k-images-idx3"), labels: file("t10k-labels-idx1") },
};

export interface MnistOptions {
  /** 60,000 images to train on (the default) or 10,000 to test with. */
  split?: "train" | "test";
  /** Folder of the files: then the only place to look in, and where a download goes. */
  root?: string;
  /** Folder addresses to download from, in this order, instead of the public ones. */
  mirrors?: readonly string[];
  /** Called as bytes arrive, when there is something to download. In a notebook a line of text says it anyway. */
  onProgress?: (progress: Progress) => void;
  /** Ends a download; nothing half-loaded stays behind. */
  signal?: AbortSignal;
}

/**
 * MNIST, the handwritten digits: `const { images, labels } = await data.mnist({ split: "train" })`.
 *
 * Shapes: `images` [n, 1, 28, 28] float32 in 0…1 (0 is paper, 1 is ink), `labels` [n] int32 in 0…9; n is 60,000 for
 * "train", 10,000 for "test", in the order of the files.
 *
 * Asynchronous, because it reads, and perhaps downloads, files: the original IDX files, gzip or unpacked. It looks in
 * `root` if you give one, else in `$GRADBOOK_DATA/mnist`, else in your cache folder (`~/.cache/gradbook/mnist` on Linux),
 * and downloads there what is missing, checked by SHA-256.
 *
 * ```ts
 * const { images, labels } = await data.mnist({ split: "train", root: "mnist" });
 * images.shape.slice(1) // → [1, 28, 28]
 * ```
 *
 * Rejects with `DataUnavailable`, saying which files to put where, when they are not to be had, and with an error that
 * names the file when one is damaged or something else. `data.digits` needs no file.
 *
 * Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits"; LeCun et al. 1998, Gradient-based learning
 * applied to document recognition, Proc. IEEE 86(11).
 */
export async function mnist(options: MnistOptions = {}): Promise<{ images: Tensor; labels: Tensor }> {
  checkOptions("data.mnist", options, ["split", "root", "mirrors", "onProgress", "signal"]);
  const { split = "train", root, mirrors = MIRRORS, onProgress, signal } = options;
  const wanted = FILES[split];
  if (wanted === undefined) {
    throw new RangeError(`data.mnist: split must be "train" or "test", got ${JSON.stringify(split)}.`);
  }
  const paths = await locate({
    who: "data.mnist",
    folder: "mnist",
    files: Object.values(FILES).flatMap(({ images, labels }) => [images, labels]),
    needed: [wanted.images, wanted.labels],
    mirrors,
    root,
    onProgress,
    signal,
    otherwise: "Without them: data.digits() draws digits of its own in the same shapes.",
  });
  const [imagesPath, labelsPath] = paths as [string, string];
  const [images, labels] = await Promise.all([readIdxArray(imagesPath), readIdxArray(labelsPath)]);
  const n = images.shape[0]!;
  const pixels = bytesOf(images, [n, 28, 28], imagesPath);
  const classes = bytesOf(labels, [n], labelsPath, ` to go with the ${n} images of ${imagesPath}`);
  const stray = classes.findIndex((label) => label > 9);
  if (stray >= 0) throw new Error(`${labelsPath}: label ${stray} is ${classes[stray]}; MNIST has 0…9.`);
  return {
    images: new Tensor(adopt("float32", unitRange(pixels)), [n, 1, 28, 28]),
    labels: new Tensor(adopt("int32", Int32Array.from(classes)), [n]),
  };
}

const UNIT = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** 0…255 → 0…1, into `result`. */
export function unitRange(bytes: Uint8Array, result: Float32Array = new Float32Array(bytes.length)): Float32Array {
  for (let i = 0; i < bytes.length; i++) result[i] = UNIT[bytes[i]!]!;
  return result;
}

function bytesOf({ shape, elements }: IdxArray, expected: number[], path: string, why = ""): Uint8Array {
  if (
    elements instanceof Uint8Array &&
    shape.length === expected.length &&
    shape.every((size, i) => size === expected[i])
  ) {
    return elements;
  }
  const type = elements.constructor.name.replace("Array", "").toLowerCase();
  throw new Error(
    `${path}: the wrong file: expected [${expected.join(", ")}] uint8${why}, found [${shape.join(", ")}] ${type}.`,
  );
}
