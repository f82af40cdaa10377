import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { isFloating } from "../tensor/dtype.ts";
import { filled } from "../tensor/create.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { poll } from "../tensor/poll.ts";
import type { Saveable } from "../tensor/save.ts";
import { sameShape, show } from "../tensor/shape.ts";
import { SparseTensor } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Parameters with options of their own; what is not given comes from the optimizer's options. */
export type ParamGroup<Options> = Options & { params: Tensor[] };
export type ParamGroupInput<Options> = Partial<Options> & { params: Iterable<Tensor> | Tensor };
export type Params<Options> = Iterable<Tensor> | Iterable<ParamGroupInput<Options>>;

/** What an optimizer remembers of one parameter, under PyTorch's names. */
export type ParamState = { [name: string]: Tensor | number };
/** A type and not an interface, so that `save` takes it. */
export type OptimizerStateDict = {
  /** Which optimizer it belongs to; PyTorch's have none. */
  optimizer?: string;
  state: { [index: string]: ParamState };
  param_groups: { [name: string]: Saveable }[];
};
export interface HookHandle {
  remove(): void;
}
export type StepHook = (optimizer: Optimizer) => void;
export interface BaseOptions {
  lr: number;
}

/** Conditions on an option: what it must be, in words, and the test. */
export type Ranges<Options> = {
  readonly [O in keyof Options]?: readonly [range: string, holds: (value: any) => boolean];
};
export const { atLeast0, flag } = is;
export const twoShares = [
  "two numbers ≥ 0 and < 1",
  (x: unknown) => Array.isArray(x) && x.length === 2 && x.every((b) => typeof b === "number" && b >= 0 && b < 1),
] as const;

/** Lines of formula (tensor/formula.ts); `false` stands for a line that the options leave out. */
export type Rule = readonly (string | false)[];

/** What PyTorch and schedules keep in a group, and no optimizer here reads. */
const passing = new Set([
  ...["params", "initialLr", "maxLr", "minLr", "baseMomentum", "maxMomentum", "swaLr"],
  ...["foreach", "fused", "capturable", "differentiable", "decoupledWeightDecay"],
]);
/** State that PyTorch keeps in tensors without dims, and we in numbers. */
const counters = ["step", "mu_product"];

/**
 * The base of all optimizers, also of your own: parameter groups, state, step, saving. A subclass says how one parameter
 * moves: its rule as lines of formula, which become one fused loop, and what the names in it stand for.
 *
 * @example
 * // Adam, written by a user: the same results as optim.Adam, and the same speed.
 * const { run, slot, nextStep } = optim.rule;
 * type Options = { lr: number; betas: [number, number]; eps: number };
 *
 * class MyAdam extends optim.Optimizer<Options> {
 *   constructor(params: optim.Params<Options>, options?: Partial<Options>) {
 *     super(params, options, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8 });
 *   }
 *   override rule() {
 *     return [
 *       "m = b1 * m + (1 - b1) * g",
 *       "v = b2 * v + (1 - b2) * g * g",
 *       "w = w - lr * (m / correct1) / (sqrt(v / correct2) + eps)",
 *     ];
 *   }
 *   override update(w: Tensor, g: Tensor, state: optim.ParamState, { lr, betas: [b1, b2], eps }: Options) {
 *     const t = nextStep(state);
 *     const tensors = { w, g, m: slot(state, "exp_avg", w), v: slot(state, "exp_avg_sq", w) };
 *     run(this.rule(), tensors, { lr, b1, b2, eps, correct1: 1 - b1 ** t, correct2: 1 - b2 ** t });
 *   }
 * }
 */
export abstract class Optimizer<Options extends BaseOptions = any> {
  /** The groups; change `lr` (or another option) in one to change it from the next step on. */
  readonly paramGroups: ParamGroup<Options>[] = [];
  readonly defaults: Options;
  /** What is remembered of each parameter, PyTorch's names. */
  readonly state = new Map<Tensor, ParamState>();
  private readonly ranges: readonly (readonly [name: string, range: string, holds: (value: unknown) => boolean])[];
  private readonly preHooks = new Set<StepHook>();
  private readonly postHooks = new Set<StepHook>();

