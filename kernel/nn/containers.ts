import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { Module } from "./module.ts";

function checkModules(who: string, modules: readonly unknown[]): void {
  modules.forEach((m, i) => {
    if (!(m instanceof Module)) throw new OptionError(`${who}: entry ${i} must be a module, got ${describe(m)}.`);
  });
}

/** Modules in a row, numbered 0, 1, …: a list that `parameters()` looks into. */
abstract class Row extends Module {
  protected readonly row: Module[];

  constructor(row: readonly Module[]) {
    super();
    checkModules(new.target.name, row);
    this.row = [...row];
  }
  override namedChildren(): [string, Module][] {
    return this.row.map((module, i) => [String(i), module]);
  }
  get length(): number {
    return this.row.length;
  }
  /** The module at a place; negative counts from the end. */
  at(index: number): Module {
    const module = this.row.at(index);
    if (module === undefined)
      throw new ShapeError(`${this.constructor.name}: there is no module ${index}; it has ${this.row.length}.`);
    return module;
  }
  append(module: Module): this {
    checkModules(this.constructor.name, [module]);
    this.row.push(module);
    return this;
  }
  [Symbol.iterator](): IterableIterator<Module> {
    return this.row[Symbol.iterator]();
  }
}

/** Modules one after the other, each fed with what the one before gave: `new nn.Sequential(a, b, c)`. */
export class Sequential extends Row {
  constructor(...modules: readonly Module[] | readonly [readonly Module[]]) {
    super((modules.length === 1 && Array.isArray(modules[0]) ? modules[0] : modules) as readonly Module[]);
  }
  override forward(x: any): any {
    for (const module of this.row) x = module.forward(x);
    return x;
  }
}

/** A list of modules to be used by hand; their parameters are found. */
export class ModuleList extends Row {
  constructor(modules: readonly Module[] = []) {
    super(modules);
  }
  override forward(): never {
    throw new OptionError("ModuleList: has no forward of its own; call its modules one by one, or use Sequential.");
  }
}
