/** `save` and `load`: tensors and what is around them in files that Python reads and writes too. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, FileError, OptionError } from "./errors.ts";
import { decodeNpy, encodeNpy, isNpy } from "./npy.ts";
import { checkOptions } from "./options.ts";
import { decode, decodeHeader, encode, type Source } from "./safetensors.ts";
import { ContentError, FormatError } from "./stored.ts";
import { flatten, isPlain, restore, type Saveable } from "./structure.ts";
import { Tensor } from "./tensor.ts";
import { writeWhole } from "./writeFile.ts";
import { isZip, readZip, writeZip, zipNames } from "./zip.ts";

export type { Saveable } from "./structure.ts";

/** Where the structure around the tensors is kept, in the file's metadata. */
const KEY = "gradbook";

export interface SaveOptions {
  /** .safetensors: texts to keep beside the tensors, for `loadMetadata`. */
  metadata?: { readonly [key: string]: string };
  /** .npz: deflate the arrays, as NumPy's savez_compressed does. Default false. */
  compress?: boolean;
}

/**
 * Writes tensors, and the objects and arrays around them, to a file. Its ending says which kind:
 *
 * - `.safetensors`, and any other name: state dicts of models and optimizers, together with numbers and texts. Other
 *   programs read the tensors by their path, "model.layer1.weight".
 * - `.npy`: one tensor, for numpy.load.
 * - `.npz`: an object of tensors, for numpy.load.
 *
 * The file is written under a temporary name and then renamed, so a file that is there is never half-written.
 *
 * ```ts
 * const model = new nn.Linear(2, 1);
 * save({ model: model.stateDict(), epoch: 3 }, "run.safetensors", { metadata: { author: "me" } });
 * load("run.safetensors").epoch // → 3
 * save(tensor([[1, 2], [3, 4]]), "x.npy");
 * load("x.npy").toArray() // → [[1, 2], [3, 4]]
 * save({ x: tensor([1, 2]), y: tensor(5) }, "xy.npz", { compress: true });
 * Object.keys(load("xy.npz")) // → ["x", "y"]
 * ```
 *
 * Sources: huggingface/safetensors, "Format"; NumPy, numpy.lib.format.
 */
export function save(object: Saveable, path: string | URL, options: SaveOptions = {}): void {
  const target = pathOf("save", path, " The object comes first: save(object, path).");
  const kind = /\.(npy|npz)$/i.exec(target)?.[1]?.toLowerCase();
  checkOptions("save", options, kind === "npy" ? [] : kind === "npz" ? ["compress"] : ["metadata"]);
  const pieces =
    kind === "npy" ? npyPieces(object) : kind === "npz" ? npzPieces(object, options) : whole(object, options);
  try {
    writeWhole(target, pieces);
  } catch (error) {
    throw new FileError(`save: cannot write ${target}: ${(error as Error).message}`, { cause: error });
  }
}

function whole(object: Saveable, { metadata = {} }: SaveOptions): Iterable<Uint8Array> {
  const tensors: { [name: string]: Tensor } = Object.create(null); // a tensor may be called "constructor"
  const structure = flatten(object, [], tensors, []);
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text !== "string" || key === KEY)
      throw new OptionError(`save: metadata.${key} must be a text (and its name not "${KEY}"), got ${describe(text)}.`);
  }
  return encode({ tensors, metadata: { format: "pt", ...metadata, [KEY]: JSON.stringify(structure) } });
}

function npyPieces(object: Saveable): Iterable<Uint8Array> {
  if (object instanceof Tensor) return encodeNpy(object);
  throw new OptionError(
    `save: an .npy file holds one tensor, got ${describe(object)}. Take .npz for several, .safetensors for anything else.`,
  );
}

function npzPieces(object: Saveable, { compress = false }: SaveOptions): Iterable<Uint8Array> {
  const entries = isPlain(object) ? Object.entries(object) : undefined;
  const stranger = entries?.find(([, x]) => !(x instanceof Tensor));
  if (entries === undefined || stranger !== undefined) {
    const got = stranger === undefined ? describe(object) : `${stranger[0]}: ${describe(stranger[1])}`;
    throw new OptionError(
      `save: an .npz file holds an object of tensors, { x, y }; got ${got}. Take .safetensors for anything else.`,
    );
  }
  return writeZip(
    entries.map(([name, x]) => [`${name}.npy`, Buffer.concat(encodeNpy(x as Tensor))]),
    compress,
  );
}