  /**
   * @param defaults every option the optimizer knows, with its value when not given.
   * @param ranges what an option must be; the others are not checked.
   */
  constructor(
    params: Params<Options>,
    options: Partial<Options> | undefined,
    defaults: Options,
    ranges: Ranges<Options> = {},
  ) {
    const who = this.constructor.name;
    checkOptions(who, options, Object.keys(defaults));
    this.ranges = Object.entries<readonly [string, (value: unknown) => boolean]>(
      ranges as object as { [name: string]: readonly [string, (value: unknown) => boolean] },
    ).map(([name, [range, holds]]) => [name, range, holds]);
    this.defaults = { ...defaults, ...withoutUndefined(options) };
    this.check(this.defaults);
    if (
      params instanceof Tensor ||
      typeof (params as Iterable<unknown> | undefined)?.[Symbol.iterator] !== "function"
    ) {
      throw new OptionError(
        `${who}: needs parameters in an array, such as model.parameters(), got ${describe(params)}.`,
      );
    }
    const list = [...params] as (Tensor | ParamGroupInput<Options>)[];
    if (list.length === 0)
      throw new OptionError(`${who}: the list of parameters is empty. Does the model keep its layers in properties?`);
    if (list[0] instanceof Tensor)
      this.addParamGroup({ params: list as Tensor[] } as unknown as ParamGroupInput<Options>);
    else for (const group of list) this.addParamGroup(group as ParamGroupInput<Options>);
  }

  /** Moves one parameter by its gradient, in place. `state` is empty the first time. */
  protected abstract update(parameter: Tensor, gradient: Tensor, state: ParamState, group: ParamGroup<Options>): void;

  /** The rule for the options of a group: what `update` runs, and what `formula()` shows. */
  protected rule(_group: ParamGroup<Options>): Rule {
    return [];
  }

  /** Moves the rows of a parameter that a sparse gradient has. Refused unless the optimizer says how. */
  protected updateSparse(
    parameter: Tensor,
    gradient: SparseTensor,
    _state: ParamState,
    _group: ParamGroup<Options>,
  ): void {
    throw new OptionError(
      `${this.constructor.name}: the parameter ${show(parameter.shape)} has a sparse gradient (${gradient.rows.length} rows), which ${this.constructor.name} does not take. ` +
        `Use optim.SparseAdam, SGD or Adagrad for it, or an Embedding without { sparse: true }.`,
    );
  }

  /**
   * lr over what the gradient or its mean is divided by, per element; see the public method. `lr` itself unless an
   * optimizer says otherwise.
   */
  protected rate(_parameter: Tensor, _state: ParamState | undefined, { lr }: ParamGroup<Options>): Tensor | number {
    return lr;
  }

  /** Names that the state of a parameter has, `?` after those that are not always there. Undefined: not told. */
  protected get stateNames(): readonly string[] | undefined {
    return undefined;
  }

  /**
   * The rule that `step()` runs with the options now in use, as lines of formula: w is the parameter, g its gradient.
   * Groups with other rules follow after an empty line.
   */
  formula(): string {
    const rules = this.paramGroups.map((group) =>
      this.rule(group)
        .filter((line) => line !== false)
        .join("\n"),
    );
    return [...new Set(rules)].join("\n\n");
  }
  /** The rule with all options at their defaults: `optim.Adam.formula`. */
  static get formula(): string {
    const Made = this as unknown as new (params: Tensor[]) => Optimizer;
    return new Made([filled([1, 1], 0, "float32")]).formula();
  }

  /**
   * The step size per unit of gradient that the last step used: a number when all elements share it, else a tensor of
   * the parameter's shape. NaN for elements whose second moment is still 0: they have never had a gradient.
   */
  effectiveLearningRate(parameter: Tensor): Tensor | number {
    const group = this.paramGroups.find(({ params }) => params.includes(parameter));
    if (group === undefined)
      throw new OptionError(`${this.constructor.name}: this tensor is not among its parameters.`);
    return this.rate(parameter, this.state.get(parameter), group);
  }

