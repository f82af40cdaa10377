/** One line about any value, by inspection alone: nothing of the user's is called. */
import { types } from "node:util";
import { cleanMessage } from "../../language/message.ts";
import type { VariableKind } from "../../protocol/variables.ts";
import { described } from "./described.ts";
import * as natives from "./natives.ts";
import { className, isArray, isProxy, ownKeys, ownProperty, ownValue, quote } from "./natives.ts";
import { promiseState } from "./promise.ts";

export interface Look {
  kind: VariableKind;
  type: string;
  value: string;
  expandable: boolean;
  length?: number;
  shape?: number[];
  bytes?: number;
}

export interface Detail {
  /** How many levels of what is inside are shown, and how many items of each. */
  depth: number;
  items: number;
  /** Length of strings, and of the whole about. */
  characters: number;
  /** `performance.now()` after which what is inside is not shown any more. */
  until: number;
}
export const ONE_LINE = { depth: 2, items: 5, characters: 100 };
export const WHOLE = { depth: 6, items: 100, characters: 20_000 };

export function look(value: unknown, detail: Detail): Look {
  try {
    return typeof value === "object" || typeof value === "function" ? lookAt(value, detail) : primitive(value, detail);
  } catch {
    // A value may be made so that even looking fails: a namespace that is being loaded, a stack that is full.
    return { kind: "object", type: typeof value, value: "(cannot be shown)", expandable: false };
  }
}

function primitive(value: unknown, { characters }: Detail): Look {
  const type = typeof value;
  const plain = (kind: VariableKind, text: string): Look => ({ kind, type, value: text, expandable: false });
  switch (typeof value) {
    case "string":
      return { ...plain("string", quoted(value, characters)), length: value.length };
    case "number":
      return plain("number", Object.is(value, -0) ? "-0" : `${value}`);
    case "bigint":
      return plain("number", cut(`${value}n`, characters));
    case "boolean":
      return plain("boolean", `${value}`);
    case "symbol":
      return plain("symbol", cut(`Symbol(${natives.symbolDescription(value) ?? ""})`, characters));
    default:
      return plain("nothing", "undefined");
  }
}

function lookAt(value: object | null, detail: Detail): Look {
  if (value === null) return { kind: "nothing", type: "null", value: "null", expandable: false };
  if (isProxy(value)) return { kind: "proxy", type: "Proxy", value: "Proxy", expandable: false };
  const type = className(value);
  if (typeof value === "function") return functionLook(value, type, detail);
  const known = described(value);
  if (known) {
    const { kind, value: text, shape, bytes } = known;
    return {
      kind,
      type,
      value: kind === "tensor" ? text : `${type} ${text}`,
      expandable: true,
      ...(shape && { shape: [...shape] }),
      ...(bytes !== undefined && { bytes }),
    };
  }
  return builtIn(value, type, detail) ?? plainObject(value, type, detail);
}

