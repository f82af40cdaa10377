/**
 * What the transformed code of a cell calls: the boxes of the session's variables, the polls of its loops, its awaits
 * and its imports. See `Runtime` in kernel/language for the contract.
 */
import {
  Box,
  cleanError,
  elementsOf,
  iteratorOf,
  type AwaitSite,
  type Runtime,
  type Site,
} from "../language/transform.ts";
import { currentCell, type CellContext, type Work } from "./cellContext.ts";
import { CONTROL, type Control } from "./control.ts";
import { Interrupted } from "./interrupted.ts";
import { OwnError, OwnPromise, settled } from "./intrinsics.ts";
import type { CellModules } from "./modules/cellModules.ts";
import { addAwaitFrame } from "./stack.ts";
import { LOOK_WITHIN_MS, QuickWaits, WAITS_PER_LOOK } from "./quickWaits.ts";

/** Polls should come every 1 to 10 ms: a site's chunk grows below the first and shrinks above the second. */
const GROW_BELOW_MS = 1;
const SHRINK_ABOVE_MS = 8;
const LONGEST_CHUNK = 1 << 28;

export class CellRuntime implements Runtime {
  private readonly boxes = new Map<string, Box>();
  private readonly control: Control;
  private readonly modules: CellModules;
  /** Called at every poll, that is every few milliseconds while a loop runs and no timer can. */
  onPoll: (now: number) => void = () => {};
  private lastSite: Site | undefined;
  private readonly quickWaits = new QuickWaits();
  private readonly polledAt = new WeakMap<Site, number>();

  constructor(control: Control, modules: CellModules) {
    this.control = control;
    this.modules = modules;
  }

  box(name: string): Box {
    let box = this.boxes.get(name);
    if (!box) this.boxes.set(name, (box = new Box(name)));
    return box;
  }

  allBoxes(): Iterable<Box> {
    return this.boxes.values();
  }

  /** Names that came from imports get what the new versions of their modules export. */
  follow(replaced: ReadonlyMap<object, object>): void {
    for (const box of this.boxes.values()) box.follow(replaced);
  }

  /** What is done before a cell begins: changed modules evaluated anew, imported names as their modules have them now. */
  prepare(): Promise<void> | undefined {
    const refreshed = this.modules.refresh();
    if (refreshed) {
      this.stopIfInterrupted();
      return Promise.resolve(this.watch(refreshed, this.prepare));
    }
    for (const box of this.boxes.values()) box.refresh();
    return undefined;
  }

  site(): Site {
    return { chunk: 1 };
  }

  poll(site: Site): number {
    this.stopIfInterrupted();
    const now = performance.now();
    const elapsed = now - (this.polledAt.get(site) ?? 0);
    // Too short whatever polled in between; too long only when nothing did, for other code may have taken the time.
    if (elapsed < GROW_BELOW_MS) site.chunk = Math.min(site.chunk * 2, LONGEST_CHUNK);
    else if (elapsed > SHRINK_ABOVE_MS && site === this.lastSite) site.chunk = Math.max(1, site.chunk >> 2);
    this.lastSite = site;
    this.polledAt.set(site, now);
    this.onPoll(now);
    return site.chunk;
  }

  caught(error: unknown): void {
    cleanError(error);
  }

  /** Cheap: one load. Throws at most once per interrupt and cell, so that `finally` blocks may loop. */
  stopIfInterrupted = (): void => {
    if (this.control[CONTROL.interrupt] !== 0) this.stop(currentCell());
  };

  private stop(cell: CellContext | undefined): void {
    const interrupt = Atomics.load(this.control, CONTROL.interrupt);
    // Ended from outside while it turns here.
    while (cell?.condemned);
    if (interrupt === 0 || cell?.told === interrupt) return;
    // Background work of an earlier cell: not meant, unless it is what keeps everything else from running.
    if (cell?.ended && Atomics.load(this.control, CONTROL.everybody) === 0) return;
    // At once, and not when the message comes: by then `finally` blocks may wait for something.
    if (cell) this.end(cell);
    this.noticed();
    throw new Interrupted();
  }

  /** For callbacks that can follow one another without ever letting the event loop go on: none is run any more. */
  stopIfFlooded = (): void => {
    if (this.control[CONTROL.interrupt] === 0 || Atomics.load(this.control, CONTROL.everybody) === 0) return;
    this.noticed();
    throw new Interrupted();
  };

  /** Ends what the cell waits for and has under way, unless its code was stopped already and is unwinding. */
  cancel(cell: CellContext): void {
    if (cell.told !== Atomics.load(this.control, CONTROL.interrupt)) this.end(cell);
  }

  /** Ends what the cell waits for and has under way, and says what that was. Its code is not stopped a second time. */
  end(cell: CellContext): Work[] {
    cell.told = Atomics.load(this.control, CONTROL.interrupt);
    const works = cell.cancel(new Interrupted({ quiet: true }));
    if (works.includes("wait")) this.noticed();
    // A module that it was evaluating may never end: the next import reads it again.
    this.modules.abandon();
    return works;
  }