  /** Adds parameters with options of their own, also in the middle of training. */
  addParamGroup(input: ParamGroupInput<Options>): void {
    const who = this.constructor.name;
    if (typeof input !== "object" || input === null || !("params" in input)) {
      throw new OptionError(
        `${who}: a group must be an object like { params: layer.parameters(), lr: 0.01 }, got ${describe(input)}.`,
      );
    }
    const { params, ...own } = input;
    checkOptions(who, own, Object.keys(this.defaults));
    const tensors = params instanceof Tensor ? [params] : [...params];
    const group = {
      ...this.defaults,
      ...withoutUndefined(own as object),
      params: tensors,
    } as unknown as ParamGroup<Options>;
    this.check(group);
    tensors.forEach((x, i) => {
      if (!(x instanceof Tensor)) throw new OptionError(`${who}: parameter ${i} must be a tensor, got ${describe(x)}.`);
      if (!x.isLeaf)
        throw new OptionError(
          `${who}: parameter ${i} is the result of ${x.history!.opName}; only leaves can be optimized.`,
        );
      if (!isFloating(x.dtype))
        throw new OptionError(`${who}: parameter ${i} is ${x.dtype}; only float32 and float64 can be optimized.`);
      if (tensors.indexOf(x) !== i || this.paramGroups.some((other) => other.params.includes(x))) {
        throw new OptionError(`${who}: parameter ${i} (${show(x.shape)}) is given twice; it would be stepped twice.`);
      }
    });
    this.paramGroups.push(group);
  }

  /**
   * Moves every parameter that has a gradient. With a closure, which computes the loss and calls backward, first runs
   * it and returns what it returns.
   */
  step(): undefined;
  step<T>(closure: () => T): T;
  step<T>(closure?: () => T): T | undefined {
    if (closure !== undefined && typeof closure !== "function") {
      throw new OptionError(
        `${this.constructor.name}.step: needs a function that computes the loss and calls backward, or nothing, got ${describe(closure)}.`,
      );
    }
    const loss = closure?.();
    // Once, before anything moves: an interrupt must not leave one half of the parameters a step ahead of the other.
    poll();
    for (const hook of this.preHooks) hook(this);
    for (const group of this.paramGroups) {
      this.check(group);
      for (const parameter of group.params) {
        const { gradient } = parameter;
        if (gradient === undefined) continue;
        let state = this.state.get(parameter);
        if (state === undefined) this.state.set(parameter, (state = {}));
        if (gradient instanceof SparseTensor) this.updateSparse(parameter, gradient, state, group);
        else this.update(parameter, gradient, state, group);
        parameter.storage.version++;
      }
    }
    for (const hook of this.postHooks) hook(this);
    return loss;
  }

  /** Drops the gradients; with `{ setToNone: false }` sets them to 0 instead. */
  zeroGrad(options: { setToNone?: boolean } = {}): void {
    checkOptions("zeroGrad", options, ["setToNone"]);
    for (const { params } of this.paramGroups) {
      for (const x of params) {
        if (options.setToNone ?? true) x.dropGradient();
        else if (x.grad instanceof SparseTensor) x.grad = x.grad.zeroed();
        else if (x.gradient !== undefined) x.grad = filled(x.shape, 0, x.dtype);
      }
    }
  }

  /** Calls `hook(optimizer)` before each step's changes, after the closure. */
  registerStepPreHook(hook: StepHook): HookHandle {
    this.preHooks.add(hook);
    return { remove: () => void this.preHooks.delete(hook) };
  }
  /** Calls `hook(optimizer)` after each step. */
  registerStepPostHook(hook: StepHook): HookHandle {
    this.postHooks.add(hook);
    return { remove: () => void this.postHooks.delete(hook) };
  }

  /** PyTorch's layout: state by the parameter's number over all groups, and the groups with the numbers. */
  stateDict(): OptimizerStateDict {
    const state: OptimizerStateDict["state"] = {};
    let index = 0;
    const param_groups = this.paramGroups.map(({ params, ...options }) => {
      const numbers = params.map((x) => {
        const own = this.state.get(x);
        if (own !== undefined) state[index] = { ...own };
        return index++;
      });
      return { ...snake(options), params: numbers };
    });
    return { optimizer: this.constructor.name, state, param_groups };
  }

