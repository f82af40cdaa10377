import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

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
  extend(modules: Iterable<Module>): this {
    for (const module of modules) this.append(module);
    return this;
  }
  /** Puts a module before the one at `index`; negative counts from the end. */
  insert(index: number, module: Module): this {
    checkModules(this.constructor.name, [module]);
    this.row.splice(index, 0, module);
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

/** Modules under names to be used by hand: `dict.get("conv")`. Their parameters are found. */
export class ModuleDict extends Module {
  private readonly named = new Map<string, Module>();

  constructor(modules: { readonly [name: string]: Module } | Iterable<readonly [string, Module]> = {}) {
    super();
    const entries = Symbol.iterator in modules ? modules : Object.entries(modules);
    for (const [name, module] of entries) this.set(name, module);
  }
  override namedChildren(): [string, Module][] {
    return [...this.named];
  }
  get length(): number {
    return this.named.size;
  }
  get(name: string): Module {
    const module = this.named.get(name);
    if (module === undefined)
      throw new OptionError(
        `ModuleDict: there is no ${describe(name)}; there are ${[...this.named.keys()].join(", ")}.`,
      );
    return module;
  }
  set(name: string, module: Module): this {
    if (typeof name !== "string" || name === "" || name.includes("."))
      throw new OptionError(`ModuleDict: a name must be a text without dots, got ${describe(name)}.`);
    checkModules("ModuleDict", [module]);
    this.named.set(name, module);
    return this;
  }
  has(name: string): boolean {
    return this.named.has(name);
  }
  delete(name: string): boolean {
    return this.named.delete(name);
  }
  keys(): IterableIterator<string> {
    return this.named.keys();
  }
  values(): IterableIterator<Module> {
    return this.named.values();
  }
  [Symbol.iterator](): IterableIterator<[string, Module]> {
    return this.named[Symbol.iterator]();
  }
  override forward(): never {
    throw new OptionError("ModuleDict: has no forward of its own; call its modules one by one.");
  }
}

/** Parameters in a row, numbered 0, 1, …, to be used by hand. */
export class ParameterList extends Module {
  constructor(parameters: Iterable<Parameter> = []) {
    super();
    for (const parameter of parameters) this.append(parameter);
  }
  get length(): number {
    return this.parameters().length;
  }
  append(parameter: Parameter): this {
    this.registerParameter(String(this.length), parameter);
    return this;
  }
  /** The parameter at a place; negative counts from the end. */
  at(index: number): Parameter {
    const parameter = this.parameters().at(index);
    if (parameter === undefined)
      throw new ShapeError(`ParameterList: there is no parameter ${index}; it has ${this.length}.`);
    return parameter;
  }
  [Symbol.iterator](): IterableIterator<Parameter> {
    return this.parameters()[Symbol.iterator]();
  }
  override forward(): never {
    throw new OptionError("ParameterList: has no forward of its own; use its parameters one by one.");
  }
}

/** Parameters under names, to be used by hand: `dict.get("scale")`. */
export class ParameterDict extends Module {
  constructor(parameters: { readonly [name: string]: Parameter } = {}) {
    super();
    for (const [name, parameter] of Object.entries(parameters)) this.set(name, parameter);
  }
  get(name: string): Parameter {
    return this.getParameter(name);
  }
  set(name: string, parameter: Parameter): this {
    this.registerParameter(name, parameter);
    return this;
  }
  has(name: string): boolean {
    return this.keys().includes(name);
  }
  keys(): string[] {
    return this.namedParameters().map(([name]) => name);
  }
  override forward(): never {
    throw new OptionError("ParameterDict: has no forward of its own; use its parameters one by one.");
  }
}
