import { describe, OptionError } from "../../tensor/errors.ts";
import { checkOptions } from "../../tensor/options.ts";
import { Optimizer } from "../optimizer.ts";

export type Options = { [name: string]: unknown };

/**
 * The base of all schedules: sets `lr` of every group when made, and after each `step()` for the next epoch (or batch,
 * whatever a step is for the user). A schedule says which rate belongs to which epoch.
 */
export abstract class Schedule {
  readonly optimizer: Optimizer;
  /** Rates of the groups when the first schedule was put on the optimizer. */
  readonly baseLrs: number[];
  /** Calls of `step()` so far. */
  lastEpoch = 0;

  constructor(optimizer: Optimizer) {
    if (!(optimizer instanceof Optimizer)) {
      throw new OptionError(`${this.constructor.name}: needs an optimizer, got ${describe(optimizer)}.`);
    }
    this.optimizer = optimizer;
    // A second schedule on the same optimizer (in a sequence or chain) starts from the same rates as the first.
    for (const group of optimizer.paramGroups) group["initialLr"] ??= group.lr;
    this.baseLrs = optimizer.paramGroups.map((group) => group["initialLr"] as number);
  }

  /** The rate of group `i` for `lastEpoch`; `lr` is the one it has now. */
  protected abstract rate(base: number, lr: number, i: number): number;

  /** Sets the rates for `lastEpoch`. */
  protected apply(): void {
    this.optimizer.paramGroups.forEach((group, i) => (group.lr = this.rate(this.baseLrs[i]!, group.lr, i)));
  }

  step(): void {
    this.lastEpoch++;
    this.apply();
  }

  /** @internal Back to epoch 0 with the rates of the start: when a sequence reaches this schedule. */
  restart(): void {
    this.lastEpoch = 0;
    this.optimizer.paramGroups.forEach((group, i) => (group.lr = this.baseLrs[i]!));
    this.apply();
  }

  /** The rates set last, one per group. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr);
  }

  /** Everything but the optimizer and functions; of schedules inside it, their states. Also as JSON. */
  stateDict(): Options {
    const state: Options = {};
    for (const [name, value] of Object.entries(this) as [string, unknown][]) {
      if (isSchedules(value)) state[name] = value.map((schedule) => schedule.stateDict());
      else if (isPlain(value)) state[name] = value;
    }
    return state;
  }
  loadStateDict(state: Options): void {
    const who = `${this.constructor.name}.loadStateDict`;
    checkOptions(who, state, Object.keys(this));
    const own = this as unknown as Options;
    for (const [name, value] of Object.entries(state)) {
      const mine = own[name];
      if (!isSchedules(mine)) continue;
      if (!Array.isArray(value) || value.length !== mine.length)
        throw new OptionError(`${who}: ${mine.length} schedules need as many states, got ${describe(value)}.`);
      mine.forEach((schedule, i) => schedule.loadStateDict(value[i] as Options));
    }
    for (const [name, value] of Object.entries(state)) if (!isSchedules(own[name])) own[name] = value;
  }
}

function isSchedules(value: unknown): value is Schedule[] {
  return Array.isArray(value) && value.length > 0 && value.every((entry) => entry instanceof Schedule);
}
function isPlain(value: unknown): boolean {
  return Array.isArray(value)
    ? value.every(isPlain)
    : value === null || (typeof value !== "object" && typeof value !== "function");
}

/**
 * A schedule that multiplies: each epoch changes the rate as it is now, so several on one optimizer combine, as in
 * PyTorch, and a rate that the user changed by hand stays changed.
 */
export abstract class FactorSchedule extends Schedule {
  /** The rate at an epoch as a multiple of the first one. */
  protected abstract factor(epoch: number): number;

  protected override rate(_base: number, lr: number): number {
    const factor = this.factor(this.lastEpoch);
    if (this.lastEpoch === 0) return lr * factor;
    const before = this.factor(this.lastEpoch - 1);
    return before === factor ? lr : (lr * factor) / before;
  }
}

/**
 * Arguments of a schedule: positional ones, then options; or everything by name. `T_max` is accepted for `tMax`.
 *
 * @param names the positional ones first, then all options.
 * @param required how many must be given.
 */
export function schedulerOptions(
  who: string,
  names: readonly string[],
  required: number,
  args: readonly unknown[],
): Options {
  const given: Options = {};
  args.forEach((arg, position) => {
    if (typeof arg === "object" && arg !== null && !Array.isArray(arg)) {
      const options = Object.fromEntries(Object.entries(arg).map(([name, value]) => [camel(name), value]));
      checkOptions(who, options, names);
      Object.assign(given, options);
    } else if (arg !== undefined) {
      const name = names[position];
      if (name === undefined) throw new OptionError(`${who}: too many arguments: ${describe(arg)}.`);
      given[name] = arg;
    }
  });
  for (const name of names.slice(0, required)) {
    if (given[name] === undefined) throw new OptionError(`${who}: ${name} is missing. Options: ${names.join(", ")}.`);
  }
  return given;
}

function camel(name: string): string {
  const parts = name.split("_");
  return parts
    .map((part, i) => (i === 0 ? part[0]!.toLowerCase() + part.slice(1) : part[0]!.toUpperCase() + part.slice(1)))
    .join("");
}

export function wholeNumber(who: string, name: string, value: unknown, least = 1): number {
  if (Number.isInteger(value) && (value as number) >= least) return value as number;
  throw new OptionError(`${who}: ${name} must be a whole number ≥ ${least}, got ${describe(value)}.`);
}
export function finite(who: string, name: string, value: unknown, least = -Infinity): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= least) return value;
  const range = least === -Infinity ? "" : ` ≥ ${least}`;
  throw new OptionError(`${who}: ${name} must be a number${range}, got ${describe(value)}.`);
}
/** A number for all groups of the optimizer, or an array with one for each. */
export function perGroup(
  who: string,
  name: string,
  value: unknown,
  { paramGroups }: Optimizer,
  least?: number,
): number[] {
  if (!Array.isArray(value)) return paramGroups.map(() => finite(who, name, value, least));
  if (value.length !== paramGroups.length)
    throw new OptionError(
      `${who}: ${name} must be a number, or one for each of the ${paramGroups.length} groups, got ${describe(value)}.`,
    );
  return value.map((entry, i) => finite(who, `${name}[${i}]`, entry, least));
}
