/**
 * The session as the supervisor sees it: starts the worker, gives it cells, stops them by a ladder in which every rung
 * keeps more than the next one, and puts a new worker in the place of one that is gone. Never runs user code.
 */
import { Worker } from "node:worker_threads";
import type { LanguageRequest } from "../protocol/language.ts";
import type { ErrorContent, Header, JsonObject } from "../protocol/messages.ts";
import { RequestFailed } from "../protocol/requestFailed.ts";
import type { CellOutcome, CellRequest, Session } from "../protocol/session.ts";
import { CONTROL, createControl, type Control } from "./control.ts";
import { DebuggerLink } from "./debuggerLink.ts";
import { LanguageThread } from "./languageThread.ts";
import type { Answer } from "./questions.ts";
import type { FromWorker, ToWorker, WorkerData } from "./workerMessages.ts";

/** How long each rung of the ladder may take before the next one. */
const COOPERATE_MS = 500;
/** Once unwinding has begun, `finally` blocks and the end of a training loop get this long. */
const UNWIND_MS = 5000;
const DEBUGGER_MS = 5000;
const ANSWER_MS = 10_000;
/** A press this soon after the last rung began is the second half of a double click, not a wish for more force. */
const DOUBLE_CLICK_MS = 400;

export interface WorkerSessionOptions {
  /** Path of kernel/worker.js. */
  workerPath: string;
  /** Path of kernel/languageService.js. */
  languagePath: string;
  folder: string;
  /** Folder for the files that take long outputs. */
  spillFolder: string;
  /** Publishes for a cell. The promise settles when the client has taken the message. */
  publish(parent: Header, msg_type: string, content: { [key: string]: unknown }): Promise<void>;
  log(line: string): void;
  /** The worker could not be started at all: nothing can ever run here. */
  onBroken(error: unknown): void;
}

interface Running {
  request: CellRequest;
  /** Whether the worker has been given it. */
  begun: boolean;
  filename: string;
  saveLocals: string;
  end(outcome: CellOutcome): void;
}

export class WorkerSession implements Session {
  private readonly options: WorkerSessionOptions;
  private readonly link = new DebuggerLink();
  private readonly languageThread: LanguageThread;
  private control: Control = createControl();
  private worker!: Worker;
  private ready: Promise<void>;
  private running: Running | undefined;
  private heapUsed = 0;
  private ended = false;
  private pings = 0;
  private readonly pongs = new Map<number, () => void>();
  /** Questions that the worker has not answered yet. */
  private readonly asked = new Map<number, (answer: Answer) => void>();
  /** The interrupt that is under way. No cell starts before it is over: it would be the one that is stopped. */
  private climbing: Promise<void> | undefined;
  /** Goes to the next rung at once. */
  private nextRung: (() => void) | undefined;

  constructor(options: WorkerSessionOptions) {
    this.options = options;
    this.ready = this.link.enable().then(() => this.startWorker());
    this.ready.catch((error: unknown) => options.onBroken(error));
    const { languagePath, folder, log } = options;
    this.languageThread = new LanguageThread({
      path: languagePath,
      folder,
      ready: () => this.ready,
      busy: () => this.running !== undefined,
      log,
    });
  }

  execute(request: CellRequest): Promise<CellOutcome> {
    return new Promise((resolve) => {
      const running: Running = {
        request,
        begun: false,
        filename: "",
        saveLocals: "",
        end: (outcome) => {
          if (this.running === running) this.running = undefined;
          resolve(outcome);
        },
      };
      this.running = running;
      void this.begin(running);
    });
  }

  private async begin(running: Running): Promise<void> {
    await this.ready;
    await this.climbing;
    // Interrupted or shut down while it waited here.
    if (this.running !== running) return;
    if (this.ended) return running.end(failure("KernelEnded", "the session has ended"));
    running.begun = true;
    Atomics.store(this.control, CONTROL.interrupt, 0);
    this.post({ type: "execute", request: running.request });
  }

  async isComplete(code: string): Promise<{ status: "complete" | "incomplete" | "invalid"; indent?: string }> {
    // Only consoles ask; nobody else should pay for a compiler in this thread.
    const { isComplete } = await import("../language/isComplete.ts");
    return isComplete(code);
  }