/**
 * What `save` wrote; of a safetensors file from elsewhere (PyTorch's weights, say) an object of its tensors by name; of
 * an .npy file its tensor, of an .npz file an object of tensors. The kind is told by the content, not by the name.
 *
 * Element types: F32, F64, I32 and BOOL stay; F16 and BF16 become float32; I64 and all other integers become int32, and
 * a number that does not fit is an error. A tensor stored column by column is turned.
 *
 * ```ts
 * const weights = load("linear.safetensors");    // Python: safetensors.torch.save_file(model.state_dict(), …)
 * const model = new nn.Linear(3, 2);
 * model.loadStateDict(weights);
 * load("linear.npz").weight.shape // → [2, 3]
 * ```
 */
export function load<T = any>(path: string | URL): T {
  return reading("load", path, (file) => {
    const first = file.read(0, Math.min(8, file.size));
    const all = () => file.read(0, file.size);
    if (isNpy(first)) return inside(".npy file", () => decodeNpy(all())) as T;
    if (isZip(first)) return inside(".npz file", () => decodeNpz(all())) as T;
    return inside("safetensors file (what save() writes)", () => {
      const { tensors, metadata } = decode(file);
      const structure = metadata[KEY];
      return (structure === undefined ? { ...tensors } : restore(JSON.parse(structure), tensors)) as T;
    });
  });
}

/**
 * The texts in the header of a safetensors file, as `save` was given them; the tensors are not read.
 *
 * ```ts
 * save({ w: tensor([1]) }, "w.safetensors", { metadata: { trainedOn: "mnist" } });
 * loadMetadata("w.safetensors") // → { format: "pt", trainedOn: "mnist" }
 * ```
 */
export function loadMetadata(path: string | URL): { [key: string]: string } {
  return reading("loadMetadata", path, (file) =>
    inside("safetensors file", () => {
      const { [KEY]: _, ...metadata } = decodeHeader(file).metadata;
      return metadata;
    }),
  );
}

function decodeNpz(file: Uint8Array): { [name: string]: Tensor } {
  const names = zipNames(file);
  if (names.some((name) => name.endsWith("data.pkl"))) {
    throw new ContentError(
      "it is PyTorch's own format, a Python pickle. In Python: safetensors.torch.save_file(model.state_dict(), 'model.safetensors')",
    );
  }
  const stranger = names.find((name) => !name.endsWith(".npy"));
  if (stranger !== undefined) throw new ContentError(`its entry "${stranger}" is no .npy file`);
  return Object.fromEntries(
    readZip(file).map(([name, bytes]) => {
      try {
        return [name.slice(0, -".npy".length), decodeNpy(bytes)];
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        const Kind = error instanceof ContentError ? ContentError : FormatError;
        throw new Kind(`in "${name}": ${error.message}`, { cause: error });
      }
    }),
  );
}

/** What is wrong with the content, with the kind of file that was looked for. */
class ReadingError extends Error {}

function inside<R>(kind: string, read: () => R): R {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof SyntaxError)) throw error;
    const fault = error instanceof ContentError ? "cannot be loaded" : `is not a whole ${kind}`;
    throw new ReadingError(`${fault}: ${error.message}.`, { cause: error });
  }
}

function pathOf(who: string, path: unknown, hint: string): string {
  const name = path instanceof URL ? fileURLToPath(path) : path;
  if (typeof name === "string" && name !== "") return name;
  throw new OptionError(`${who}: needs a path, got ${describe(path)}.${hint}`);
}

function reading<R>(who: string, path: string | URL, read: (file: Source) => R): R {
  const name = pathOf(who, path, "");
  try {
    const file = openSync(name, "r");
    try {
      return read(source(file));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof ReadingError) {
      throw new FileError(`${who}: ${name} ${error.message}`, { cause: error.cause });
    }
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new FileError(`${who}: cannot read ${name}: ${(error as Error).message}${nearby(error, name)}`, {
      cause: error,
    });
  }
}

const nearby = (error: unknown, name: string) =>
  (error as NodeJS.ErrnoException).code === "ENOENT" && basename(name) === name ? ` (looked in ${process.cwd()})` : "";

function source(file: number): Source {
  return {
    size: fstatSync(file).size,
    read(at, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const count = readSync(file, bytes, done, Math.min(length - done, 2 ** 30), at + done);
        if (count === 0) throw new FormatError(`it ends at byte ${at + done}, ${length - done} bytes early`);
        done += count;
      }
      return bytes;
    },
  };
}
