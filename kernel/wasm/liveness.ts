import { inspect } from "node:util";
import v8 from "node:v8";
import vm from "node:vm";
import { note } from "./log.ts";

/**
 * Finds out which objects are dead, in the middle of a synchronous loop.
 *
 * A WeakRef cannot tell: it keeps its target until the current job ends, costs half a microsecond, and no young collection
 * clears it. The entries of a WeakMap go with their keys in every collection, also a young one, which takes a fraction of a
 * millisecond where a full one takes ten; and `inspect(map, { showHidden: true })` lists those that are left. Keys are
 * mapped to numbers, so the list is read as numbers.
 */
const addresses = new WeakMap<object, number>();
// As they are now: a cell that puts something else into WeakMap.prototype must not take tensors out of the list.
const set = Function.prototype.call.bind(WeakMap.prototype.set) as (
  map: WeakMap<object, number>,
  key: object,
  value: number,
) => void;
const remove = Function.prototype.call.bind(WeakMap.prototype.delete) as (
  map: WeakMap<object, number>,
  key: object,
) => void;
// Always alive and always in the list: a list without it is not to be believed.
set(addresses, survivors, 0);

/** From now on `survivors` tells whether `key` lives, by a number above 0 that nothing else has. The key is not held. */
export function track(key: object, address: number): void {
  set(addresses, key, address);
}
export function untrack(key: object): void {
  remove(addresses, key);
}

type Collect = (options?: { type: "minor" | "major" }) => void;
let collector: Collect | undefined;
let broken = false;

/** Runs a collection: the young generation only, or everything. */
function collect(type: "minor" | "major"): void {
  if (collector === undefined) {
    // The flag is needed only while the function is fetched.
    v8.setFlagsFromString("--expose-gc");
    collector = (vm.runInNewContext("globalThis.gc") as Collect | undefined) ?? (() => {});
    v8.setFlagsFromString("--no-expose-gc");
  }
  collector({ type });
}

const options = {
  showHidden: true,
  depth: 0,
  maxArrayLength: null,
  maxStringLength: null,
  breakLength: Infinity,
  compact: true,
  colors: false,
  customInspect: false,
  numericSeparator: false,
  sorted: false,
} as const;

/**
 * Collects, and gives the numbers of all keys that live. "minor" finds the young ones that died; undefined: no collection.
 * Undefined as an answer: this runtime lists a WeakMap in another way, and nothing can be said.
 */
export function survivors(type: "minor" | "major" | undefined): Set<number> | undefined {
  if (broken) return undefined;
  if (type !== undefined) collect(type);
  const parts = inspect(addresses, options).split("=> ");
  const found = new Set<number>();
  for (let i = 1; i < parts.length; i++) found.add(parseInt(parts[i]!, 10));
  // All or nothing: an entry that was left out would be taken for dead.
  if (found.has(0) && !found.has(NaN) && found.size === parts.length - 1 && !parts.at(-1)!.includes("more item")) {
    found.delete(0);
    return found;
  }
  broken = true;
  note("memory: this runtime does not list the entries of a WeakMap, so only backward() and zeroGrad() free tensors.");
  return undefined;
}
