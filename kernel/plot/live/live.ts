/**
 * `plot.live`: a figure that shows itself under the running cell and moves while it trains.
 *
 * A frame is a delta of everything since the frame before. It is sent from inside `log` when 100 ms have passed, so a
 * plain synchronous loop draws too; from a timer when the loop awaits something long; and always when the cell ends.
 */
import { host as currentHost, type Host, type MimeBundle } from "../host.ts";
import { nearest } from "../../text/nearest.ts";
import { roundTo } from "../number.ts";
import { liveBundle } from "./bundle.ts";
import { historyCsv } from "./csv.ts";
import { addDecimated, emptyDecimated, encodeValue, type Decimated, type Value } from "./curve.ts";
import type { Observation } from "./fan.ts";
import { Monitor, type ModelLike, type OptimizerLike } from "./monitor.ts";
import { applyDelta, initialState, LIVE_TARGET, type LiveState } from "./state.ts";

export interface LiveOptions {
  /** With `optimizer`: the step size and the effective learning rate of each named parameter are drawn. */
  model?: ModelLike;
  optimizer?: OptimizerLike;
  /** Default: the name of the optimizer. */
  title?: string;
  /** Weight of the past in the smoothed loss, 0 (off) to below 1; default 0.9, about the last 10 steps. */
  smoothing?: number;
  /** Scale of the loss axis to begin with; the figure has a switch. Default "linear". */
  yScale?: "linear" | "log";
}
/** What `log` accepts: a number, or a tensor with one element. */
export type Loggable = number | { item(): number };

/** Milliseconds between frames, at least. */
export const FRAME_EVERY_MS = 100;
/** Values of one logged name that are kept in full; beyond, smallest and largest of every few steps. */
export const HISTORY_LIMIT = 1_000_000;

const OPTIONS = ["model", "optimizer", "title", "smoothing", "yScale"];

/**
 * Shows a live figure under the running cell: the loss and, per parameter, how far each step moves its elements and
 * how large their effective learning rates are.
 *
 *     const live = plot.live({ model, optimizer });
 *     for (…) { …; optimizer.step(); live.log({ loss }); }
 *
 * Outside a notebook it only records; see `history` and `toCsv`.
 */
export function live(options: LiveOptions = {}): Live {
  return new Live(options, { host: currentHost(), now: () => performance.now() });
}

/** One logged name: its steps and values. `stride` is 1 while every value is kept. */
export interface Logged {
  step: number[];
  value: number[];
  stride: number;
}

