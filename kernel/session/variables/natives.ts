/**
 * The language's own operations on values that may be hostile: taken when the worker starts, so that what a cell puts in
 * their place is never called, and only those that read internal slots or own properties.
 */
import { types } from "node:util";

export const { isProxy } = types;
export const { getOwnPropertyDescriptor: ownProperty, getPrototypeOf, ownKeys } = Reflect;
export const { isArray } = Array;
export const quote = JSON.stringify;
const { apply } = Reflect;

type Method = (...args: never[]) => unknown;
/** A method that reads an internal slot, as a function of the value. */
function method<Result>(prototype: object, name: PropertyKey): (value: unknown) => Result {
  const { value } = ownProperty(prototype, name)!;
  return (self) => apply(value as Method, self, []) as Result;
}
function getter<Result>(prototype: object, name: PropertyKey): (value: unknown) => Result {
  const { get } = ownProperty(prototype, name)!;
  return (self) => apply(get as Method, self, []) as Result;
}
const typedArray = getPrototypeOf(Uint8Array.prototype)!;

export const functionText = method<string>(Function.prototype, "toString");
export const mapSize = getter<number>(Map.prototype, "size");
export const setSize = getter<number>(Set.prototype, "size");
export const typedLength = getter<number>(typedArray, "length");
export const typedBytes = getter<number>(typedArray, "byteLength");
/** Its name, whatever a subclass is called. */
export const typedName = getter<string>(typedArray, Symbol.toStringTag);
export const bufferBytes = getter<number>(ArrayBuffer.prototype, "byteLength");
export const sharedBufferBytes = getter<number>(SharedArrayBuffer.prototype, "byteLength");
export const viewBytes = getter<number>(DataView.prototype, "byteLength");
export const dateTime = method<number>(Date.prototype, "getTime");
export const isoDate = method<string>(Date.prototype, "toISOString");
export const symbolDescription = getter<string | undefined>(Symbol.prototype, "description");
export const regExpSource = getter<string>(RegExp.prototype, "source");
const flags = (
  ["hasIndices", "global", "ignoreCase", "multiline", "dotAll", "unicode", "unicodeSets", "sticky"] as const
).map((name, i) => [getter<boolean>(RegExp.prototype, name), "dgimsuvy"[i]!] as const);
export const regExpFlags = (value: unknown): string =>
  flags.flatMap(([has, letter]) => (has(value) ? [letter] : [])).join("");
export const unbox = {
  number: method<unknown>(Number.prototype, "valueOf"),
  string: method<unknown>(String.prototype, "valueOf"),
  boolean: method<unknown>(Boolean.prototype, "valueOf"),
  bigint: method<unknown>(BigInt.prototype, "valueOf"),
  symbol: method<unknown>(Symbol.prototype, "valueOf"),
};

const mapEntries = method<Iterator<[unknown, unknown]>>(Map.prototype, "entries");
const mapNext = method<IteratorResult<[unknown, unknown]>>(getPrototypeOf(mapEntries(new Map()))!, "next");
const setValues = method<Iterator<unknown>>(Set.prototype, "values");
const setNext = method<IteratorResult<unknown>>(getPrototypeOf(setValues(new Set()))!, "next");

/** Entries `from` up to, not including, `to`. */
export const mapSlice = (map: unknown, from: number, to: number): [unknown, unknown][] =>
  slice(mapEntries(map), mapNext, from, to);
export const setSlice = (set: unknown, from: number, to: number): unknown[] => slice(setValues(set), setNext, from, to);

function slice<T>(iterator: unknown, next: (iterator: unknown) => IteratorResult<T>, from: number, to: number): T[] {
  const found: T[] = [];
  for (let i = 0; i < to; i++) {
    const step = next(iterator);
    if (step.done) break;
    if (i >= from) found[found.length] = step.value;
  }
  return found;
}

export const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** More prototypes than this are nobody's. */
const LONGEST_CHAIN = 100;

/** The object and its prototypes, ending before the first proxy. */
export function* chain(value: object): Generator<object> {
  let at: object | null = value;
  for (let i = 0; i < LONGEST_CHAIN && at !== null && !isProxy(at); i++) {
    yield at;
    at = getPrototypeOf(at);
  }
}

/** Whether reading the prototypes meets no proxy, so that `instanceof` and inherited methods are safe. */
export function isSafe(value: object): boolean {
  let at: object | null = value;
  for (let i = 0; i < LONGEST_CHAIN && at !== null; i++) {
    if (isProxy(at)) return false;
    at = getPrototypeOf(at);
  }
  return at === null;
}

/** An own property that holds a value; undefined for what is not there, and for a getter. */
export function ownValue(value: object, name: PropertyKey): unknown {
  return isProxy(value) ? undefined : ownProperty(value, name)?.value;
}

/** Name of the class, "" when there is none. */
export function className(value: object): string {
  for (const at of chain(value)) {
    const maker: unknown = ownValue(at, "constructor");
    const name: unknown = typeof maker === "function" ? ownValue(maker, "name") : undefined;
    if (typeof name === "string" && name !== "") return name;
  }
  return "";
}
