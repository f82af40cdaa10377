/**
 * Runs code of the cells on behalf of a front end's message, while no cell runs or between two steps of one: in a context
 * of its own, whose output has that message as parent. What fails in it is shown and ends nothing else.
 */
import type { ErrorContent, Header } from "../../protocol/messages.ts";
import { currentCell, laterContext, runInCell, type CellContext } from "../cellContext.ts";
import { Interrupted } from "../interrupted.ts";
import { settled } from "../intrinsics.ts";
import type { Output } from "../output.ts";

export interface CallbackParts {
  output: Output;
  describe(error: unknown): ErrorContent;
  /** Shows what fails when the context has ended. */
  report(error: unknown): void;
}

/** A promise in the code of the user that never settles keeps nothing waiting: see `begin`. */
export class Callbacks {
  readonly #parts: CallbackParts;
  readonly #queueMicrotask = globalThis.queueMicrotask;
  #running: { context: CellContext; returned(): void } | undefined;
  /** Counts the times that code was ended from outside: what began before will not go on. */
  ended = 0;

  constructor(parts: CallbackParts) {
    this.#parts = parts;
  }

  /** Runs `work` for the message with header `parent`. Resolves when it has returned, whatever came of it. */
  begin(parent: Header, run: CellContext | undefined, work: () => unknown): Promise<void> {
    const context = laterContext(parent, run);
    return new Promise((resolve) => {
      const running = { context, returned: resolve };
      // In a microtask of its own: code that is terminated takes everything on its stack with it.
      this.#queueMicrotask(() => {
        this.#running = running;
        this.call(context, work, () => context.end((error) => this.#parts.report(error)));
        this.#running = undefined;
        resolve();
      });
    });
  }

  /** Calls `work` in a context; a failure, also a later one, is shown there. `after` is called when all of it is over. */
  call(context: CellContext | undefined, work: () => unknown, after: () => void = () => {}): void {
    const failed = (error: unknown): void => {
      this.show(error, context);
      after();
    };
    try {
      const result = context ? runInCell(context, work) : work();
      if (isThenable(result)) settled(result, after, failed);
      else after();
    } catch (error) {
      failed(error);
    }
  }

  show(error: unknown, context = currentCell()): void {
    if (!context || Interrupted.isQuiet(error)) return;
    this.#parts.output.publish(context, "error", this.#parts.describe(error));
  }

  /** Called when the thread is free: what has begun by then and not returned was ended from outside. */
  settle(): void {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    this.#parts.output.write(
      running.context,
      "stderr",
      "Interrupted: a handler was ended in code that does not answer.\n",
    );
    running.returned();
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}
