/**
 * What happens when the user presses Interrupt: a ladder in which every rung keeps more than the next one. Ask the code
 * to stop; end its JavaScript from outside; put a new worker in its place; end the process.
 */
import type { Worker } from "node:worker_threads";
import { CONTROL, type Control } from "./control.ts";
import type { DebuggerLink } from "./debuggerLink.ts";
import { failure, someOf, type Failure } from "./outcome.ts";
import type { ToWorker } from "./workerMessages.ts";

/** What keeps the event loop busy this long may be another cell's work, or a program that is waited for. */
const BLOCKED_MS = 250;
/** How long each rung may take before the next one. */
const COOPERATE_MS = 500;
/** Once unwinding has begun, `finally` blocks and the end of a training loop get this long. */
const UNWIND_MS = 5000;
const CONDEMN_MS = 100;
const SAVE_MS = 5000;
const TERMINATE_MS = 5000;
const ANSWER_MS = 10_000;
const END_WORKER_MS = 3000;
/** When the user learns that native code keeps the interrupt waiting. */
const EXPLAIN_MS = 1000;
const IN_NATIVE_CODE =
  "Interrupt: what runs is in native code and does not answer yet. " +
  "Press Interrupt again to end its session, which loses all variables.\n";
/** A press this soon after the last rung began is the second half of a double click, not a wish for more force. */
const DOUBLE_CLICK_MS = 400;

/** A cell that was given to the worker and has not been answered. There are several when subshells are in use. */
export interface RunningCell {
  readonly id: number;
  filename: string;
  saveLocals: string;
  /** Its variables whose newest values only `saveLocals` knows. */
  locals: readonly string[];
  /** Resolves when it has been answered. */
  readonly answered: Promise<void>;
}

/** The session that the ladder leans on. */
export interface Stoppable {
  readonly ready: Promise<void>;
  readonly worker: Worker;
  readonly control: Control;
  readonly link: DebuggerLink;
  /** Names of the session's variables. */
  readonly variables: readonly string[];
  isRunning(cell: RunningCell): boolean;
  post(message: ToWorker): void;
  /** Resolves when the worker's event loop has come to it. */
  ping(): Promise<void>;
  /** Ends the programs that the worker waits for. */
  endProgram(): void;
  /** Says something on stderr of the cell that runs, or of the last one. */
  say(text: string): void;
  log(line: string): void;
  /** Ends the worker, answers the cells and starts a new worker. Resolves to false when it does not end in `ms`. */
  replaceWorker(outcome: Failure, ms: number): Promise<boolean>;
  /** Nothing ends the worker: answers the cells and ends the process. */
  giveUp(outcome: Failure): void;
}

export class Ladder {
  private readonly session: Stoppable;
  /** The climb that is under way. No cell starts before it is over: it would be the one that is stopped. */
  climbing: Promise<void> | undefined;
  private nextRung: (() => void) | undefined;
  private rungBegan = 0;
  private interrupts = 0;

  constructor(session: Stoppable) {
    this.session = session;
  }

  /**
   * The user presses Interrupt while the worker has the cells `running`, or none. With `background` the work that earlier
   * cells have left behind stops; otherwise only what of it blocks everything else.
   */
  press(running: readonly RunningCell[], background = running.length === 0): void {
    if (this.climbing) {
      if (performance.now() - this.rungBegan > DOUBLE_CLICK_MS) this.nextRung?.();
      return;
    }
    this.climbing = this.climb(running, background).finally(() => {
      Atomics.store(this.session.control, CONTROL.interrupt, 0);
      this.climbing = undefined;
      this.nextRung = undefined;
    });
  }

  private async climb(running: readonly RunningCell[], background: boolean): Promise<void> {
    const { session } = this;
    await session.ready;
    if (await this.ask(running, background)) return;
    // Cells that have ended by themselves may have left behind what keeps everything else from running.
    const left = this.left(running);
    const hooked = Atomics.load(session.control, CONTROL.promiseHooks) > 0;
    if (!hooked && (await this.terminateAll(left))) return;
    const why = hooked
      ? "an async hook is on (async_hooks.createHook), so that the cell could not be ended alone"
      : "the cell did not stop";
    const lost = session.variables.length > 0 ? ` (${someOf(session.variables)})` : "";
    const evalue = `${why}; its worker was ended: all variables are lost${lost}. Run the cells again from the top.`;
    // Nobody is answered with it.
    if (left.length === 0) session.say(`Interrupted: ${evalue}\n`);
    if (await session.replaceWorker(failure("Interrupted", evalue), END_WORKER_MS)) return;
    const native =
      "the code that runs cannot be ended, not even with its thread (it is in native code), so the kernel's process was ended: " +
      `all variables are lost${lost}. Restart the kernel to go on.`;
    session.giveUp(failure("Interrupted", native));
  }

