/** What is inside a value, one level at a time: members by name, and long rows of them in parts of a hundred. */
import { types } from "node:util";
import type { VariableNode } from "../../protocol/variables.ts";
import { described, isDescribed } from "./described.ts";
import { fieldKeys, IDENTIFIER, look, propertyName, quoted, type Detail } from "./look.ts";
import * as natives from "./natives.ts";
import { isArray, isObject, isProxy, ownProperty, ownValue } from "./natives.ts";

export interface Member {
  key: string;
  name: string;
  access?: string;
  value: unknown;
}

/** Members without number, then a row of `count`. */
interface Inside {
  named: Member[];
  count: number;
  row(from: number, to: number): Member[];
}

/** What stands in the place of a value. `instanceof` would call a proxy, asking for a private field does not. */
class Part {
  readonly #part = true;
  readonly whole: Inside;
  readonly from: number;
  readonly to: number;
  /** Elements `from` up to, not including, `to` of a long row. */
  constructor(whole: Inside, from: number, to: number) {
    this.whole = whole;
    this.from = from;
    this.to = to;
  }
  static is(value: unknown): value is Part {
    return typeof value === "object" && value !== null && #part in value;
  }
}
class Entry {
  readonly #entry = true;
  readonly key: unknown;
  readonly value: unknown;
  /** An entry of a map whose key is an object. */
  constructor(key: unknown, value: unknown) {
    this.key = key;
    this.value = value;
  }
  static is(value: unknown): value is Entry {
    return typeof value === "object" && value !== null && #entry in value;
  }
}
/** For a value that only a getter could tell. */
const getter = Object.freeze({});

/** As many members are listed at once; more than that are cut into as many parts at most. */
export const CHUNK = 100;
/** Getters that prototypes may add. */
const MOST_GETTERS = 100;

export function nodesInside(value: unknown, detail: Detail): VariableNode[] {
  const all = inside(value);
  const members = all.count <= CHUNK ? all.row(0, all.count) : parts(all);
  return [...all.named, ...members].map((member) => nodeOf(member, detail));
}

/** The member of `value` that a step leads to; undefined when there is none any more. */
export function step(value: unknown, key: string): { value: unknown } | undefined {
  const all = inside(value);
  const range = /^(\d+)-(\d+)$/.exec(key);
  if (range) return { value: new Part(all, Number(range[1]), Math.min(all.count, Number(range[2]))) };
  const index = /^#(\d+)$/.exec(key);
  const place = index ? Number(index[1]) : -1;
  if (index) return place < all.count ? all.row(place, place + 1)[0] : undefined;
  return all.named.find((member) => member.key === key);
}

export function nodeOf({ key, name, access, value }: Member, detail: Detail): VariableNode {
  const at = { key, name, ...(access !== undefined && { access }) };
  if (value === getter) {
    return { ...at, kind: "getter", type: "getter", value: "(…)", expandable: false };
  }
  if (Part.is(value)) return { ...at, kind: "part", type: "", value: "", expandable: true };
  if (Entry.is(value)) {
    const [k, v] = [look(value.key, detail).value, look(value.value, detail).value];
    return { ...at, kind: "part", type: "entry", value: `${k} => ${v}`, expandable: true };
  }
  return { ...at, ...look(value, detail) };
}

function parts(whole: Inside): Member[] {
  let size = CHUNK;
  while (whole.count > size * CHUNK) size *= CHUNK;
  const found: Member[] = [];
  for (let from = 0; from < whole.count; from += size) {
    const to = Math.min(whole.count, from + size);
    found.push({ key: `${from}-${to}`, name: `[${from} … ${to - 1}]`, value: new Part(whole, from, to), access: "" });
  }
  return found;
}

const nothing = (): Member[] => [];

function inside(value: unknown): Inside {
  if (!isObject(value) || isProxy(value)) return { named: [], count: 0, row: nothing };
  if (Part.is(value)) {
    const { whole, from, to } = value;
    return { named: [], count: to - from, row: (a, b) => whole.row(from + a, from + b) };
  }
  if (Entry.is(value)) {
    const named = [
      { key: "key", name: "key", value: value.key },
      { key: "value", name: "value", value: value.value },
    ];
    return { named, count: 0, row: nothing };
  }
  const known = described(value);
  if (known) {
    const { named = [], count = 0, item = () => undefined, access, fieldsBut } = known.inside;
    const first = named.map(([name, child]): Member => ({ key: `=${name}`, name, value: child, ...accessTo(name) }));
    const but = new Set<PropertyKey>(fieldsBut);
    const more = fieldsBut ? fieldsOf(value).filter(({ name }) => !but.has(name)) : [];
    return {
      named: [...first, ...more],
      count,
      row: (from, to) => row(from, to, (i) => ({ value: item(i), ...(access && { access: access(i) }) })),
    };
  }
  const collection = collectionInside(value);
  if (collection) return collection;
  const fields = fieldsOf(value);
  if (fields.length <= CHUNK) return { named: fields, count: 0, row: nothing };
  const numbered = fields.map((field, i) => ({ ...field, key: `#${i}` }));
  return { named: [], count: fields.length, row: (from, to) => numbered.slice(from, to) };
}

