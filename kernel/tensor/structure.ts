/** Objects and arrays around tensors, as JSON beside the tensors: how `save` keeps the structure of what it is given. */
import { describe, OptionError } from "./errors.ts";
import { FormatError } from "./stored.ts";
import { Tensor } from "./tensor.ts";

/** What can be saved: tensors, numbers, strings, booleans, null, undefined, and plain objects and arrays of them. */
export type Saveable =
  Tensor | number | string | boolean | null | undefined | readonly Saveable[] | { readonly [key: string]: Saveable };

/** Marks what JSON cannot say; an object that has this key itself is wrapped. */
const MARK = "$";

/** Puts each tensor under a name made of its path, and returns the rest as JSON. */
export function flatten(
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
  if (!isPlain(value)) {
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

export function restore(json: unknown, tensors: { readonly [name: string]: Tensor }): unknown {
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

/** A plain object of another realm (a notebook cell's) has another Object.prototype, which has no prototype either. */
export function isPlain(value: unknown): value is { readonly [key: string]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
