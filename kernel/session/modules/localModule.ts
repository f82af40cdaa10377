/** One version of a module: a local file that the session evaluates, or a module of Node's that it only holds. */
import { addPlaces } from "../stack.ts";
import type { Body, Code } from "./compileFile.ts";
import { missingExport } from "../../language/missingExport.ts";
import type { Node, Unit } from "./units.ts";

export type Attributes = { readonly [key: string]: string };
export type Namespace = { readonly [name: string]: unknown };

export interface Place {
  file: string;
  /** 1-based. */
  line: number;
  column: number;
}

export type AnyModule = LocalModule | ForeignModule;

/** What Node loads: a package, one of its own modules. */
export class ForeignModule implements Node<AnyModule> {
  readonly dependencies: readonly AnyModule[] = [];
  unit: Unit<AnyModule> | undefined;
  readonly key: string;
  readonly url: string;
  readonly attributes: Attributes;
  /** Where it was first asked for. */
  readonly from: Place | undefined;
  namespace: Namespace = {};

  constructor(parts: { key: string; url: string; attributes: Attributes; from: Place | undefined }) {
    this.key = parts.key;
    this.url = parts.url;
    this.attributes = parts.attributes;
    this.from = parts.from;
  }

  exportNames(): Iterable<string> {
    return Object.keys(this.namespace);
  }
}

export class LocalModule implements Node<AnyModule> {
  /** What it is known by: the file, and how it was read. */
  readonly key: string;
  readonly file: string;
  readonly code: Code;
  /** Of its requests, in their order. */
  dependencies: AnyModule[] = [];
  /** Keys of what it has loaded by `import()` and `require()`. */
  readonly loaded = new Set<string>();
  unit: Unit<AnyModule> | undefined;
  readonly from: Place | undefined;
  readonly namespace: Namespace = Object.create(null) as Namespace;
  /** Of a CommonJS module. */
  readonly module: { exports: unknown; loaded: boolean; id: string; filename: string } | undefined;
  /** Begun, and stopped before its first statement. */
  body: Body | undefined;
  private getters: { [name: string]: () => unknown } = {};

  constructor({ key, file, code, from }: { key: string; file: string; code: Code; from: Place | undefined }) {
    this.key = key;
    this.file = file;
    this.code = code;
    this.from = from;
    if (code.kind === "json") this.fillFrom(code.value);
    if (code.kind === "commonjs") this.module = { exports: {}, loaded: false, id: file, filename: file };
  }

  /** What `require` of this module gives. */
  get required(): unknown {
    if (this.code.kind === "json") return this.code.value;
    if (this.module) return this.module.exports;
    return "module.exports" in this.namespace ? this.namespace["module.exports"] : this.namespace;
  }

  exportNames(seen: Set<AnyModule> = new Set()): Iterable<string> {
    const { code } = this;
    if (code.kind !== "module") return Object.keys(this.namespace);
    if (seen.has(this)) return [];
    seen.add(this);
    const names = new Set([...code.exports, ...code.reexports.map(({ name }) => name)]);
    for (const star of code.stars) {
      for (const name of this.dependencies[star]!.exportNames(seen)) if (name !== "default") names.add(name);
    }
    return names;
  }

  setGetters(getters: { [name: string]: () => unknown }): void {
    this.getters = getters;
  }

  /** Once the getters of all modules of its unit are there. */
  defineExports(): void {
    const { code } = this;
    if (code.kind !== "module") return;
    for (const name of [...this.exportNames()].sort()) {
      const get = Object.hasOwn(this.getters, name) ? this.getters[name] : this.getterElsewhere(name, code);
      if (get) Object.defineProperty(this.namespace, name, { get, enumerable: true, configurable: true });
    }
    seal(this.namespace);
  }

  private getterElsewhere(name: string, code: LinkedCodeOf): (() => unknown) | undefined {
    const reexport = code.reexports.find((one) => one.name === name);
    if (reexport) {
      const dependency = this.dependencies[reexport.request]!;
      // A type that was exported as if it were a value.
      if (!has(dependency, reexport.exported)) return undefined;
      return () => dependency.namespace[reexport.exported];
    }
    const star = code.stars.map((request) => this.dependencies[request]!).find((one) => has(one, name));
    return star && (() => star.namespace[name]);
  }

  /** @throws SyntaxError for a name that the code uses and the module it comes from has not. */
  checkImports(): void {
    if (this.code.kind !== "module") return;
    for (const [i, { specifier, needs, line, column }] of this.code.requests.entries()) {
      const dependency = this.dependencies[i]!;
      const missing = needs.find((name) => !has(dependency, name));
      if (missing === undefined) continue;
      const error = missingExport(specifier, missing, [...dependency.exportNames()]);
      addPlaces(error, [{ file: this.file, line, column }]);
      throw error;
    }
  }

  /** After evaluation: what cannot change any more becomes plain properties, which are faster to read. */
  settle(): void {
    const { code } = this;
    if (code.kind === "commonjs") return this.fillFrom(this.module!.exports);
    if (code.kind !== "module") return;
    for (const name of Object.keys(this.namespace)) {
      if (code.changing.includes(name)) continue;
      const own = Object.hasOwn(this.getters, name);
      const elsewhere = own ? undefined : this.descriptorElsewhere(name, code);
      if (!own && (elsewhere === undefined || elsewhere.get)) continue;
      const value = this.namespace[name];
      Object.defineProperty(this.namespace, name, { value, enumerable: true, configurable: true, writable: false });
    }
    makeFast(this.namespace);
  }

  private descriptorElsewhere(name: string, code: LinkedCodeOf): PropertyDescriptor | undefined {
    const reexport = code.reexports.find((one) => one.name === name);
    const [from, exported] = reexport
      ? [this.dependencies[reexport.request]!, reexport.exported]
      : [code.stars.map((request) => this.dependencies[request]!).find((one) => has(one, name)), name];
    // A module of Node's may change what it exports; nothing says so.
    return from instanceof LocalModule ? Object.getOwnPropertyDescriptor(from.namespace, exported) : undefined;
  }

  /** Of JSON and CommonJS: `default`, and each key that can be a name. */
  private fillFrom(value: unknown): void {
    const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
    const keys = isObject && !Array.isArray(value) ? Object.keys(value as object) : [];
    for (const name of new Set(["default", ...keys.filter((key) => key !== "__proto__")].sort())) {
      const held = name === "default" ? value : (value as { [key: string]: unknown })[name];
      Object.defineProperty(this.namespace, name, { value: held, enumerable: true, configurable: true });
    }
    seal(this.namespace);
    makeFast(this.namespace);
  }
}

type LinkedCodeOf = Extract<Code, { kind: "module" }>;

function has(module: AnyModule, name: string): boolean {
  for (const one of module.exportNames()) if (one === name) return true;
  return false;
}

function seal(namespace: object): void {
  if (!(Symbol.toStringTag in namespace)) {
    Object.defineProperty(namespace, Symbol.toStringTag, { value: "Module" });
  }
  Object.preventExtensions(namespace);
}

/**
 * V8 keeps an object without a prototype, or one whose properties were redefined, as a table: reading it costs 7 to 20 ns,
 * and a call through it is never inlined (measured: 1 ns afterwards). It lays out anew what becomes a prototype.
 */
function makeFast(namespace: object): void {
  const Type = function (): void {} as unknown as new () => object;
  Type.prototype = namespace;
  new Type();
}
