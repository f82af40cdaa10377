import { describe, DTypeError, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkDType, isFloating, type DType } from "../tensor/dtype.ts";
import { noGrad } from "../autograd/mode.ts";
import { sameShape, show } from "../tensor/shape.ts";
import { checkKind, checkOptions, is } from "../tensor/options.ts";
import { detach, to } from "../ops/to.ts";
import { SparseTensor } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Buffer, Parameter } from "./parameter.ts";
import { moduleHtml } from "./summary.ts";

/** Tensors by name, PyTorch's names: "layer1.weight". */
export type StateDict = { [name: string]: Tensor };

/**
 * The base of everything with parameters. A subclass assigns its layers, Parameters and buffers to properties; they are
 * found there, in the order of assignment, and named by them.
 *
 *     class Net extends nn.Module {
 *       layer1 = new nn.Linear(2, 4);
 *       forward(x: Tensor) { return this.layer1.forward(x).relu(); }
 *     }
 */
export abstract class Module {
  // The bundler calls a class that speaks of itself _Module.
  static {
    Object.defineProperty(this, "name", { value: "Module" });
  }

  /** True while training: Dropout drops, BatchNorm measures. Set by `train()` and `eval()`. */
  training = true;

  /** @internal PyTorch's name in `stateDict()`, for a property that is called otherwise here. */
  get stateNames(): { readonly [property: string]: string } {
    return {};
  }

  abstract forward(...inputs: any[]): any;

