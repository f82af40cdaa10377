import { isPromise } from "./dataset.ts";

/** One thing to be made, begun by the call. */
export type Task<T> = () => T | Promise<T>;

/**
 * The results of `tasks` in their order, while up to `ahead` later ones are being made. Only what takes time of its own
 * (a file, another thread) is begun ahead: a task that is done at once is done when its turn comes.
 *
 * A task that fails does so at its turn, and ends it all. Leaving early (`break`, an error in the loop, an interrupt) begins
 * nothing more and waits for nothing. `onEnd` is called once, whatever the end.
 */
export function readAhead<T>(
  tasks: Iterator<Task<T>>,
  { ahead, onEnd }: { ahead: number; onEnd: (early: boolean) => void },
): AsyncIterableIterator<T, void, undefined> {
  const begun: Promise<T>[] = [];
  let ended = false;
  /** Ends the wait for the next result. Not one promise to race against: it would hold on to all results. */
  let leave = () => {};
  const end = (early: boolean) => {
    if (ended) return;
    ended = true;
    leave();
    onEnd(early);
  };
  const begin = () => {
    while (begun.length <= ahead) {
      const next = tasks.next();
      if (next.done) return;
      let result: T | Promise<T>;
      try {
        result = next.value();
      } catch (error) {
        result = Promise.reject(error);
      }
      const promise = Promise.resolve(result);
      promise.catch(() => {}); // it is told when its turn comes, and until then nobody listens
      begun.push(promise);
      if (!isPromise(result)) return;
    }
  };
  const step = async (first: boolean): Promise<IteratorResult<T, void>> => {
    // Timers and messages get through between two results.
    if (!first) await new Promise((resolve) => setImmediate(resolve));
    if (ended) return DONE;
    try {
      begin();
      const head = begun.shift();
      if (head === undefined) {
        end(false);
        return DONE;
      }
      return await new Promise((resolve, reject) => {
        leave = () => resolve(DONE);
        head.then((value) => resolve({ done: false, value }), reject);
      });
    } catch (error) {
      end(true);
      throw error;
    }
  };
  let last: Promise<unknown> | undefined;
  return {
    next() {
      const before = last;
      const result = before === undefined ? step(true) : before.then(() => step(false));
      last = result.catch(() => {});
      return result;
    },
    async return() {
      end(true);
      return DONE;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined };
