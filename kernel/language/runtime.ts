/**
 * What the code of a cell or a local module calls while it runs. The session provides it: as the argument of a cell's
 * function, and for modules as `globalThis[Symbol.for("gradbook.runtime")]`.
 */
import type { Box } from "./box.ts";

/** A loop in the source: how many iterations may run until the next poll, at least 1. */
export interface Site {
  chunk: number;
}

/** An `await` in the source. */
export interface AwaitSite {
  /** So many of its next waits are left to the language before the next look at whether the user wants something. */
  quick: number;
  /** So many such looks may follow, because the last waits ended at once. */
  looks: number;
  /** When that was last looked at, in ms. */
  lookedAt: number;
}

export interface Runtime {
  /** The box of that session variable; the same object for ever, `new Box(name)` the first time. */
  box(name: string): Box;
  site(): Site;
  /** A loop asks whether it may go on. Sets `site.chunk` for its next round and returns it; throws `Interrupted` to stop. */
  poll(site: Site): number;
  /** User code has caught something: `cleanError` of message.ts. */
  caught(error: unknown): void;
  awaitSite(): AwaitSite;
  /** `iteratorOf` and `elementsOf` of iteration.ts: what `for … of` goes through. */
  iteratorOf(iterable: unknown, text: string): Iterator<unknown> | undefined;
  elementsOf(value: unknown, count: number): ArrayLike<unknown>;
  /**
   * Every `await` of a cell awaits what this returns, so that an interrupt ends a wait that is pending. `stored`: locals that
   * the call gives to their boxes.
   */
  await<T>(value: T, site: AwaitSite, ...stored: unknown[]): T | Promise<Awaited<T>>;
  /** What was awaited; `loaded`: locals that the call takes from their boxes afterwards. */
  after<T>(value: T, ...loaded: unknown[]): T;
  /** What the cell shows, when nothing else in it awaits: `{ value }`, or a promise of it when it is a promise. */
  value(value: unknown): { value: unknown } | Promise<{ value: unknown }>;
  /** `await` for `for await`. */
  awaitEach<T>(iterable: AsyncIterable<T> | Iterable<T | Promise<T>>, site: AwaitSite): AsyncIterable<T>;
  /** Static and dynamic imports of cells. */
  import(specifier: string, options?: ImportCallOptions): Promise<object>;
  /** `import.meta` of the notebook. */
  readonly meta: ImportMeta;
}
