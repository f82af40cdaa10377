/**
 * Timers of cells, and whatever else runs a callback later. They belong to the cell that set them: an interrupt ends
 * them, an error in one is shown under its cell. Callbacks of timers run in a microtask, because ending a *timer
 * callback* from outside would abort the process.
 */
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { syncBuiltinESMExports } from "node:module";
import { inspect, promisify } from "node:util";
import { currentCell } from "./cellContext.ts";
import { Interrupted } from "./interrupted.ts";

/** Timers known by their numbers, at which those that are gone are looked for. */
const MOST_NUMBERED = 1000;

type Callback = (...args: unknown[]) => void;
type Start = (callback: Callback, ...rest: unknown[]) => object;

export interface TimerParts {
  /** Shows an error of a callback under the cell that the callback belongs to. */
  report(error: unknown): void;
  /** Throws when the user asked to stop. */
  stopIfInterrupted(): void;
  /** Throws when the user asked to stop and the event loop is blocked. */
  stopIfFlooded(): void;
}

export function installTimers({ report, stopIfInterrupted, stopIfFlooded }: TimerParts): void {
  /** Timers that their cell would end; one that the user has cleared is no longer there for that. */
  const known = new WeakMap<object, () => void>();
  const forget = (timer: unknown): void => {
    if (typeof timer === "object" && timer !== null) known.get(timer)?.();
  };
  const wrap = (start: Start, clear: (timer: never) => void, repeats: boolean): Start => {
    return (callback, ...rest) => {
      if (typeof callback !== "function") return start(callback, ...rest); // Node's own error
      const cell = currentCell();
      const cancel = (): void => clear(timer as never);
      const run = (...args: unknown[]): void => {
        if (!repeats) cell?.offCancel(cancel);
        queueMicrotask(() => {
          try {
            callback(...args);
          } catch (error) {
            if (error instanceof Interrupted) cancel();
            report(error);
          }
        });
      };
      const timer = start(run, ...rest);
      if (cell?.dead) cancel();
      else if (cell) {
        cell.onCancel(cancel, "timer");
        known.set(timer, () => cell.offCancel(cancel));
      }
      return timer;
    };
  };
  showShort();
  const { queueMicrotask } = globalThis;
  const { nextTick } = process;
  const promises = cancellablePromises();
  const patched = {
    setTimeout: promised(wrap(timers.setTimeout as Start, timers.clearTimeout, false), promises.setTimeout),
    setInterval: wrap(timers.setInterval as Start, timers.clearInterval, true),
    setImmediate: promised(wrap(timers.setImmediate as Start, timers.clearImmediate, false), promises.setImmediate),
    ...forgetCleared(forget),
  };
  Object.assign(globalThis, patched);
  Object.assign(timers, patched);
  Object.assign(timersPromises, promises);
  Object.assign(timersPromises.scheduler, { wait: promises.wait, yield: promises.yield });

  /** Microtasks and ticks run before anything else gets its turn: a chain of them never ends by itself. */
  globalThis.queueMicrotask = function queueMicrotask_(callback) {
    if (typeof callback !== "function") return queueMicrotask(callback);
    queueMicrotask(() => {
      stopIfInterrupted();
      stopIfFlooded();
      callback();
    });
  };
  process.nextTick = function nextTick_(callback: Callback, ...args: unknown[]) {
    if (typeof callback !== "function") return nextTick(callback);
    // Node's streams use it too, so that a tick is left out only when nothing else would help.
    nextTick(() => {
      stopIfFlooded();
      callback(...args);
    });
  };
  // Node's own calls the listeners inside a timer's callback.
  AbortSignal.timeout = (delay) => {
    const controller = new AbortController();
    const reason = (): DOMException => new DOMException("The operation was aborted due to timeout", "TimeoutError");
    (patched.setTimeout(() => controller.abort(reason()), delay) as NodeJS.Timeout).unref();
    return controller.signal;
  };
  for (const [wrapper, name] of [
    [globalThis.queueMicrotask, "queueMicrotask"],
    [process.nextTick, "nextTick"],
    [AbortSignal.timeout, "timeout"],
    ...Object.entries(patched).map(([key, value]) => [value, key] as const),
  ] as const) {
    Object.defineProperty(wrapper, "name", { value: name, configurable: true });
  }
  syncBuiltinESMExports();
}

