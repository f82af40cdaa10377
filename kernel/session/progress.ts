/**
 * `progress(…)`: a bar for a loop or for work that counts by itself, with tqdm's semantics: what is done is what has been
 * left behind, the rate is smoothed over the last steps, an inner bar takes the place of the one before it.
 */
import { currentCell, type CellContext } from "./cellContext.ts";
import type { Displays } from "./globals.ts";
import { refuseUnknown } from "./options.ts";
import { progressBundle, type ProgressState } from "./progressText.ts";

export interface ProgressOptions {
  /** How many there will be. Default: the length or size of what is iterated, if it has one. */
  total?: number;
  /** Stands before the bar. */
  label?: string;
  /** What is counted. Default "it". */
  unit?: string;
}

/** A bar that is on screen. */
export interface ProgressBar {
  /** How many are done. */
  readonly done: number;
  /** `n` more are done. For bars without a loop of their own. */
  update(n?: number): void;
  /** Words or numbers behind the bar: `bar.postfix({ loss: 0.25 })`. */
  postfix(values: string | { [name: string]: unknown }): void;
  /** The work has ended. Loops do this by themselves; so does `using bar = progress({ total })`. */
  close(): void;
  [Symbol.dispose](): void;
}

/** Redrawn so often, in ms, and the clock is looked at so often at least. */
const REDRAW_MS = 100;
const LOOK_MS = 10;
/** Weight of the newest step in the rate, as in tqdm. */
const SMOOTHING = 0.3;

/** Open bars of each cell, outermost first, and the last that stood below each. */
const open = new WeakMap<CellContext, Bar[]>();
let bars = 0;

class Bar implements ProgressBar {
  done = 0;
  readonly #displays: Displays;
  readonly #label: string;
  readonly #unit: string;
  readonly #total: number | undefined;
  readonly #cell: CellContext | undefined = currentCell();
  readonly #started = performance.now();
  #id = "";
  #postfix = "";
  /** The last inner bar; the next one with its label takes its place. */
  #inner: { id: string; label: string } | undefined;
  #outer: Bar | undefined;
  #state: ProgressState["state"] = "running";
  #drawnAt = 0;
  #drawnDone = 0;
  /** Smoothed seconds for each thing, with tqdm's correction for the first steps. */
  #mean = 0;
  #means = 0;
  /** The clock is looked at when so many are done. */
  #look = 1;
  #stride = 1;

  constructor(displays: Displays, total: number | undefined, { label = "", unit = "it" }: ProgressOptions) {
    this.#displays = displays;
    this.#total = total;
    this.#label = label;
    this.#unit = unit;
    this.#drawnAt = this.#started;
    this.#open();
  }

  #open(): void {
    const cell = this.#cell;
    const all = cell ? (open.get(cell) ?? []) : [];
    if (cell) open.set(cell, all);
    this.#outer = all.at(-1);
    all.push(this);
    const outer = this.#outer;
    const before = outer && outer.#inner;
    this.#id = before?.label === this.#label ? before.id : `gradbook-progress-${cell?.parent.msg_id ?? ""}-${++bars}`;
    if (outer) outer.#inner = { id: this.#id, label: this.#label };
    // Ended from outside, or left by an interrupt, nobody closes it.
    cell?.onEnd(() => {
      if (cell.dead || cell.told > 0) this.end("stopped");
    });
    this.#draw(this.#started);
  }

  update(n = 1): void {
    if (typeof n !== "number" || Number.isNaN(n))
      throw new TypeError(`progress: update needs a number, got ${String(n)}.`);
    this.done += n;
    if (this.done >= this.#look || n < 0) this.#lookAtClock();
  }

  postfix(values: string | { [name: string]: unknown }): void {
    const word = (value: unknown): string =>
      typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(3)).toString() : String(value);
    this.#postfix =
      typeof values === "string"
        ? values
        : Object.entries(values)
            .map(([name, value]) => `${name}=${word(value)}`)
            .join(", ");
  }

  close(): void {
    this.end("done");
  }
  [Symbol.dispose](): void {
    this.close();
  }

  end(how: "done" | "stopped"): void {
    if (this.#state !== "running") return;
    // Fewer than were said is no success.
    this.#state = how === "done" && this.#total !== undefined && this.done < this.#total ? "stopped" : how;
    const all = this.#cell && open.get(this.#cell);
    all?.splice(all.indexOf(this), 1);
    this.#draw(performance.now());
  }

  #lookAtClock(): void {
    const now = performance.now();
    const since = now - this.#drawnAt;
    const steps = this.done - this.#drawnDone;
    if (since >= REDRAW_MS && this.#state === "running") {
      if (steps > 0) {
        this.#mean = SMOOTHING * (since / 1000 / steps) + (1 - SMOOTHING) * this.#mean;
        this.#means++;
      }
      this.#drawnAt = now;
      this.#drawnDone = this.done;
      this.#draw(now);
    }
    // Fast loops look at the clock every LOOK_MS only.
    const pace = steps / Math.max(since, 0.01);
    this.#stride = Math.max(1, Math.min(Math.floor(pace * LOOK_MS), 2 * this.#stride + 1));
    this.#look = this.done + this.#stride;
  }

  #draw(now: number): void {
    if (!this.#cell || this.#cell.silent) return;
    const elapsedMs = now - this.#started;
    const whole = this.#state === "running" ? undefined : this.done / (elapsedMs / 1000);
    const smoothed = this.#means > 0 ? (1 - (1 - SMOOTHING) ** this.#means) / this.#mean : undefined;
    const rate = this.done > 0 ? (whole ?? smoothed) : undefined;
    const bundle = progressBundle({
      label: this.#label,
      unit: this.#unit,
      done: this.done,
      total: this.#total,
      elapsedMs,
      rate,
      postfix: this.#postfix,
      state: this.#state,
    });
    this.#displays.showOrUpdate(bundle, this.#id, this.#cell);
  }
}

