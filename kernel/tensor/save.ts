import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writevSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, OptionError } from "./errors.ts";
import { decode, encode, FormatError } from "./safetensors.ts";
import { Tensor } from "./tensor.ts";

/** What can be saved: tensors, numbers, strings, booleans, null, undefined, and plain objects and arrays of them. */
export type Saveable =
  Tensor | number | string | boolean | null | undefined | readonly Saveable[] | { readonly [key: string]: Saveable };

/** A file that is not there, cut off, or of another kind. */
export class FileError extends Error {
  override name = "FileError";
}

/** Where the structure around the tensors is kept, in the file's metadata. */
const KEY = "gradbook";
/** Marks what JSON cannot say; an object that has this key itself is wrapped. */
const MARK = "$";

/**
 * Writes tensors, and the objects and arrays around them, to a safetensors file: state dicts of models and optimizers,
 * together with numbers and texts. Other programs read the tensors by their path, "model.layer1.weight".
 *
 * The file is written under a temporary name and then renamed, so a file that is there is never half-written.
 *
 * @example save({ model: model.stateDict(), optimizer: optimizer.stateDict(), epoch }, "run.safetensors")
 */
export function save(object: Saveable, path: string | URL): void {
  const tensors: { [name: string]: Tensor } = {};
  const structure = flatten(object, [], tensors, []);
  const target = path instanceof URL ? fileURLToPath(path) : path;
  if (typeof target !== "string" || target === "")
    throw new OptionError(`save: needs a path, got ${describe(path)}. The object comes first: save(object, path).`);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, "w");
    try {
      writeAll(file, encode({ tensors, metadata: { format: "pt", [KEY]: JSON.stringify(structure) } }));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new FileError(`save: cannot write ${target}: ${(error as Error).message}`, { cause: error });
  }
}

function writeAll(file: number, pieces: readonly Uint8Array[]): void {
  for (const piece of pieces) {
    for (let done = 0; done < piece.length;) done += writevSync(file, [piece.subarray(done)]);
  }
}

/** What `save` wrote; of a safetensors file from elsewhere, an object of its tensors by name. */
export function load<T = any>(path: string | URL): T {
  const name = path instanceof URL ? fileURLToPath(path) : path;
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new FileError(`load: cannot read ${name}: ${(error as Error).message}`, { cause: error });
  }
  try {
    const { tensors, metadata } = decode(bytes);
    const structure = metadata[KEY];
    return (structure === undefined ? { ...tensors } : restore(JSON.parse(structure), tensors)) as T;
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof SyntaxError)) throw error;
    throw new FileError(`load: ${name} is not a whole safetensors file (what save() writes): ${error.message}.`, {
      cause: error,
    });
  }
}

/** Puts each tensor under a name made of its path, and returns the rest as JSON. */
function flatten(
  value: Saveable,
  path: readonly string[],
  tensors: { [name: string]: Tensor },
  around: readonly object[],
): unknown {
  if (value instanceof Tensor) {
    let name = path.length === 0 ? "tensor" : path.join(".");
    while (name in tensors || name === "__metadata__") name += "_";
    tensors[name] = value;
    return { [MARK]: "tensor", name };
  }
  if (value === undefined) return { [MARK]: "undefined" };
  if (typeof value === "number") {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { [MARK]: "number", text: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  const where = path.length === 0 ? "the object" : path.join(".");
  if (typeof value !== "object") throw new OptionError(`save: ${where} is ${describe(value)}, which cannot be saved.`);
  if (around.includes(value)) throw new OptionError(`save: ${where} contains itself.`);
  const inside = [...around, value];
  if (Array.isArray(value))
    return value.map((entry, i) => flatten(entry as Saveable, [...path, String(i)], tensors, inside));
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm (a notebook cell's) has another Object.prototype, which has no prototype either.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const hint = typeof (value as { stateDict?: unknown }).stateDict === "function" ? " Save its stateDict()." : "";
    throw new OptionError(
      `save: ${where} is ${describe(value)}; tensors, numbers, texts, plain objects and arrays can be saved.${hint}`,
    );
  }
  const entries = Object.entries(value).map(([key, entry]) => [
    key,
    flatten(entry as Saveable, [...path, key], tensors, inside),
  ]);
  return MARK in value ? { [MARK]: "object", entries } : Object.fromEntries(entries);
}

function restore(json: unknown, tensors: { readonly [name: string]: Tensor }): unknown {
  if (Array.isArray(json)) return json.map((entry) => restore(entry, tensors));
  if (typeof json !== "object" || json === null) return json;
  const marked = json as { [MARK]?: string; name?: string; text?: string; entries?: [string, unknown][] };
  switch (marked[MARK]) {
    case "tensor": {
      const tensor = tensors[marked.name!];
      if (tensor === undefined)
        throw new FormatError(`its structure names a tensor "${marked.name}" that it does not hold`);
      return tensor;
    }
    case "undefined":
      return undefined;
    case "number":
      return Number(marked.text);
    case "object":
      return Object.fromEntries(marked.entries!.map(([key, entry]) => [key, restore(entry, tensors)]));
    default:
      return Object.fromEntries(Object.entries(json).map(([key, entry]) => [key, restore(entry, tensors)]));
  }
}