  /** Modules directly inside this one, by property. Lists of modules override it. */
  namedChildren(): [name: string, child: Module][] {
    return Object.entries(this).filter((entry): entry is [string, Module] => entry[1] instanceof Module);
  }
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module and all inside it, outermost first; each once, even when it is used twice. */
  namedModules(prefix = "", seen = new Set<Module>()): [name: string, module: Module][] {
    if (seen.has(this)) return [];
    seen.add(this);
    const found: [string, Module][] = [[prefix, this]];
    for (const [name, child] of this.namedChildren()) {
      found.push(...child.namedModules(join(prefix, this.stateNames[name] ?? name), seen));
    }
    return found;
  }
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** All parameters with their names, `layer1.weight`; a shared one once, under its first name. */
  namedParameters(): [name: string, parameter: Parameter][] {
    return once(this.entries((value) => value instanceof Parameter)) as [string, Parameter][];
  }
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** Tensors that are kept but not learned, such as the running mean of BatchNorm: properties made with `new nn.Buffer`. */
  namedBuffers(): [name: string, buffer: Tensor][] {
    return once(this.entries((value) => value instanceof Buffer));
  }
  buffers(): Tensor[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  private entries(wanted: (value: unknown) => boolean): [string, Tensor][] {
    return this.namedModules().flatMap(([prefix, module]) =>
      Object.entries(module)
        .filter(([, value]) => wanted(value))
        .map(([name, value]): [string, Tensor] => [join(prefix, module.stateNames[name] ?? name), value as Tensor]),
    );
  }

  /**
   * Parameters and buffers by name, PyTorch's names in PyTorch's order; a module used in two places is there under both
   * names, as in PyTorch. They are the module's own memory: training changes them. Use `save()` or `clone()` to keep a
   * moment.
   */
  stateDict(): StateDict {
    const state: StateDict = {};
    for (const [prefix, module] of this.places("", [])) {
      const own = Object.entries(module);
      const parameters = own.filter(([, value]) => value instanceof Parameter);
      const buffers = own.filter(([, value]) => value instanceof Buffer && value.persistent);
      for (const [name, value] of [...parameters, ...buffers]) {
        state[join(prefix, module.stateNames[name] ?? name)] = detach(value as Tensor);
      }
    }
    return state;
  }

  /** As `namedModules`, but a module used twice comes twice; one inside itself, such as a property `parent`, does not. */
  private places(prefix: string, around: readonly Module[]): [name: string, module: Module][] {
    if (around.includes(this)) return [];
    const inside = this.namedChildren().flatMap(([name, child]) =>
      child.places(join(prefix, this.stateNames[name] ?? name), [...around, this]),
    );
    return [[prefix, this], ...inside];
  }

  /**
   * Copies values into the parameters and buffers of the same names. Nothing is changed when a name or a shape does not
   * fit, unless `{ strict: false }`, which allows missing and unexpected names and returns them.
   */
  loadStateDict(state: StateDict, options: { strict?: boolean } = {}): { missing: string[]; unexpected: string[] } {
    checkOptions("loadStateDict", options, { strict: is.flag });
    if (typeof state !== "object" || state === null) {
      throw new OptionError(`loadStateDict: needs an object of tensors by name, got ${describe(state)}.`);
    }
    const own = this.stateDict();
    const missing = Object.keys(own).filter((name) => !(name in state));
    const unexpected = Object.keys(state).filter((name) => !(name in own));
    if ((options.strict ?? true) && missing.length + unexpected.length > 0) {
      const list = (names: string[]): string => names.slice(0, 8).join(", ") + (names.length > 8 ? ", …" : "");
      const parts = [
        missing.length > 0 ? `missing: ${list(missing)}` : "",
        unexpected.length > 0 ? `unexpected: ${list(unexpected)}` : "",
      ].filter((part) => part !== "");
      throw new OptionError(
        `loadStateDict: the names do not fit this ${this.constructor.name}: ${parts.join("; ")}. Pass { strict: false } to load the rest.`,
      );
    }
    const pairs = Object.entries(own).filter(([name]) => name in state);
    for (const [name, target] of pairs) {
      const source = state[name];
      if (!(source instanceof Tensor))
        throw new OptionError(`loadStateDict: ${name} must be a tensor, got ${describe(source)}.`);
      if (!sameShape(source.shape, target.shape)) {
        throw new ShapeError(
          `loadStateDict: ${name} has shape ${show(source.shape)}, this ${this.constructor.name} needs ${show(target.shape)}.`,
        );
      }
    }
    noGrad(() => pairs.forEach(([name, target]) => target.copy_(state[name]!)));
    return { missing, unexpected };
  }

  /** Training mode (or not) for this module and all inside. */
  train(mode = true): this {
    checkKind("train", "mode", mode, is.flag);
    for (const module of this.modules()) module.training = mode;
    return this;
  }
  /** Evaluation mode: Dropout passes everything, BatchNorm uses what it has measured. */
  eval(): this {
    return this.train(false);
  }

  /** Calls `f` on every module, innermost first; for initialising. */
  apply(f: (module: Module) => void): this {
    for (const child of this.children()) child.apply(f);
    f(this);
    return this;
  }

  requiresGrad_(value = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = value;
    return this;
  }
  zeroGrad(options: { setToNone?: boolean } = {}): void {
    checkOptions("zeroGrad", options, { setToNone: is.flag });
    for (const parameter of this.parameters()) {
      if (options.setToNone ?? true) parameter.dropGradient();
      else if (parameter.grad instanceof SparseTensor) parameter.grad = parameter.grad.zeroed();
      else if (parameter.grad !== undefined) parameter.grad = detach(parameter.grad).zero_();
    }
  }

  /** Converts parameters and buffers of a floating dtype. Make the optimizer afterwards: the parameters are new ones. */
  to(dtype: DType): this {
    if (!isFloating(checkDType("Module.to", dtype)))
      throw new DTypeError(`Module.to: parameters need float32 or float64, got ${dtype}.`);
    // What is shared stays shared.
    const made = new Map<Tensor, Tensor>();
    for (const module of this.modules()) {
      for (const [name, value] of Object.entries(module)) {
        if (!(value instanceof Parameter || value instanceof Buffer)) continue;
        if (value.dtype === dtype || !isFloating(value.dtype)) continue;
        const converted = made.get(value) ?? convert(value, dtype);
        made.set(value, converted);
        (module as unknown as { [name: string]: Tensor })[name] = converted;
      }
    }
    return this;
  }

  /** Adds a tensor that is kept but not learned, as property `name`; into `stateDict()` unless `{ persistent: false }`. */
  registerBuffer(name: string, tensor: Tensor, options: { persistent?: boolean } = {}): void {
    checkOptions("registerBuffer", options, { persistent: is.flag });
    if (!(tensor instanceof Tensor))
      throw new OptionError(`registerBuffer: ${describe(name)} must be a tensor, got ${describe(tensor)}.`);
    this.put("registerBuffer", name, new Buffer(tensor, options.persistent ?? true));
  }
  /** Adds a parameter as property `name`. */
  registerParameter(name: string, parameter: Parameter): void {
    if (!(parameter instanceof Parameter))
      throw new OptionError(
        `registerParameter: ${describe(name)} must be an nn.Parameter, got ${describe(parameter)}. Wrap the tensor: new nn.Parameter(x).`,
      );
    this.put("registerParameter", name, parameter);
  }
  /** Adds a module as property `name`. */
  registerModule(name: string, module: Module): void {
    if (!(module instanceof Module))
      throw new OptionError(`registerModule: ${describe(name)} must be a module, got ${describe(module)}.`);
    this.put("registerModule", name, module);
  }
  /** `registerModule` under its older name. */
  addModule(name: string, module: Module): void {
    this.registerModule(name, module);
  }
  private put(who: string, name: string, value: Tensor | Module): void {
    const own = this as unknown as { [name: string]: unknown };
    const replaceable = own[name] instanceof Tensor || own[name] instanceof Module || own[name] === undefined;
    if (typeof name !== "string" || name === "" || name.includes(".") || !replaceable) {
      throw new OptionError(
        `${who}: a name must be a text without dots that ${this.constructor.name} does not use otherwise, got ${describe(name)}.`,
      );
    }
    own[name] = value;
  }

  /** The module at a path such as "encoder.layers.0". */
  getSubmodule(path: string): Module {
    return found("getSubmodule", this, path, this.namedModules());
  }
  /** The parameter at a path such as "layer1.weight". */
  getParameter(path: string): Parameter {
    return found("getParameter", this, path, this.namedParameters());
  }

  /**
   * Calls `hook(module, inputs, output)` after each `forward` of this module; what it returns, if anything, takes the
   * place of the output. Until `remove()`.
   */
  registerForwardHook(hook: (module: this, inputs: any[], output: any) => unknown): { remove(): void } {
    return hooked(this, (forward) => (...inputs) => {
      const output: unknown = forward(...inputs);
      return hook(this, inputs, output) ?? output;
    });
  }
  /**
   * Calls `hook(module, inputs)` before each `forward` of this module; an array that it returns takes the place of the
   * inputs. Until `remove()`.
   */
  registerForwardPreHook(hook: (module: this, inputs: any[]) => unknown): { remove(): void } {
    return hooked(this, (forward) => (...inputs) => {
      const changed = hook(this, inputs);
      return forward(...(changed === undefined ? inputs : Array.isArray(changed) ? (changed as unknown[]) : [changed]));
    });
  }

  /** What distinguishes this module, inside the brackets when printed. */
  extraRepr(): string {
    return "";
  }
  toString(): string {
    const lines = this.namedChildren().map(
      ([name, child]) => `  (${name}): ${child.toString().replaceAll("\n", "\n  ")}`,
    );
    const extra = this.extraRepr();
    if (lines.length === 0) return `${this.constructor.name}(${extra})`;
    return [`${this.constructor.name}(${extra}`, ...lines, ")"].join("\n");
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
  [Symbol.for("Jupyter.display")](): { [mime: string]: string } {
    return { "text/plain": this.toString(), "text/html": moduleHtml(this) };
  }
}

function convert(value: Parameter | Buffer, dtype: DType): Tensor {
  const converted = noGrad(() => to(value, dtype));
  return value instanceof Parameter
    ? new Parameter(converted, value.requiresGrad)
    : new Buffer(converted, value.persistent);
}

type Forward = (...inputs: any[]) => any;
const hooks = new WeakMap<Module, Set<(forward: Forward) => Forward>>();

/** Puts a function around `forward`, which is called as a method and so has no other place for it. */
function hooked(module: Module, around: (forward: Forward) => Forward): { remove(): void } {
  let own = hooks.get(module);
  if (own === undefined) {
    hooks.set(module, (own = new Set()));
    const hooksOfIt = own;
    const plain = module.forward.bind(module) as Forward;
    const value: Forward = (...inputs) => [...hooksOfIt].reduce((forward, hook) => hook(forward), plain)(...inputs);
    // Not enumerable: it is not one of the module's properties that are looked through for layers.
    Object.defineProperty(module, "forward", { value, configurable: true, writable: true });
  }
  own.add(around);
  return { remove: () => void own.delete(around) };
}

function found<T>(who: string, module: Module, path: string, entries: readonly (readonly [string, T])[]): T {
  const entry = entries.find(([name]) => name === path);
  if (entry !== undefined) return entry[1];
  const names = entries.map(([name]) => name).filter((name) => name !== "");
  throw new OptionError(
    `${who}: ${module.constructor.name} has no ${describe(path)}. There are: ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}.`,
  );
}

function join(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}.${name}`;
}

function once(entries: [string, Tensor][]): [string, Tensor][] {
  const seen = new Set<Tensor>();
  return entries.filter(([, value]) => !seen.has(value) && seen.add(value));
}
