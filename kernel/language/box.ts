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
  /** Told of each variable that gets its first value. */
  static onDeclare: ((box: Box) => void) | undefined;

  constructor(name: string) {
    this.name = name;
    this.absence = undefined;
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
   * `import { exported as name }`. A name that the module does not export is often a type imported without `type`, so it
   * is an error only when somebody reads it.
   */
  import(module: { [name: string]: unknown }, exported: string, specifier: string): void {
    if (exported in module) {
      this.v = module[exported];
      return;
    }
    delete (this as { v?: unknown }).v;
    this.absence = `The requested module '${specifier}' does not provide an export named '${exported}'`;
  }

  static {
    Object.defineProperty(this.prototype, "v", {
      get(this: Box) {
        if (this.absence !== undefined) throw shown(new SyntaxError(this.absence), this, "v");
        if (this.name in globalThis) return (globalThis as { [name: string]: unknown })[this.name];
        throw shown(new ReferenceError(`${this.name} is not defined`), this, "v");
      },
      set(this: Box, value: unknown) {
        Object.defineProperty(this, "v", { value, writable: true, enumerable: true, configurable: true });
        Box.onDeclare?.(this);
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
