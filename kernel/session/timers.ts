/**
 * Timers of cells. They belong to the cell that set them: an interrupt clears them, an error in one is shown under its
 * cell. Their callbacks run in a microtask, because ending a *timer callback* from outside would abort the process.
 */
import timers from "node:timers";
import { syncBuiltinESMExports } from "node:module";
import { currentCell } from "./cellContext.ts";
import { Interrupted } from "./interrupted.ts";

type Callback = (...args: unknown[]) => void;
type Start = (callback: Callback, ...rest: unknown[]) => object;

/** `report` shows an error of a callback under the cell that the callback belongs to. */
export function installTimers(report: (error: unknown) => void): void {
  const wrap = (start: Start, clear: (timer: never) => void, repeats: boolean): Start => {
    const wrapped: Start = (callback, ...rest) => {
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
      cell?.onCancel(cancel);
      return timer;
    };
    // util.promisify(setTimeout) and the like.
    return Object.assign(wrapped, Object.fromEntries(customProperties(start)));
  };
  const patched = {
    setTimeout: wrap(timers.setTimeout as Start, timers.clearTimeout, false),
    setInterval: wrap(timers.setInterval as Start, timers.clearInterval, true),
    setImmediate: wrap(timers.setImmediate as Start, timers.clearImmediate, false),
  };
  Object.assign(globalThis, patched);
  Object.assign(timers, patched);
  syncBuiltinESMExports();
}

function customProperties(start: Start): [symbol, unknown][] {
  return Object.getOwnPropertySymbols(start).map((key) => [key, (start as unknown as Record<symbol, unknown>)[key]]);
}