/** The ways to end a timer: the functions, also with the number that a timer turns into, and the timer's own methods. */
function forgetCleared(forget: (timer: unknown) => void): { [name: string]: (timer: never) => void } {
  const { clearTimeout, clearInterval, clearImmediate } = timers;
  const numbered = new Map<unknown, WeakRef<object>>();
  const wrap = (clear: (timer: never) => void) => (timer: unknown) => {
    const key = typeof timer === "string" ? Number(timer) : timer;
    forget(numbered.get(key)?.deref() ?? timer);
    numbered.delete(key);
    clear(timer as never);
  };
  const sample = setTimeout(() => {}, 0);
  clearTimeout(sample);
  const prototype = Object.getPrototypeOf(sample) as { [method: string | symbol]: (this: object) => unknown };
  for (const method of ["close", Symbol.dispose, Symbol.toPrimitive]) {
    const original = prototype[method]!;
    prototype[method] = function (this: object) {
      const result = original.call(this);
      if (method !== Symbol.toPrimitive) forget(this);
      else {
        for (const [number, ref] of numbered.size >= MOST_NUMBERED ? numbered : []) {
          if (!ref.deref()) numbered.delete(number);
        }
        numbered.set(result, new WeakRef(this));
      }
      return result;
    };
  }
  return {
    clearTimeout: wrap(clearTimeout),
    clearInterval: wrap(clearInterval),
    clearImmediate: wrap(clearImmediate),
  };
}

/** As the value of a cell a timer is one line, and not what it is made of inside Node. */
function showShort(): void {
  const as = (sample: object, value: (this: never) => string): void => {
    const prototype = Object.getPrototypeOf(sample) as object;
    Object.defineProperty(prototype, inspect.custom, { value, configurable: true, writable: true });
  };
  const timeout = setTimeout(() => {}, 0);
  clearTimeout(timeout);
  as(timeout, function (this: { _idleTimeout: number; _repeat: number | null; _destroyed: boolean }) {
    if (this._destroyed || this._idleTimeout < 0) return "Timeout (over)";
    return `Timeout (${this._repeat === null ? "after" : "every"} ${this._idleTimeout} ms)`;
  });
  const immediate = setImmediate(() => {});
  clearImmediate(immediate);
  as(immediate, function (this: { _destroyed: boolean }) {
    return this._destroyed ? "Immediate (over)" : "Immediate";
  });
}

/** For `util.promisify(setTimeout)`. */
function promised(start: Start, promise: unknown): Start {
  return Object.assign(start, { [promisify.custom]: promise });
}

type Options = { signal?: AbortSignal; ref?: boolean } | undefined;

/** The functions of node:timers/promises: an interrupt of their cell rejects them, wherever they are awaited. */
function cancellablePromises() {
  const { setTimeout, setImmediate, setInterval } = timersPromises;
  return {
    setTimeout: <T>(delay?: number, value?: T, options?: Options) =>
      cancellable(options, (its) => setTimeout(delay, value, its)),
    setImmediate: <T>(value?: T, options?: Options) => cancellable(options, (its) => setImmediate(value, its)),
    async *setInterval<T>(delay?: number, value?: T, options?: Options) {
      const { signal, interrupted, done } = cancellation(options);
      try {
        yield* setInterval(delay, value, signal && { ...options, signal });
      } catch (error) {
        throw interrupted() ?? error;
      } finally {
        done();
      }
    },
    wait: (delay: number, options?: Options) => cancellable(options, (its) => setTimeout(delay, undefined, its)),
    yield: () => cancellable(undefined, (its) => setImmediate(undefined, its)),
  };
}

async function cancellable<T>(options: Options, start: (options: Options) => Promise<T>): Promise<T> {
  const { signal, interrupted, done } = cancellation(options);
  try {
    return await start(signal ? { ...options, signal } : options);
  } catch (error) {
    throw interrupted() ?? error;
  } finally {
    done();
  }
}

/** A signal that is aborted when the calling cell is interrupted, or by the caller's own signal. */
export function cancellation(
  options: { signal?: AbortSignal | null } | undefined,
  work: "timer" | "download" = "timer",
): { signal: AbortSignal | undefined; interrupted(): Interrupted | undefined; done(): void } {
  const cell = currentCell();
  const given = options?.signal;
  let reason: Interrupted | undefined;
  // What is no signal gets Node's own error.
  if (!cell || (given != null && !(given instanceof AbortSignal))) {
    return { signal: given as AbortSignal | undefined, interrupted: () => undefined, done: () => {} };
  }
  const controller = new AbortController();
  const cancel = (because: Interrupted): void => {
    reason = because;
    controller.abort(because);
  };
  if (cell.dead) cancel(new Interrupted({ quiet: true }));
  else cell.onCancel(cancel, work);
  return {
    signal: given ? AbortSignal.any([given, controller.signal]) : controller.signal,
    interrupted: () => reason,
    done: () => cell.offCancel(cancel),
  };
}