type Source<T> = Iterable<T> | AsyncIterable<T>;

export interface ProgressFunction {
  /** 0, 1, … up to, not including, `count`. */
  (count: number, options?: ProgressOptions): ProgressBar & Iterable<number>;
  <S extends Source<unknown>>(
    iterable: S,
    options?: ProgressOptions,
  ): ProgressBar &
    (S extends Iterable<infer T> ? Iterable<T> : unknown) &
    (S extends AsyncIterable<infer T> ? AsyncIterable<T> : unknown);
  /** A bar without a loop: call `update(n)`, at last `close()`. */
  (options?: ProgressOptions): ProgressBar;
}

export function createProgress(displays: Displays): ProgressFunction {
  return ((first: unknown, second?: ProgressOptions) => {
    if (first === undefined || isOptions(first)) {
      const options = (first ?? {}) as ProgressOptions;
      return new Bar(displays, check(options).total, options);
    }
    const options = second ?? {};
    const source = typeof first === "number" ? range(first) : (first as Source<unknown>);
    const { total = typeof first === "number" ? first : sizeOf(source) } = check(options);
    return new Loop(() => new Bar(displays, total, options), source);
  }) as unknown as ProgressFunction;
}

/** What a loop runs over: shows its bar when the loop begins. */
class Loop implements ProgressBar {
  readonly #make: () => Bar;
  #bar: Bar | undefined;

  constructor(make: () => Bar, source: Source<unknown>) {
    this.#make = make;
    // Only what the source has: `for await` prefers the asynchronous one.
    if (Symbol.iterator in source) this.#define(Symbol.iterator, () => source[Symbol.iterator]());
    if (Symbol.asyncIterator in source) this.#define(Symbol.asyncIterator, () => source[Symbol.asyncIterator]());
  }

  #define(key: symbol, iterator: () => Iterator<unknown> | AsyncIterator<unknown>): void {
    Object.defineProperty(this, key, {
      value: () => {
        this.#bar?.end("stopped");
        const bar = (this.#bar = this.#make());
        return key === Symbol.iterator
          ? counted(iterator() as Iterator<unknown>, bar)
          : countedLater(iterator() as AsyncIterator<unknown>, bar);
      },
    });
  }

  get done(): number {
    return this.#bar?.done ?? 0;
  }
  update(n?: number): void {
    (this.#bar ??= this.#make()).update(n);
  }
  postfix(values: string | { [name: string]: unknown }): void {
    (this.#bar ??= this.#make()).postfix(values);
  }
  close(): void {
    this.#bar?.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

function counted(inner: Iterator<unknown>, bar: Bar): Iterator<unknown> {
  let begun = false;
  return {
    next() {
      // Asking for the next one says that the one before is done.
      if (begun) bar.update();
      begun = true;
      try {
        const step = inner.next();
        if (step.done) bar.end("done");
        return step;
      } catch (error) {
        bar.end("stopped");
        throw error;
      }
    },
    return(value) {
      bar.end("stopped");
      return inner.return?.(value) ?? { done: true, value };
    },
  };
}

function countedLater(inner: AsyncIterator<unknown>, bar: Bar): AsyncIterator<unknown> {
  let begun = false;
  return {
    async next() {
      if (begun) bar.update();
      begun = true;
      try {
        const step = await inner.next();
        if (step.done) bar.end("done");
        return step;
      } catch (error) {
        bar.end("stopped");
        throw error;
      }
    },
    async return(value) {
      bar.end("stopped");
      return (await inner.return?.(value)) ?? { done: true, value };
    },
  };
}

function* range(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

function isOptions(value: unknown): boolean {
  if (typeof value === "number") {
    if (value >= 0) return false;
    throw new TypeError(`progress: a count must be a number of at least 0, got ${value}.`);
  }
  if (typeof value !== "object" || value === null) throw notIterable(value);
  if (Symbol.iterator in value || Symbol.asyncIterator in value) return false;
  if (Object.getPrototypeOf(value) !== Object.prototype) throw notIterable(value);
  return true;
}
const notIterable = (value: unknown): TypeError =>
  new TypeError(
    `progress: needs something to iterate over, a count, or options like { total: 100 }, got ${value === null ? "null" : typeof value}.`,
  );

function check(options: ProgressOptions): ProgressOptions {
  refuseUnknown("progress", options, ["total", "label", "unit"]);
  const { total, label, unit } = options;
  if (total !== undefined && !(typeof total === "number" && total >= 0)) {
    throw new TypeError(`progress: total must be a number of at least 0, got ${String(total)}.`);
  }
  for (const [name, value] of Object.entries({ label, unit })) {
    if (value !== undefined && typeof value !== "string")
      throw new TypeError(`progress: ${name} must be a string, got ${typeof value}.`);
  }
  return total === Infinity ? {} : { ...(total !== undefined && { total }) };
}

function sizeOf(source: object): number | undefined {
  const { length, size } = source as { length?: unknown; size?: unknown };
  return typeof length === "number" ? length : typeof size === "number" ? size : undefined;
}
