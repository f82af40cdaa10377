import { missingExport } from "./missingExport.ts";

type Namespace = { readonly [name: string]: unknown };

/**
 * The one place where a variable of the session lives, shared by every cell and closure that uses the name.
 *
 * A declared variable is an own data property `v`, so that reading it in a loop costs a field load. Until then `v` is
 * found on the prototype, which looks the name up among the globals as the language does for an undeclared name.
 * The other accessors are what the transform writes in place of a name where `v` would behave differently.
 */
export class Box {
  readonly name: string;
  declare v: unknown;
  /** Why there is no value although the name was declared: an import of something the module does not export. */
  private absence: string | undefined;
  /** Where the value came from, as long as no cell declares the name as something else. */
  private imported: { module: Namespace; exported: string | undefined; specifier: string; value: unknown } | undefined;
  /** Told of each variable that gets its first value. */
  static onDeclare: ((box: Box) => void) | undefined;

  constructor(name: string) {
    this.name = name;
    this.absence = undefined;
    this.imported = undefined;
  }

  /** Whether the variable has been initialised. */
  get declared(): boolean {
    return Object.hasOwn(this, "v");
  }

  /** The value, or undefined when there is none: for `typeof` and for copying into a cell. */
  get peek(): unknown {
    return this.declared || this.name in globalThis ? this.v : undefined;
  }

  /** A name that nobody had declared when the code was compiled: assigning to it must not declare it. */
  get assign(): unknown {
    return this.v;
  }
  set assign(value: unknown) {
    if (this.declared) this.v = value;
    else if (this.name in globalThis) (globalThis as { [name: string]: unknown })[this.name] = value;
    else throw shown(new ReferenceError(`${this.name} is not defined`), this, "assign");
  }

  /** A constant. */
  get constant(): unknown {
    return this.v;
  }
  set constant(_value: unknown) {
    throw shown(new TypeError("Assignment to constant variable."), this, "constant");
  }

  /** A name used above its declaration in the same cell. */
  get early(): never {
    throw shown(new ReferenceError(`Cannot access '${this.name}' before initialization`), this, "early");
  }
  set early(_value: unknown) {
    throw shown(new ReferenceError(`Cannot access '${this.name}' before initialization`), this, "early");
  }

  /** `var`: undefined from the start of the cell, unless an earlier cell has given it a value. */
  hoist(): void {
    if (!this.declared) this.v = undefined;
  }

  /**
   * `import { exported as name }`, or `import * as name` where `exported` is undefined. A name that the module does not
   * export is often a type imported without `type`, so it is an error only when somebody reads it.
   */
  import(module: Namespace, exported: string | undefined, specifier: string): void {
    if (exported === undefined) {
      this.v = module;
    } else if (exported in module) {
      // Local modules have accessors for what they may yet change. Anything else is a plain value here, for speed.
      const { get } = Object.getOwnPropertyDescriptor(module, exported) ?? {};
      if (get) this.bind(get);
      else this.set(module[exported]);
    } else {
      delete (this as { v?: unknown }).v;
      this.absence = missingExport(specifier, exported, Object.keys(module)).message;
    }
    this.imported = { module, exported, specifier, value: exported === undefined ? module : module[exported] };
  }

  /** The new version of the module that the value came from, or that it is as a whole, if it has one. */
  follow(replaced: ReadonlyMap<object, object>): void {
    const { imported } = this;
    if (imported && this.holdsImport()) {
      const module = replaced.get(imported.module) as Namespace | undefined;
      if (module) this.import(module, imported.exported, imported.specifier);
      return;
    }
    const held = Object.getOwnPropertyDescriptor(this, "v")?.value as unknown;
    const whole = replaced.get(held as object);
    if (whole) this.set(whole);
  }

  /** What the module exports by now: for those that do not say when they change it. */
  refresh(): void {
    const { imported } = this;
    if (imported?.exported === undefined || !(imported.exported in imported.module)) return;
    const value = imported.module[imported.exported];
    if (!Object.is(value, imported.value) && this.holdsImport()) {
      this.import(imported.module, imported.exported, imported.specifier);
    }
  }

  /** False once another cell has declared the name as something else. */
  private holdsImport(): boolean {
    const own = Object.getOwnPropertyDescriptor(this, "v");
    const holds = !own || own.get !== undefined || Object.is(own.value, this.imported?.value);
    if (!holds) this.imported = undefined;
    return holds;
  }

  private bind(get: () => unknown): void {
    const set = (value: unknown): void => {
      this.imported = undefined;
      this.set(value);
    };
    const isFirst = !this.declared;
    Object.defineProperty(this, "v", { get, set, enumerable: true, configurable: true });
    if (isFirst) Box.onDeclare?.(this);
  }

  private set(value: unknown): void {
    const isFirst = !this.declared;
    Object.defineProperty(this, "v", { value, writable: true, enumerable: true, configurable: true });
    if (isFirst) Box.onDeclare?.(this);
  }

  static {
    Object.defineProperty(this.prototype, "v", {
      get(this: Box) {
        if (this.absence !== undefined) throw shown(new SyntaxError(this.absence), this, "v");
        if (this.name in globalThis) return (globalThis as { [name: string]: unknown })[this.name];
        throw shown(new ReferenceError(`${this.name} is not defined`), this, "v");
      },
      set(this: Box, value: unknown) {
        this.set(value);
      },
    });
  }
}

/** The error with its stack beginning at the user's line, not in the accessor. */
function shown(error: Error, box: Box, property: "v" | "assign" | "constant" | "early"): Error {
  const accessor = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), property);
  // Both are on the stack at most once; cutting at the one that is not there would empty the trace.
  for (const frame of [accessor?.get, accessor?.set]) {
    if (!frame) continue;
    const { stack } = error;
    Error.captureStackTrace(error, frame);
    if (error.stack?.includes("\n")) return error;
    if (stack !== undefined) error.stack = stack;
  }
  return error;
}