  /**
   * Takes over options and a copy of the state; nothing changes when it does not fit. The state of another optimizer is
   * refused: by its name, and where PyTorch wrote it, by options and state that this one does not have.
   */
  loadStateDict(dict: OptimizerStateDict): void {
    const who = this.constructor.name;
    if (
      typeof dict !== "object" ||
      dict === null ||
      !Array.isArray(dict.param_groups) ||
      typeof dict.state !== "object"
    ) {
      throw new OptionError(`${who}.loadStateDict: needs { state, param_groups }, got ${describe(dict)}.`);
    }
    if (dict.optimizer !== undefined && dict.optimizer !== who) {
      throw new OptionError(
        `${who}.loadStateDict: this is the state of ${describe(dict.optimizer)}, which remembers other things. Make an optimizer of that kind, or start without a state.`,
      );
    }
    if (dict.param_groups.length !== this.paramGroups.length) {
      throw new OptionError(
        `${who}.loadStateDict: ${dict.param_groups.length} groups for an optimizer with ${this.paramGroups.length}.`,
      );
    }
    const state = new Map<Tensor, ParamState>();
    const groups = dict.param_groups.map((saved, g) => {
      const { params } = this.paramGroups[g]!;
      const numbers = saved["params"];
      if (!Array.isArray(numbers) || numbers.length !== params.length) {
        throw new OptionError(
          `${who}.loadStateDict: group ${g} has ${describe(numbers)} for ${params.length} parameters.`,
        );
      }
      numbers.forEach((number, i) => {
        const own = dict.state[number];
        if (own !== undefined) state.set(params[i]!, this.adoptState(own, params[i]!, number));
      });
      const strange = Object.keys(camel(saved)).filter((name) => !(name in this.defaults) && !passing.has(name));
      if (strange.length > 0) {
        throw new OptionError(
          `${who}.loadStateDict: group ${g} has the option ${strange.join(", ")}: this is the state of another optimizer. Options: ${Object.keys(this.defaults).join(", ")}.`,
        );
      }
      const options = Object.entries(camel(saved)).filter(([name]) => name in this.defaults || name === "initialLr");
      const group = { ...this.defaults, ...Object.fromEntries(options) } as Options;
      this.check(group);
      return group;
    });
    groups.forEach((group, g) => Object.assign(this.paramGroups[g]!, group));
    this.state.clear();
    for (const [parameter, own] of state) this.state.set(parameter, own);
  }

  private adoptState(given: ParamState, parameter: Tensor, number: unknown): ParamState {
    const copy: ParamState = {};
    // PyTorch's files hold null for a buffer not made yet.
    const own = Object.entries(given).filter(([, value]) => (value as unknown) !== null && value !== undefined);
    const names = this.stateNames;
    if (names !== undefined && own.length > 0) {
      const had = own.map(([name]) => name);
      const odd = had.filter((name) => !names.includes(name) && !names.includes(`${name}?`));
      const missing = names.filter((name) => !name.endsWith("?") && !had.includes(name));
      if (odd.length + missing.length > 0) {
        throw new OptionError(
          `${this.constructor.name}.loadStateDict: the state of parameter ${String(number)} holds ${had.join(", ")}, needed are ${names.filter((name) => !name.endsWith("?")).join(", ")}: it is another optimizer's.`,
        );
      }
    }
    for (const [name, value] of own) {
      if (!(value instanceof Tensor)) copy[name] = value;
      else if (counters.includes(name)) copy[name] = value.item();
      else if (!sameShape(value.shape, parameter.shape)) {
        throw new ShapeError(
          `${this.constructor.name}.loadStateDict: ${name} of parameter ${String(number)} has shape ${show(value.shape)}, the parameter ${show(parameter.shape)}.`,
        );
      } else {
        const mine = filled(value.shape, 0, parameter.dtype);
        mine.storage.array().set(value.toTypedArray());
        copy[name] = mine;
      }
    }
    return copy;
  }

  private check(options: Options): void {
    for (const [name, range, holds] of this.ranges) {
      const value = (options as unknown as { [name: string]: unknown })[name];
      if (!holds(value))
        throw new OptionError(`${this.constructor.name}: ${name} must be ${range}, got ${describe(value)}.`);
    }
  }

  toString(): string {
    const groups = this.paramGroups.map(({ params, ...options }, i) => {
      const count = params.reduce((n, x) => n + x.numel(), 0);
      const lines = Object.entries(options).map(
        ([name, value]) => `    ${name}: ${Array.isArray(value) ? `[${value.join(", ")}]` : String(value)}`,
      );
      return [`  group ${i}: ${params.length} tensors, ${count} numbers`, ...lines].join("\n");
    });
    const rule = this.formula();
    const lines =
      rule === "" ? [] : ["  rule", ...rule.split("\n").map((line) => (line === "" ? line : `    ${line}`))];
    return `${this.constructor.name} (\n${[...groups, ...lines].join("\n")}\n)`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
  [Symbol.for("Jupyter.display")](): { [mime: string]: string } {
    return { "text/plain": this.toString() };
  }
}

/** An option given as undefined counts as left out. */
function withoutUndefined<T extends object>(options: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}

const toSnake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
const toCamel = (name: string): string => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());
function snake(options: object): { [name: string]: Saveable } {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [toSnake(name), value]));
}
function camel(options: object): { [name: string]: unknown } {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [toCamel(name), value]));
}