function collectionInside(value: object): Inside | undefined {
  if (isArray(value)) {
    const count = ownValue(value, "length") as number;
    // Beside its elements an array seldom has anything, and of a long one all keys would have to be listed.
    const named = count <= CHUNK * CHUNK ? fieldsOf(value).filter(({ name }) => !/^\d+$|^length$/.test(name)) : [];
    return { named, count, row: (from, to) => row(from, to, (i) => ({ value: valueOf(ownProperty(value, i)) })) };
  }
  if (types.isTypedArray(value)) {
    return {
      named: [],
      count: natives.typedLength(value),
      row: (from, to) => row(from, to, (i) => ({ value: value[i] })),
    };
  }
  if (types.isMap(value)) {
    return {
      named: fieldsOf(value),
      count: natives.mapSize(value),
      row: (from, to) =>
        natives.mapSlice(value, from, to).map(([key, item], i): Member => {
          const place = { key: `#${from + i}` };
          if (isObject(key)) return { ...place, name: `[${from + i}]`, value: new Entry(key, item) };
          const name =
            typeof key === "string"
              ? quoted(key, 60)
              : look(key, { depth: 0, items: 0, characters: 60, until: 0 }).value;
          const literal =
            typeof key === "symbol" ? {} : { access: `.get(${typeof key === "string" ? natives.quote(key) : name})!` };
          return { ...place, name, value: item, ...literal };
        }),
    };
  }
  if (types.isSet(value)) {
    return {
      named: fieldsOf(value),
      count: natives.setSize(value),
      row: (from, to) =>
        natives
          .setSlice(value, from, to)
          .map((item, i) => ({ key: `#${from + i}`, name: `[${from + i}]`, value: item })),
    };
  }
  return undefined;
}

function row(from: number, to: number, at: (i: number) => { value: unknown; access?: string }): Member[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, k) => {
    const i = from + k;
    return { key: `#${i}`, name: `[${i}]`, access: `[${i}]`, ...at(i) };
  });
}

/** Own properties, then the getters that its classes add. */
function fieldsOf(value: object): Member[] {
  let symbols = 0;
  const members = fieldKeys(value).map((key): Member => {
    const step = typeof key === "symbol" ? `@${symbols++}` : `.${String(key)}`;
    const access = typeof key === "string" ? accessTo(key) : {};
    return { key: step, name: propertyName(key), value: fieldValue(value, key), ...access };
  });
  const own = new Set(members.map(({ name }) => name));
  for (const prototype of natives.chain(value)) {
    // The language's own classes have getters that say nothing new, and some that fail.
    if (prototype === value || NATIVE.has(prototype)) continue;
    // A described class has said what matters.
    if (isDescribed(prototype)) break;
    for (const key of natives.ownKeys(prototype)) {
      const name = propertyName(key);
      if (typeof key !== "string" || own.has(name) || own.size > members.length + MOST_GETTERS) continue;
      const property = ownProperty(prototype, key);
      if (property?.get === undefined || key === "__proto__") continue;
      own.add(name);
      members.push({ key: `.${key}`, name, value: getter, ...accessTo(key) });
    }
  }
  return members;
}

const NATIVE = new Set<object>(
  Object.getOwnPropertyNames(globalThis).flatMap((name) => {
    const made: unknown = Object.getOwnPropertyDescriptor(globalThis, name)?.value;
    const prototype: unknown = typeof made === "function" ? made.prototype : undefined;
    return isObject(prototype) ? [prototype] : [];
  }),
);
NATIVE.add(natives.getPrototypeOf(Uint8Array.prototype)!);

function fieldValue(value: object, key: PropertyKey): unknown {
  try {
    return valueOf(ownProperty(value, key));
  } catch {
    // A module's variable that has not been initialised yet.
    return getter;
  }
}

function valueOf(property: PropertyDescriptor | undefined): unknown {
  return property && !("value" in property) ? getter : property?.value;
}

function accessTo(name: string): { access: string } {
  if (IDENTIFIER.test(name)) return { access: `.${name}` };
  return { access: /^\d+$/.test(name) ? `[${name}]` : `[${natives.quote(name)}]` };
}