/** How to show each kind of object that has internal slots. */
function builtIn(value: object, type: string, detail: Detail): Look | undefined {
  const made = (kind: VariableKind, text: string, more: Partial<Look> = {}): Look => ({
    kind,
    type,
    value: text,
    ...more,
    expandable: more.expandable ?? hasFields(value),
  });
  const name = (standard: string): string => type || standard;
  if (isArray(value)) {
    const length = ownValue(value, "length") as number;
    const shown = items(length, detail, (i) => indexed(value, i, detail));
    const title = type === "Array" || type === "" ? "" : type;
    return made("array", `${title}(${length}) [${shown}]`, { length, expandable: length > 0, type: name("Array") });
  }
  if (types.isTypedArray(value)) {
    const length = natives.typedLength(value);
    const standard = natives.typedName(value);
    const shown = items(length, detail, (i) => numberText(value[i]!, standard));
    const bytes = natives.typedBytes(value);
    return made("array", `${name(standard)}(${length}) [${shown}]`, { length, bytes, expandable: length > 0 });
  }
  if (types.isMap(value)) {
    const length = natives.mapSize(value);
    const entries = natives.mapSlice(value, 0, room(detail));
    const shown = items(length, detail, (i) => `${inner(entries[i]![0], detail)} => ${inner(entries[i]![1], detail)}`);
    return made("map", `${name("Map")}(${length}) {${shown}}`, { length, expandable: length > 0 });
  }
  if (types.isSet(value)) {
    const length = natives.setSize(value);
    const values = natives.setSlice(value, 0, room(detail));
    const shown = items(length, detail, (i) => inner(values[i], detail));
    return made("map", `${name("Set")}(${length}) {${shown}}`, { length, expandable: length > 0 });
  }
  if (types.isDate(value)) {
    const time = natives.dateTime(value);
    return made("date", Number.isNaN(time) ? "Invalid Date" : natives.isoDate(new Date(time)));
  }
  if (types.isRegExp(value)) {
    const text = `/${natives.regExpSource(value)}/${natives.regExpFlags(value)}`;
    return made("string", cut(text, detail.characters), { expandable: false });
  }
  if (types.isNativeError(value)) {
    const message: unknown = ownValue(value, "message");
    return made(
      "error",
      `${name("Error")}${typeof message === "string" ? `: ${cut(message, detail.characters)}` : ""}`,
    );
  }
  if (types.isPromise(value)) {
    const { state, result } = (enough(detail) ? promiseState(value) : undefined) ?? { state: "", result: "" };
    const first = cut(result.split("\n")[0]!, detail.characters);
    return made("promise", `${name("Promise")} {${[state, first].filter(Boolean).join(": ")}}`);
  }
  if (types.isModuleNamespaceObject(value)) {
    const names = ownKeys(value).filter((key) => typeof key === "string");
    const shown = items(names.length, detail, (i) => names[i]!);
    return made("namespace", `module {${shown}}`, { type: "module", length: names.length, expandable: true });
  }
  if (types.isArrayBuffer(value)) return buffer("ArrayBuffer", natives.bufferBytes(value));
  if (types.isSharedArrayBuffer(value)) return buffer("SharedArrayBuffer", natives.sharedBufferBytes(value));
  if (types.isDataView(value)) return buffer("DataView", natives.viewBytes(value));
  for (const [is, read, standard] of boxes) {
    if (is(value)) return made("object", `${name(standard)} {${look(read(value), detail).value}}`);
  }
  if (types.isWeakMap(value) || types.isWeakSet(value)) return made("map", `${name("WeakMap")} {…}`);
  if (types.isGeneratorObject(value)) return made("object", "Generator", { type: "Generator" });
  return undefined;

  function buffer(standard: string, bytes: number): Look {
    return made("array", `${name(standard)}(${bytes})`, { bytes });
  }
}

const boxes = [
  [types.isNumberObject, natives.unbox.number, "Number"],
  [types.isStringObject, natives.unbox.string, "String"],
  [types.isBooleanObject, natives.unbox.boolean, "Boolean"],
  [types.isBigIntObject, natives.unbox.bigint, "BigInt"],
  [types.isSymbolObject, natives.unbox.symbol, "Symbol"],
] as const;

function plainObject(value: object, type: string, detail: Detail): Look {
  const title = type === "Object" || type === "" ? "" : `${type} `;
  const made = (text: string, expandable: boolean): Look => ({
    kind: "object",
    type: type || "Object",
    value: title + text,
    expandable,
  });
  if (!enough(detail) || slow.has(value)) return made("{…}", true);
  const keys = fieldKeys(value).filter((key) => typeof key === "string");
  if (type === "Object" && isBundledModule(value, keys)) {
    const names = items(keys.length, detail, (i) => keys[i]!);
    return { kind: "namespace", type: "module", value: `module {${names}}`, length: keys.length, expandable: true };
  }
  const shown = items(keys.length, detail, (i) => `${propertyName(keys[i]!)}: ${property(value, keys[i]!, detail)}`);
  // A class may have nothing but getters, which are listed too.
  return made(`{${shown}}`, keys.length > 0 || !["Object", ""].includes(type));
}

/** A module as a bundler leaves it: an object whose fixed getters give what it exports. */
function isBundledModule(value: object, keys: string[]): boolean {
  const isExport = (key: string): boolean => {
    const property = ownProperty(value, key);
    return property?.get !== undefined && property.set === undefined && property.configurable === false;
  };
  return keys.length > 0 && keys.every(isExport);
}

