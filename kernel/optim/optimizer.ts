import { describe, OptionError, ShapeError } from "../tensor/errors.ts";
import { isFloating } from "../tensor/dtype.ts";
import { filled } from "../tensor/create.ts";
import { checkOptions } from "../tensor/options.ts";
import { poll } from "../tensor/poll.ts";
import type { Saveable } from "../tensor/save.ts";
import { sameShape, show } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Parameters with options of their own; what is not given comes from the optimizer's options. */
export type ParamGroup<Options> = Options & { params: Tensor[] };
export type ParamGroupInput<Options> = Partial<Options> & { params: Iterable<Tensor> | Tensor };
export type Params<Options> = Iterable<Tensor> | Iterable<ParamGroupInput<Options>>;

/** What an optimizer remembers of one parameter, under PyTorch's names. */
export type ParamState = { [name: string]: Tensor | number };
/** A type and not an interface, so that `save` takes it. */
export type OptimizerStateDict = {
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
export const atLeast0 = ["a number ≥ 0", (x: unknown) => typeof x === "number" && x >= 0] as const;
export const twoShares = [
  "two numbers ≥ 0 and < 1",
  (x: unknown) => Array.isArray(x) && x.length === 2 && x.every((b) => typeof b === "number" && b >= 0 && b < 1),
] as const;
export const flag = ["true or false", (x: unknown) => typeof x === "boolean"] as const;

/**
 * The base of all optimizers: parameter groups, state, step, saving. A subclass says what it remembers and how one
 * parameter moves (`update`), and declares its effective learning rate.
 */
export abstract class Optimizer<Options extends BaseOptions = any> {
  /** The groups; change `lr` (or another option) in one to change it from the next step on. */
  readonly paramGroups: ParamGroup<Options>[] = [];
  readonly defaults: Options;
  /** What is remembered of each parameter, PyTorch's names. */
  readonly state = new Map<Tensor, ParamState>();
  private readonly ranges: Ranges<Options>;
  private readonly preHooks = new Set<StepHook>();
  private readonly postHooks = new Set<StepHook>();

  /** @param defaults every option the optimizer knows, with PyTorch's value. */
  constructor(
    params: Params<Options>,
    options: Partial<Options> | undefined,
    defaults: Options,
    ranges: Ranges<Options>,
  ) {
    const who = this.constructor.name;
    checkOptions(who, options, Object.keys(defaults));
    this.ranges = ranges;
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

  /** lr over what the gradient or its mean is divided by, per element; see the public method. */
  protected abstract rate(
    parameter: Tensor,
    state: ParamState | undefined,
    group: ParamGroup<Options>,
  ): Tensor | number;

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
    const loss = closure?.();
    // Once, before anything moves: an interrupt must not leave one half of the parameters a step ahead of the other.
    poll();
    for (const hook of this.preHooks) hook(this);
    for (const group of this.paramGroups) {
      this.check(group);
      for (const parameter of group.params) {
        const gradient = parameter.grad;
        if (gradient === undefined) continue;
        if (!sameShape(gradient.shape, parameter.shape)) {
          throw new ShapeError(
            `${this.constructor.name}: a gradient of shape ${show(gradient.shape)} does not fit the parameter ${show(parameter.shape)}.`,
          );
        }
        let state = this.state.get(parameter);
        if (state === undefined) this.state.set(parameter, (state = {}));
        this.update(parameter, gradient, state, group);
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
        if (options.setToNone ?? true) x.grad = undefined;
        else if (x.grad !== undefined) x.grad = filled(x.shape, 0, x.dtype);
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
    return { state, param_groups };
  }

  /** Takes over options and a copy of the state; nothing changes when it does not fit. */
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
      // What another program's file knows besides (foreach, capturable) has no meaning here.
      const options = Object.entries(camel(saved)).filter(([name]) => name in this.defaults || name === "initialLr");
      const group = { ...this.defaults, ...Object.fromEntries(options) } as Options;
      this.check(group);
      return group;
    });
    groups.forEach((group, g) => Object.assign(this.paramGroups[g]!, group));
    this.state.clear();
    for (const [parameter, own] of state) this.state.set(parameter, own);
  }

  private adoptState(own: ParamState, parameter: Tensor, number: unknown): ParamState {
    const copy: ParamState = {};
    for (const [name, value] of Object.entries(own)) {
      if (!(value instanceof Tensor)) copy[name] = value;
      // PyTorch keeps the number of steps in a 0-d tensor.
      else if (name === "step") copy[name] = value.item();
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
    for (const [name, [range, holds]] of Object.entries(this.ranges) as [
      string,
      readonly [string, (x: unknown) => boolean],
    ][]) {
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
    return `${this.constructor.name} (\n${groups.join("\n")}\n)`;
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