  /** Tells the supervisor that code unwinds and needs a moment. */
  private noticed(): void {
    Atomics.add(this.control, CONTROL.noticed, 1);
  }

  readonly iteratorOf = iteratorOf;
  readonly elementsOf = elementsOf;

  awaitSite(): AwaitSite {
    return { quick: 0, looks: 0, lookedAt: 0 };
  }

  await<T>(value: T, site: AwaitSite): T | Promise<Awaited<T>> {
    if (site.quick > 0) {
      site.quick--;
      return value;
    }
    return this.look(value, site);
  }

  /** Apart from `await`, which is short enough to become part of the loop that calls it. */
  private look<T>(value: T, site: AwaitSite): T | Promise<Awaited<T>> {
    const messages = this.control[CONTROL.waiting] !== 0;
    if (site.looks > 0 && this.control[CONTROL.interrupt] === 0 && !messages) {
      const now = performance.now();
      site.looks--;
      // What the code does between two waits may take long.
      site.quick = now - site.lookedAt < LOOK_WITHIN_MS ? WAITS_PER_LOOK : 0;
      site.lookedAt = now;
      return value;
    }
    this.stopIfInterrupted();
    const watched = this.watch(value, this.await, site);
    return messages ? this.afterMessages(watched) : watched;
  }

  /** The event loop goes on: handlers of widgets run, which no wait for what is there already would let in. */
  private afterMessages<T>(value: T | Promise<Awaited<T>>): Promise<Awaited<T>> {
    const { control } = this;
    return new OwnPromise((resolve, reject) => {
      const once = (work: () => void): void => {
        const look = (): void => {
          if (control[CONTROL.waiting] === 0 || control[CONTROL.interrupt] !== 0) work();
          else setTurn(look);
        };
        setTurn(look);
      };
      settled(
        value,
        (result) => once(() => resolve(result as Awaited<T>)),
        (error) => once(() => reject(error)),
      );
    });
  }

  after<T>(value: T): T {
    return value;
  }

  /** A promise that an interrupt rejects. */
  private watch<T>(value: T, above: (...args: never[]) => unknown, site?: AwaitSite): T | Promise<Awaited<T>> {
    const cell = currentCell();
    if (cell?.dead) return new OwnPromise(() => {});
    if (!cell || !isThenable(value)) return value;
    const place = awaitPlace(above);
    const turn = this.quickWaits.turn();
    return new OwnPromise((resolve, reject) => {
      const fail = (error: unknown): void => {
        addAwaitFrame(error, place);
        reject(error);
      };
      cell.onCancel(fail, "wait");
      const ended = (): void => {
        cell.offCancel(fail);
        if (site) this.quickWaits.ended(site, turn);
      };
      settled(
        value,
        (result) => (ended(), resolve(result as Awaited<T>)),
        (error) => (ended(), fail(error)),
      );
    });
  }

  value(value: unknown): { value: unknown } | Promise<{ value: unknown }> {
    if (!isThenable(value)) return { value };
    this.stopIfInterrupted();
    return this.shown(value);
  }

  private async shown(value: unknown): Promise<{ value: unknown }> {
    return { value: await this.watch(value, this.value) };
  }

  /** For `for await`: each step can be interrupted, and ending early closes the source as usual. */
  async *awaitEach<T>(iterable: AsyncIterable<T> | Iterable<T | Promise<T>>, site: AwaitSite): AsyncGenerator<T> {
    const source =
      Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : fromSync(iterable[Symbol.iterator]());
    let ended = false;
    let waiting = false;
    try {
      for (;;) {
        waiting = true;
        const step = await this.await(source.next(), site);
        waiting = false;
        if (step.done) {
          ended = true;
          return;
        }
        yield step.value;
      }
    } finally {
      // Interrupted while it waits for the source, which closes only when that wait is over.
      const closed = ended ? undefined : source.return?.();
      if (!waiting) await closed;
      else settled(closed, nothing, nothing);
    }
  }

  import(specifier: string, options?: ImportCallOptions): Promise<object> {
    this.stopIfInterrupted();
    return Promise.resolve(this.watch(this.modules.import(specifier, options), this.import));
  }

  get meta(): ImportMeta {
    return this.modules.meta;
  }
}

const nothing = (): void => {};
/** Node's own, which belongs to no cell. */
const setTurn = globalThis.setImmediate;

/** Where the user's code awaits: one frame, which is turned into text only if the wait fails. */
function awaitPlace(above: (...args: never[]) => unknown): { stack?: string } {
  const site = {};
  const { stackTraceLimit } = OwnError;
  OwnError.stackTraceLimit = 1;
  OwnError.captureStackTrace(site, above);
  OwnError.stackTraceLimit = stackTraceLimit;
  return site;
}

function fromSync<T>(iterator: Iterator<T | Promise<T>>): AsyncIterator<T> {
  const settle = async (step: IteratorResult<T | Promise<T>>): Promise<IteratorResult<T>> =>
    step.done ? { done: true, value: undefined } : { done: false, value: await step.value };
  return {
    next: async () => settle(iterator.next()),
    return: async () => settle(iterator.return?.() ?? { done: true, value: undefined }),
  };
}

function isThenable(value: unknown): boolean {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}