  async ask(question: string, params: JsonObject): Promise<unknown> {
    await this.ready;
    const id = ++this.pings;
    const answered = new Promise<Answer>((resolve) => this.asked.set(id, resolve));
    this.post({ type: "ask", id, question, params });
    const answer = await answered;
    if (!answer.ok) throw new RequestFailed(answer.error);
    return answer.result;
  }

  language(request: LanguageRequest): Promise<unknown> {
    return this.languageThread.ask(request);
  }

  memory(): { rss: number; heapUsed: number } {
    return { rss: process.memoryUsage.rss(), heapUsed: this.heapUsed };
  }

  async shutdown(): Promise<void> {
    this.ended = true;
    this.running?.end(failure("KernelEnded", "the kernel was shut down while this cell ran"));
    await this.ready;
    await Promise.all([this.worker.terminate(), this.languageThread.end()]);
  }

  interrupt(): void {
    const { running } = this;
    if (running && !running.begun) {
      running.end(failure("Interrupted", "stopped by the user before it began; variables are kept"));
      return;
    }
    if (this.climbing) {
      this.nextRung?.();
      return;
    }
    this.climbing = this.climb(running).finally(() => {
      this.climbing = undefined;
      this.nextRung = undefined;
    });
  }

  /** The ladder: ask, then terminate with the variables kept, then a new worker without them. */
  private async climb(running: Running | undefined): Promise<void> {
    await this.ready;
    if (await this.askToStop(running)) return;
    // An impatient second press may come when the cell has just ended by itself.
    if (running && this.running !== running) return;
    if (await this.terminate(running)) return;
    const lost = "so its worker was ended: all variables are lost. Run the cells again from the top.";
    await this.replaceWorker(failure("Interrupted", `the cell did not stop, ${lost}`));
  }

  /** Rung 1: loops poll the flag and throw, awaits reject; `finally` runs, everything is kept. */
  private async askToStop(running: Running | undefined): Promise<boolean> {
    const noticedBefore = Atomics.load(this.control, CONTROL.noticed);
    Atomics.store(this.control, CONTROL.interrupt, 1);
    this.post({ type: "cancel" });
    const stopped = this.untilQuiet(running);
    if (await this.orNextRung(stopped, COOPERATE_MS)) return this.quieted();
    const noticed = Atomics.load(this.control, CONTROL.noticed) !== noticedBefore;
    if (noticed && (await this.orNextRung(stopped, UNWIND_MS))) return this.quieted();
    return false;
  }

  /** Nothing runs that could have seen the flag: the next loop must not trip over it. */
  private quieted(): true {
    Atomics.store(this.control, CONTROL.interrupt, 0);
    return true;
  }