export class Live {
  readonly id = `live-${crypto.randomUUID()}`;
  #host: Host | undefined;
  #now: () => number;
  #startMs: number;
  #monitor: Monitor | undefined;
  #state: LiveState;
  #history = new Map<string, Decimated>();
  #pending = new Map<string, { step: number[]; value: Value[] }>();
  #observations: Observation[] = [];
  #step = 0;
  #sentMs = -Infinity;
  #attached = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveOptions, { host, now }: { host: Host | undefined; now: () => number }) {
    check(options);
    const { model, optimizer, smoothing = 0.9, yScale = "linear" } = options;
    this.#host = host;
    this.#now = now;
    this.#startMs = now();
    if (model && optimizer) this.#monitor = new Monitor(model, optimizer, now);
    const name = optimizer ? optimizerName(optimizer) : "";
    this.#state = initialState({
      id: this.id,
      title: options.title ?? (name || "Training"),
      optimizer: name,
      yScale,
      smoothing,
      parameters: this.#monitor?.parameters ?? [],
    });
    host?.display(liveBundle(this.#state), { id: this.id, of: this });
    this.#attach();
  }

  /**
   * Records the values of one step: numbers or tensors with one element, by name. `loss` is drawn smoothed.
   * Without `step`, each call is one step after the call before; the first is step 1.
   */
  log(values: { [name: string]: Loggable }, options: { step?: number } = {}): void {
    const step = this.#nextStep(options);
    const entries = Object.entries(checkValues(values)).map(([name, value]) => [name, numberOf(name, value)] as const);
    this.#step = step;
    for (const [name, value] of entries) {
      let history = this.#history.get(name);
      let pending = this.#pending.get(name);
      if (!history) this.#history.set(name, (history = emptyDecimated(HISTORY_LIMIT)));
      if (!pending) this.#pending.set(name, (pending = { step: [], value: [] }));
      addDecimated(history, step, value);
      pending.step.push(step);
      pending.value.push(encodeValue(value));
    }
    const seen = this.#monitor?.take();
    if (seen) this.#observations.push({ step, parameters: seen });
    this.#attach();
    const wait = this.#sentMs + FRAME_EVERY_MS - this.#now();
    if (wait <= 0) this.#frame(true);
    else if (this.#host) this.#frameLater(wait);
  }

  /** What was logged, by name; copies. */
  get history(): { [name: string]: Logged } {
    return Object.fromEntries(
      [...this.#history].map(([name, { step, value, stride }]) => [
        name,
        { step: step.slice(), value: value.slice() as number[], stride },
      ]),
    );
  }

  /** What the figure shows now, as plain data. */
  get state(): LiveState {
    this.#frame(this.#state.running);
    return this.#state;
  }

  /** Everything logged and the observed fans as comma-separated values, one row for each step. */
  toCsv(): string {
    return historyCsv(this.history, this.state);
  }

  [Symbol.for("Jupyter.display")](): MimeBundle {
    return liveBundle(this.state);
  }

  /** Starts to watch and to send; again when a later cell goes on logging. */
  #attach(): void {
    if (this.#attached) return;
    this.#attached = true;
    this.#monitor?.attach();
    if (!this.#host) return;
    this.#state = { ...this.#state, running: true };
    this.#host.open(this.id, LIVE_TARGET, this.#state);
    this.#host.onCellEnd(() => this.#finish());
  }

  #finish(): void {
    if (!this.#attached) return;
    // An optimizer that outlives the cell is not watched, nor this figure kept alive, for nothing.
    this.#monitor?.detach();
    this.#frame(false);
    this.#attached = false;
    this.#host?.update(liveBundle(this.#state), this.id);
    this.#host?.close(this.id);
  }

  #frame(running: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const began = this.#now();
    // A last step without a `log` after it.
    const seen = this.#monitor?.take();
    if (seen) this.#observations.push({ step: this.#step, parameters: seen });
    if (this.#pending.size === 0 && this.#observations.length === 0 && running === this.#state.running) return;
    const points = Object.fromEntries([...this.#pending].map(([name, { step, value }]) => [name, { step, value }]));
    // Shorter JSON. What was logged stays whole in the history.
    for (const { value } of Object.values(points)) {
      for (let i = 0; i < value.length; i++)
        if (typeof value[i] === "number") value[i] = roundTo(value[i] as number, 7);
    }
    this.#pending.clear();
    const delta = {
      seq: this.#state.seq + 1,
      elapsedMs: Math.round(began - this.#startMs),
      running,
      points,
      observations: this.#observations.splice(0),
    };
    this.#state = applyDelta(this.#state, delta);
    if (this.#attached) this.#host?.send(this.id, delta);
    this.#sentMs = began;
  }

  /** For a loop that awaits something long after this step. Never keeps a process alive. */
  #frameLater(waitMs: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#attached) this.#frame(true);
    }, waitMs);
    (this.#timer as { unref?(): void }).unref?.();
  }

  #nextStep(options: { step?: number }): number {
    for (const name of Object.keys(options)) {
      if (name !== "step") throw new TypeError(`live.log: unknown option "${name}". Options: step.`);
    }
    const step = options.step ?? this.#step + 1;
    if (!Number.isFinite(step)) throw new TypeError(`live.log: step must be a finite number, got ${String(step)}.`);
    return step;
  }
}

function check(options: LiveOptions): void {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) {
      const hint = nearest(name, OPTIONS);
      throw new TypeError(
        `plot.live: unknown option "${name}".${hint ? ` Did you mean "${hint}"?` : ""} Options: ${OPTIONS.join(", ")}.`,
      );
    }
  }
  const { model, optimizer, title, smoothing, yScale } = options;
  if ((model === undefined) !== (optimizer === undefined)) {
    const [given, missing] = model ? ["model", "optimizer"] : ["optimizer", "model"];
    throw new TypeError(
      `plot.live: ${given} was given without ${missing}; the step size per parameter needs both. Give both, or neither for the loss alone.`,
    );
  }
  if (model && typeof model.namedParameters !== "function") {
    throw new TypeError(`plot.live: model must be an nn.Module, got ${kindOf(model)} without namedParameters().`);
  }
  if (
    optimizer &&
    !(typeof optimizer.registerStepPreHook === "function" && typeof optimizer.registerStepPostHook === "function")
  ) {
    throw new TypeError(`plot.live: optimizer must be one of optim.*, got ${kindOf(optimizer)} without step hooks.`);
  }
  if (title !== undefined && typeof title !== "string") {
    throw new TypeError(`plot.live: title must be a string, got ${kindOf(title)}.`);
  }
  if (smoothing !== undefined && !(typeof smoothing === "number" && smoothing >= 0 && smoothing < 1)) {
    throw new RangeError(`plot.live: smoothing must be a number from 0 (off) to below 1, got ${String(smoothing)}.`);
  }
  if (yScale !== undefined && yScale !== "linear" && yScale !== "log") {
    throw new RangeError(`plot.live: yScale must be "linear" or "log", got ${JSON.stringify(yScale)}.`);
  }
}

function checkValues(values: { [name: string]: Loggable }): { [name: string]: Loggable } {
  if (values === null || typeof values !== "object" || typeof (values as { item?: unknown }).item === "function") {
    throw new TypeError(`live.log: needs an object of named values such as { loss }, got ${kindOf(values)}.`);
  }
  if (Object.hasOwn(values, "step")) {
    throw new TypeError(
      `live.log: "step" is not a value to draw; give it as second argument: live.log({ loss }, { step }).`,
    );
  }
  return values;
}

function numberOf(name: string, value: unknown): number {
  const number =
    typeof (value as { item?: unknown } | null | undefined)?.item === "function"
      ? (value as { item(): unknown }).item()
      : value;
  if (typeof number !== "number") {
    throw new TypeError(`live.log: "${name}" must be a number or a tensor with one element, got ${kindOf(value)}.`);
  }
  return number;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object") return typeof value === "function" ? "a function" : `${typeof value} ${String(value)}`;
  return `a ${value.constructor?.name || "plain object"}`;
}

function optimizerName(optimizer: OptimizerLike): string {
  return optimizer.constructor.name === "Object" ? "" : optimizer.constructor.name;
}