  /**
   * Rung 1: loops poll the flag and throw, awaits reject; `finally` runs, everything is kept. Resolves to true when that
   * was enough: the cells have been answered, and nothing else blocks the worker.
   */
  private async ask(running: readonly RunningCell[], background: boolean): Promise<boolean> {
    const { session } = this;
    const { control } = session;
    this.rungBegan = performance.now();
    const noticedBefore = Atomics.load(control, CONTROL.noticed);
    this.mean(background ? "everybody" : "cell");
    Atomics.store(control, CONTROL.interrupt, ++this.interrupts);
    session.post({ type: "cancel", background });
    const free = session.ping();
    const stopped = free.then(() => Promise.all(running.map(({ answered }) => answered)));
    let blocked = true;
    void free.then(() => {
      blocked = false;
      this.mean("cell");
    });
    if (await this.orNextRung(stopped, BLOCKED_MS)) return true;
    if (blocked) {
      if (Atomics.load(control, CONTROL.inProgram) === 1) session.endProgram();
      this.mean("everybody");
    }
    if (await this.orNextRung(stopped, COOPERATE_MS - BLOCKED_MS)) return true;
    const isOver = (): boolean => running.length > 0 && this.left(running).length === 0;
    if (isOver()) return !blocked;
    const noticed = Atomics.load(control, CONTROL.noticed) !== noticedBefore;
    if (noticed && (await this.orNextRung(stopped, UNWIND_MS))) return true;
    // An impatient second press may come when the cell has just ended by itself.
    return !blocked && isOver();
  }

  private mean(whom: "cell" | "everybody"): void {
    Atomics.store(this.session.control, CONTROL.everybody, whom === "everybody" ? 1 : 0);
  }

  private left(running: readonly RunningCell[]): RunningCell[] {
    return running.filter((cell) => this.session.isRunning(cell));
  }

  /** Rung 2 for each: what holds the thread is ended first, then what waits or comes next. */
  private async terminateAll(running: readonly RunningCell[]): Promise<boolean> {
    this.rungBegan = performance.now();
    if (running.length < 2) return this.terminate(running, true);
    // The first round may meet what an earlier cell has left behind.
    for (let round = running.length; round >= 0; round--) {
      const left = this.left(running);
      if (left.length === 0) return true;
      if (!(await this.terminate(left, round === 0))) return false;
    }
    return this.left(running).length === 0;
  }

  /**
   * Saves the locals of the cell that holds the thread in the paused frame, then ends the JavaScript that runs. No `finally`
   * of it runs. With `all`, and when nothing holds the thread, every cell of `running` is settled.
   */
  private async terminate(running: readonly RunningCell[], all: boolean): Promise<boolean> {
    const { session } = this;
    const explain = setTimeout(() => session.say(IN_NATIVE_CODE), EXPLAIN_MS);
    try {
      // A cell that catches everything waits again: it is woken, and holds still where its locals can be saved.
      session.post({ type: "condemn" });
      const idle = await this.orNextRung(session.ping(), CONDEMN_MS);
      const found = idle || this.debugged ? undefined : await this.save(running);
      const noticedBefore = Atomics.load(session.control, CONTROL.noticed);
      if (!idle) {
        // Whether it ended is learnt from the ping: the debugger's own answer may come late.
        const terminated = session.link.terminateExecution(session.worker, TERMINATE_MS);
        terminated.catch((error: unknown) => session.log(`terminate: ${String(error)}`));
        if (!(await this.orNextRung(session.ping(), ANSWER_MS))) return false;
      }
      clearTimeout(explain);
      this.mean("cell");
      const ended = all || idle ? running : running.filter(({ filename }) => filename === found?.url);
      if (ended.length === 0) return true;
      const answered = Promise.all(ended.map((cell) => cell.answered));
      // It waited for what was ended: now its own `finally` blocks run.
      const unwinds = !found && Atomics.load(session.control, CONTROL.noticed) !== noticedBefore;
      if (unwinds && (await this.orNextRung(answered, UNWIND_MS))) return true;
      for (const cell of this.left(ended)) {
        // A cell that waits has given its locals to the session before.
        const saved = idle || cell.saveLocals === "" || (found?.url === cell.filename && found.done);
        session.post({ type: "settle", id: cell.id, error: this.outcome(cell, saved).error });
      }
      const settled = answered.then(() => session.ping());
      return await this.orNextRung(settled, ANSWER_MS);
    } finally {
      clearTimeout(explain);
    }
  }

  /** A pause of ours would be taken for the user's, and pausing beside a debugger can abort the process. */
  private get debugged(): boolean {
    return Atomics.load(this.session.control, CONTROL.debugging) === 1;
  }

  /**
   * Which cell holds the thread, and whether its locals are in the session now. A second press does not wait for it. One cell
   * without locals is not looked for.
   */
  private async save(running: readonly RunningCell[]): Promise<{ url: string; done: boolean } | undefined> {
    if (running.every(({ saveLocals }) => saveLocals === "") && running.length < 2) return undefined;
    const { link, worker } = this.session;
    let found: { url: string; done: boolean } | undefined;
    const statements = new Map(running.map(({ filename, saveLocals }) => [filename, saveLocals]));
    const trying = link
      .evaluateInFrame(worker, statements, SAVE_MS)
      .then((result) => void (found = result))
      .catch(() => {});
    await this.orNextRung(trying, 2 * SAVE_MS);
    return found;
  }

  private outcome({ locals }: RunningCell, saved: boolean): Failure {
    const kept = saved
      ? "variables are kept"
      : `variables are kept, but what the statement that ran gave to ${someOf(locals)} could not be saved`;
    return failure(
      "Interrupted",
      `stopped by the user in code that does not answer; ${kept}; finally blocks did not run`,
    );
  }

  /** Resolves to true when `stopped` comes first, to false after `ms` or when the user presses again. */
  private orNextRung(stopped: Promise<unknown>, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms, false);
      this.nextRung = () => {
        clearTimeout(timer);
        this.rungBegan = performance.now();
        resolve(false);
      };
      void stopped.then(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}
