/**
 * Which cell is running, by async context: a timer that fires a minute later still belongs to the cell that set it.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Header, MimeBundle } from "../protocol/messages.ts";
import type { CellRequest } from "../protocol/session.ts";
import { Interrupted } from "./interrupted.ts";

/** What a cell may still be doing, as the user is told. */
export type Work = "timer" | "wait" | "download" | "program";

export class CellContext {
  readonly parent: Header;
  readonly executionCount: number;
  readonly silent: boolean;
  /** Whether its user can be asked for input. */
  readonly allowStdin: boolean;
  /** The same each time that the cell runs. */
  readonly cellId: string | undefined;
  /** What to do when this cell is interrupted: reject a pending await, clear a timer. */
  private readonly cancellations = new Map<(reason: Interrupted) => void, Work>();
  private endings: (() => void)[] = [];
  /** The run of a cell that this one goes on with; itself, unless it handles what a front end says later. */
  readonly run: CellContext;
  /** Objects that it shows already. */
  readonly shown = new WeakSet<object>();
  /** What it shows beside the notebook; goes with its reply. */
  readonly pages: MimeBundle[] = [];
  /** Answered; what it has started may go on in the background. */
  ended = false;
  /** It did not stop when it was asked to: its code holds still, so that it can be ended where its locals are seen. */
  condemned = false;
  /** It was ended from outside, in the middle: none of its code may go on. */
  dead = false;
  /** Number of the last interrupt that its code was told of: each is told once, so that `finally` blocks may loop. */
  told = 0;

  constructor(
    cell: Pick<CellRequest, "parent" | "executionCount" | "silent" | "allowStdin" | "cellId">,
    run?: CellContext,
  ) {
    this.run = run ?? this;
    this.parent = cell.parent;
    this.executionCount = cell.executionCount;
    this.silent = cell.silent;
    this.allowStdin = cell.allowStdin;
    this.cellId = cell.cellId;
  }

  onCancel(cancel: (reason: Interrupted) => void, work: Work): void {
    this.cancellations.set(cancel, work);
    atWork.add(this);
  }
  offCancel(cancel: (reason: Interrupted) => void): void {
    if (this.cancellations.delete(cancel) && this.cancellations.size === 0) atWork.delete(this);
  }
  get works(): Work[] {
    return [...this.cancellations.values()];
  }
  /** Ends everything that the cell waits for or has under way, and says what that was. */
  cancel(reason: Interrupted): Work[] {
    const all = [...this.cancellations];
    this.cancellations.clear();
    atWork.delete(this);
    for (const [cancel] of all) cancel(reason);
    return all.map(([, work]) => work);
  }

  onEnd(callback: () => void): void {
    this.endings.push(callback);
  }
  /** Runs what waits for the end of the cell; a failure in one callback does not keep the others from running. */
  end(report: (error: unknown) => void): void {
    this.ended = true;
    const all = this.endings;
    this.endings = [];
    for (const callback of all) {
      try {
        callback();
      } catch (error) {
        report(error);
      }
    }
  }
}

/**
 * For code of a cell that runs when its run is over, on behalf of the message with header `parent`. What it shows goes
 * where the run's displays are; for interrupts it is background work.
 */
export function laterContext(parent: Header, run: CellContext | undefined): CellContext {
  const { executionCount = 0, cellId } = run ?? {};
  const context = new CellContext({ parent, executionCount, silent: false, allowStdin: false, cellId }, run?.run);
  context.ended = true;
  return context;
}

/** A promise that nobody settles keeps no program from ending. */
const KEEPS_GOING: readonly Work[] = ["timer", "download", "program"];
const LOOK_MS = 10;
const { setTimeout } = globalThis;

/** Resolves to true when cells that have ended have nothing under way any more, or to false after `ms`. */
export async function rest(ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  const goesOn = (cell: CellContext): boolean => cell.ended && cell.works.some((work) => KEEPS_GOING.includes(work));
  while (cellsAtWork().some(goesOn)) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}

/** Cells that have anything under way that an interrupt would end. */
const atWork = new Set<CellContext>();
export function cellsAtWork(): CellContext[] {
  return [...atWork];
}

const storage = new AsyncLocalStorage<CellContext>();
let latest: CellContext | undefined;

export function runInCell<T>(cell: CellContext, work: () => T): T {
  latest = cell;
  return storage.run(cell, work);
}

/** The cell that the calling code belongs to; the latest one for code that lost its context (native callbacks). */
export function currentCell(): CellContext | undefined {
  return storage.getStore() ?? latest;
}