function functionLook(value: object, type: string, { characters }: Detail): Look {
  // The transform writes boxes in place of some names.
  const text = cleanMessage(natives.functionText(value).slice(0, 2000));
  const own: unknown = ownValue(value, "name");
  const name = typeof own === "string" ? own : "";
  const expandable = hasFields(value);
  if (/^class\b/.test(text)) {
    const base = natives.getPrototypeOf(value);
    const baseName: unknown = typeof base === "function" ? ownValue(base, "name") : "";
    const extending = typeof baseName === "string" && baseName !== "" ? ` extends ${baseName}` : "";
    return { kind: "class", type: "class", value: cut(`class ${name}${extending}`, characters), expandable };
  }
  const before = `${/^async\b/.test(text) ? "async " : ""}ƒ${/^(?:async\s+)?(?:function\s*)?\*/.test(text) ? "*" : ""}`;
  const signature = `${before} ${name}${parameters(text)}`;
  return { kind: "function", type: type || "Function", value: cut(signature, characters), expandable };
}

/** The parameters as written, brackets included. */
function parameters(text: string): string {
  const bare = /^(?:async\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=>/u.exec(text);
  if (bare) return `(${bare[1]})`;
  const start = text.indexOf("(");
  let depth = 0;
  let quotes = "";
  for (let i = start; i >= 0 && i < text.length; i++) {
    const at = text[i]!;
    if (quotes !== "") {
      if (at === "\\") i++;
      else if (at === quotes) quotes = "";
    } else if (at === '"' || at === "'" || at === "`") quotes = at;
    else if (at === "(" || at === "[" || at === "{") depth++;
    else if ((at === ")" || at === "]" || at === "}") && --depth === 0) {
      return text
        .slice(start, i + 1)
        .replace(/\s+/g, " ")
        .replace(/ (?=[,)])/g, "");
    }
  }
  return "(…)";
}

// What is inside -----------------------------------------------------------------------------------------------------

const enough = ({ until }: Detail): boolean => performance.now() < until;
/** How many items may be shown. */
const room = (detail: Detail): number => (detail.depth > 0 && enough(detail) ? detail.items : 0);

function items(count: number, detail: Detail, text: (i: number) => string): string {
  const parts: string[] = [];
  let characters = 0;
  const most = Math.min(count, room(detail));
  for (let i = 0; i < most && characters < detail.characters; i++) {
    parts[i] = text(i);
    characters += parts[i]!.length;
  }
  if (parts.length < count) parts[parts.length] = "…";
  return parts.join(", ");
}

function inner(value: unknown, detail: Detail): string {
  return look(value, { ...detail, depth: detail.depth - 1, characters: Math.max(20, detail.characters >> 2) }).value;
}

function property(value: object, key: PropertyKey, detail: Detail): string {
  const found = ownProperty(value, key);
  if (!found) return "";
  return "value" in found ? inner(found.value, detail) : "(…)";
}

function indexed(array: object, i: number, detail: Detail): string {
  return ownProperty(array, i) ? property(array, i, detail) : "empty";
}

/** Objects with so many fields that listing them takes long: not done again and again. */
const slow = new WeakSet<object>();
const SLOW_MS = 20;

/** Names of the fields that are shown. */
export function fieldKeys(value: object): PropertyKey[] {
  const began = performance.now();
  let keys = ownKeys(value);
  if (types.isNativeError(value)) keys = keys.filter((key) => key !== "stack");
  if (typeof value === "function") keys = keys.filter((key) => !OF_FUNCTIONS.has(key));
  if (performance.now() - began > SLOW_MS) slow.add(value);
  return keys;
}
/** Every function has them, and the stack of an error is written when it is read, by code that a user may set. */
const OF_FUNCTIONS = new Set<PropertyKey>(["length", "name", "prototype", "arguments", "caller"]);

const hasFields = (value: object): boolean => slow.has(value) || fieldKeys(value).length > 0;

export function numberText(value: number | bigint | string, array: string): string {
  return array === "Float32Array" ? `${Number((value as number).toPrecision(7))}` : `${value}`;
}

export function propertyName(key: PropertyKey): string {
  if (typeof key === "symbol") return `[${cut(`Symbol(${natives.symbolDescription(key) ?? ""})`, 60)}]`;
  const name = String(key);
  return IDENTIFIER.test(name) || /^\d+$/.test(name) ? cut(name, 60) : quoted(name, 60);
}
export const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

export function quoted(text: string, most: number): string {
  return text.length <= most ? quote(text) : quote(text.slice(0, most)).slice(0, -1) + '…"';
}
function cut(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most) + "…";
}