  /** The worker answers, and the cell that was running has ended. */
  private async untilQuiet(running: Running | undefined): Promise<void> {
    await this.ping();
    while (running !== undefined && this.running === running) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Rung 2: save the cell's locals in the paused frame, then terminate. No `finally` runs. */
  private async terminate(running: Running | undefined): Promise<boolean> {
    const { worker } = this;
    let kept = true;
    if (running && running.saveLocals !== "" && !this.debugging) {
      kept = await this.link
        .evaluateInFrame(worker, running.filename, running.saveLocals, DEBUGGER_MS)
        .catch(() => false);
    }
    Atomics.store(this.control, CONTROL.interrupt, 0);
    try {
      await this.link.terminateExecution(worker, DEBUGGER_MS);
    } catch (error) {
      this.options.log(`terminate: ${String(error)}`);
      return false;
    }
    if (running && this.running === running) {
      const evalue = kept
        ? "stopped by the user in code that does not answer; variables are kept, finally blocks did not run"
        : "stopped by the user in native code; variables are kept as they were before this cell, finally blocks did not run";
      this.post({ type: "settle", error: failure("Interrupted", evalue).error });
    }
    return this.orNextRung(this.untilQuiet(running), ANSWER_MS);
  }

  /** A pause of ours would be taken for the user's, and pausing beside a debugger can abort the process. */
  private get debugging(): boolean {
    return Atomics.load(this.control, CONTROL.debugging) === 1;
  }

  /** Rung 3, and what follows a worker that ended by itself. */
  private async replaceWorker(outcome: Failure): Promise<void> {
    const { running, worker } = this;
    worker.removeAllListeners("exit");
    for (const end of this.asked.values()) end({ ok: false, error: outcome.error });
    this.asked.clear();
    this.languageThread.forget();
    this.ready = worker.terminate().then(() => this.startWorker());
    running?.end(outcome);
    await this.ready;
  }

  private startWorker(): Promise<void> {
    this.control = createControl();
    const { folder, spillFolder } = this.options;
    const workerData: WorkerData = { control: this.control, folder, spillFolder };
    const worker = (this.worker = new Worker(this.options.workerPath, {
      workerData,
      stdout: true,
      stderr: true,
      // Given at all, they replace those of the process. Interrupts depend on these; see `flagsFor` in kernel/client.
      execArgv: ["--no-warnings", ...process.execArgv.filter((flag) => flag.includes("-async-"))],
    }));
    worker.stdout.on("data", (text) => this.options.log(String(text)));
    worker.stderr.on("data", (text) => this.options.log(String(text)));
    return new Promise((resolve, reject) => {
      let started = false;
      worker.on("message", (message: FromWorker) => {
        if (message.type === "ready") {
          started = true;
          resolve();
        } else {
          this.receive(worker, message);
        }
      });
      // A worker that cannot even start would not start a second time either.
      worker.on("error", (error) => (started ? this.workerEnded(worker, error) : reject(error)));
      worker.on("exit", (code) =>
        started ? this.workerEnded(worker, undefined, code) : reject(new Error(`exit ${code}`)),
      );
    });
  }

  private receive(worker: Worker, message: Exclude<FromWorker, { type: "ready" }>): void {
    if (worker !== this.worker) return;
    switch (message.type) {
      case "started":
        if (!this.running) return;
        Object.assign(this.running, { filename: message.filename, saveLocals: message.saveLocals });
        this.languageThread.ran(this.running.request.code);
        return;
      case "publish": {
        const { control } = this;
        const { parent, msg_type, content, weight } = message;
        void this.options.publish(parent, msg_type, content).then(() => {
          Atomics.sub(control, CONTROL.inFlight, weight);
          Atomics.notify(control, CONTROL.inFlight);
        });
        return;
      }
      case "done":
        this.heapUsed = message.heapUsed;
        this.running?.end(message.outcome);
        return;
      case "log":
        this.options.log(message.line);
        return;
      case "pong":
        this.pongs.get(message.id)?.();
        this.pongs.delete(message.id);
        return;
      case "answer":
        this.asked.get(message.id)?.(message.answer);
        this.asked.delete(message.id);
        return;
    }
  }

  private workerEnded(worker: Worker, error: unknown, code?: number): void {
    if (this.ended || worker !== this.worker) return;
    const outOfMemory = (error as NodeJS.ErrnoException | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY";
    const evalue = outOfMemory
      ? "the cell used up the memory of its worker. All variables are lost; a new session has started."
      : error !== undefined
        ? `the cell's worker broke down (${String(error)}). All variables are lost; a new session has started.`
        : `process.exit(${code ?? ""}) ended the session. All variables are lost; a new one has started.`;
    this.options.log(evalue);
    void this.replaceWorker(failure(outOfMemory ? "OutOfMemory" : "SessionEnded", evalue));
  }

  private ping(): Promise<void> {
    const id = ++this.pings;
    const pong = new Promise<void>((resolve) => this.pongs.set(id, resolve));
    this.post({ type: "ping", id });
    return pong;
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  /** Resolves to true when `stopped` comes first, to false after `ms` or when the user presses again. */
  private orNextRung(stopped: Promise<void>, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms, false);
      const began = performance.now();
      this.nextRung = () => {
        if (performance.now() - began > DOUBLE_CLICK_MS) resolve(false);
      };
      void stopped.then(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}

type Failure = { status: "error"; error: ErrorContent };

/** The outcome of a cell that did not end by itself. */
function failure(ename: string, evalue: string): Failure {
  return { status: "error", error: { ename, evalue, traceback: [`${ename}: ${evalue}`] } };
}
