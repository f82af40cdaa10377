/**
 * Values that say how they are listed: the library registers a description for a prototype, in a table under
 * `Symbol.for("gradbook.variables")`. The session knows nothing else of them.
 */
import type { VariableKind, VariableStatistics } from "../../protocol/variables.ts";
import { chain, isObject, isProxy, isSafe, ownKeys, ownProperty } from "./natives.ts";

export interface Description {
  kind: VariableKind;
  value: string;
  shape?: readonly number[];
  bytes?: number;
  facts: readonly (readonly [label: string, text: string])[];
  statistics?: () => VariableStatistics;
  text?: () => string;
  inside: {
    named?: readonly (readonly [name: string, value: unknown])[];
    count?: number;
    item?: (index: number) => unknown;
    /** What code writes after the value to reach an item. */
    access?: (index: number) => string;
    /** The object's own fields, less these; none when left out. */
    fieldsBut?: readonly string[];
  };
}
type Describe = (value: object, own: typeof ownFields) => Description;

const VARIABLES = Symbol.for("gradbook.variables");

const table = (): WeakMap<object, Describe> | undefined =>
  (globalThis as { [VARIABLES]?: WeakMap<object, Describe> })[VARIABLES];

/** Whether instances of the class with this prototype are described. */
export const isDescribed = (prototype: object): boolean => table()?.has(prototype) ?? false;

/** Undefined when nobody describes the value, or when it only looks like one that can be described. */
export function described(value: object): Description | undefined {
  const known = table();
  if (!known || !isSafe(value)) return undefined;
  for (const prototype of chain(value)) {
    const describe = prototype === value ? undefined : known.get(prototype);
    if (!describe) continue;
    try {
      return describe(value, ownFields);
    } catch {
      // The prototype itself, or an object that was given it: shown by its fields.
      return undefined;
    }
  }
  return undefined;
}

const MOST_FIELDS = 100_000;

/** Own properties that hold values, less proxies and what inherits from one. */
export function ownFields(value: object): { [name: string]: unknown } {
  const fields = Object.create(null) as { [name: string]: unknown };
  if (!isObject(value) || isProxy(value)) return fields;
  for (const key of ownKeys(value).slice(0, MOST_FIELDS)) {
    if (typeof key !== "string") continue;
    const property = ownProperty(value, key);
    if (!property?.enumerable || !("value" in property)) continue;
    if (!isObject(property.value) || isSafe(property.value)) fields[key] = property.value;
  }
  return fields;
}
