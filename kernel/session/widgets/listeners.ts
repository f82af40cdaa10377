/**
 * Who is told of a widget's events: handlers, `await next()` and `for await`. A handler never runs twice at once: while
 * one that awaits is under way the next event waits for it, and of several changes only the newest.
 */
import { currentCell, type CellContext } from "../cellContext.ts";
import type { Callbacks } from "../comms/callbacks.ts";
import { isThenable } from "../comms/callbacks.ts";
import { needsFunction } from "../comms/comm.ts";
import { OwnPromise } from "../intrinsics.ts";
import { asNoResult } from "../mimeBundle.ts";

interface Event<T> {
  value: T;
  context: CellContext | undefined;
  over(): void;
}
interface Listener<T> {
  handler: (value: T) => unknown;
  /** Set while its promise is under way: `callbacks.ended` when that began. */
  busy: number | undefined;
  waiting: Event<T>[];
}
/** Whoever waits for events without a handler. */
interface Sink<T> {
  take(value: T): void;
  end(error: Error): void;
}

export class Listeners<T> {
  readonly #callbacks: Callbacks;
  readonly #keep: "each" | "newest";
  readonly #listeners: Listener<T>[] = [];
  readonly #sinks = new Set<Sink<T>>();
  #closed: (() => Error) | undefined;

  /** `keep`: what is told to a listener that was busy meanwhile. */
  constructor(callbacks: Callbacks, keep: "each" | "newest") {
    this.#callbacks = callbacks;
    this.#keep = keep;
  }

  /** Returns a function that takes the handler away again. */
  add(who: string, handler: (value: T) => unknown): () => void {
    const listener: Listener<T> = { handler: needsFunction(who, handler), busy: undefined, waiting: [] };
    this.#listeners.push(listener);
    return asNoResult(() => {
      const at = this.#listeners.indexOf(listener);
      if (at >= 0) this.#listeners.splice(at, 1);
      for (const { over } of listener.waiting.splice(0)) over();
    });
  }

  /** Resolves when every handler is done with it. */
  emit(value: T): Promise<unknown> {
    for (const sink of [...this.#sinks]) sink.take(value);
    const context = currentCell();
    const all = [...this.#listeners].map(
      (listener) =>
        new OwnPromise<void>((over) => {
          if (this.#keep === "newest") for (const skipped of listener.waiting.splice(0)) skipped.over();
          listener.waiting.push({ value, context, over });
          this.#go(listener);
        }),
    );
    return OwnPromise.all(all);
  }

  #go(listener: Listener<T>): void {
    const { ended } = this.#callbacks;
    // One that was ended from outside will never settle.
    if (listener.busy === ended) return;
    const event = listener.waiting.shift();
    if (!event) return;
    listener.busy = undefined;
    const call = (): unknown => {
      const result = listener.handler(event.value);
      if (isThenable(result)) listener.busy = ended;
      return result;
    };
    this.#callbacks.call(event.context, call, () => {
      listener.busy = undefined;
      event.over();
      this.#go(listener);
    });
  }

  next(): Promise<T> {
    return new OwnPromise((resolve, reject) => {
      const sink: Sink<T> = {
        take: (value) => {
          this.#sinks.delete(sink);
          resolve(value);
        },
        end: reject,
      };
      this.#listen(sink);
    });
  }

  /** Ends with the widget. */
  iterate(): AsyncIterableIterator<T> {
    const events: T[] = [];
    let wanted: ((step: IteratorResult<T>) => void) | undefined;
    let done = false;
    const end = (): void => {
      done = true;
      this.#sinks.delete(sink);
      wanted?.({ done: true, value: undefined });
      wanted = undefined;
    };
    const sink: Sink<T> = {
      take: (value) => {
        if (wanted) wanted({ done: false, value });
        else {
          if (this.#keep === "newest") events.length = 0;
          events.push(value);
        }
        wanted = undefined;
      },
      end,
    };
    this.#listen(sink);
    return {
      next: () =>
        new OwnPromise((resolve) => {
          if (events.length > 0) resolve({ done: false, value: events.shift()! });
          else if (done) resolve({ done: true, value: undefined });
          else wanted = resolve;
        }),
      return: () => {
        end();
        return OwnPromise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #listen(sink: Sink<T>): void {
    if (this.#closed) sink.end(this.#closed());
    else this.#sinks.add(sink);
  }

  /** Nothing comes any more; whoever waits for it is told so. */
  close(error: () => Error): void {
    if (this.#closed) return;
    this.#closed = error;
    for (const sink of [...this.#sinks]) sink.end(error());
    this.#sinks.clear();
  }
}
