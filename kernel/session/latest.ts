/**
 * Work that is only worth doing for its latest state: the end of a long output, a display that is updated in a loop. Of
 * the calls with one key within `ms` only the last is made, when its time has come.
 */
interface Waiting {
  /** On the clock of `performance.now()`. */
  at: number;
  work: () => void;
}

export class Latest {
  readonly #done = new Map<unknown, number>();
  readonly #waiting = new Map<unknown, Waiting>();

  /** Whether `work` was kept for later; otherwise it is for the caller to do it now. */
  later(key: unknown, ms: number, now: number, work: () => void): boolean {
    const waiting = this.#waiting.get(key);
    const at = waiting?.at ?? (this.#done.get(key) ?? -Infinity) + ms;
    if (at > now) {
      this.#waiting.set(key, { at, work });
      return true;
    }
    this.#waiting.delete(key);
    this.#done.set(key, now);
    // Keys are made by users too (display ids): those of long ago say nothing any more.
    if (this.#done.size > 1000) for (const [old, when] of this.#done) if (now - when > 1000) this.#done.delete(old);
    return false;
  }

  forget(key: unknown): void {
    this.#waiting.delete(key);
  }

  /** Does at once what waits under the key. */
  runOne(key: unknown, now: number): void {
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    this.#waiting.delete(key);
    this.#done.set(key, now);
    waiting.work();
  }

  /** When the next one is to be done, on the clock of `performance.now()`; undefined when nothing waits. */
  get next(): number | undefined {
    return this.#waiting.size === 0 ? undefined : Math.min(...[...this.#waiting.values()].map(({ at }) => at));
  }

  /** Does what has waited until `now`. */
  run(now: number): void {
    for (const [key, { at }] of this.#waiting) if (at <= now) this.runOne(key, now);
  }
}
