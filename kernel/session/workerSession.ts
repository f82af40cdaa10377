/**
 * The session as the supervisor sees it: starts the worker, gives it cells, stops them by a ladder in which every rung
 * keeps more than the next one, and puts a new worker in the place of one that is gone. Never runs user code.
 */
import path from "node:path";
import { Worker } from "node:worker_threads";
import { EndOfInput } from "../protocol/endOfInput.ts";
import type { LanguageRequest } from "../protocol/language.ts";
import type { Header, InputRequest, JsonObject } from "../protocol/messages.ts";
import { RequestFailed } from "../protocol/requestFailed.ts";
import type { CellOutcome, CellRequest, CommRequest, Session } from "../protocol/session.ts";
import { CONTROL, createControl, type Control } from "./control.ts";
import type { DebugEvent, DebugRequest, DebugResponse } from "../protocol/debug.ts";
import { CellDebugger } from "./cellDebugger.ts";
import { DebuggerLink } from "./debuggerLink.ts";
import { Ladder, type RunningCell, type Stoppable } from "./ladder.ts";
import { LanguageThread } from "./languageThread.ts";
import { failure, someOf, type Failure } from "./outcome.ts";
import { ProgramsOfCells } from "./programsOfCells.ts";
import { heapLimit, memoryLimit, watchMemory } from "./memoryWatch.ts";
import type { Answer } from "./questions.ts";
import type { FromWorker, InputAnswer, ToWorker, WorkerData } from "./workerMessages.ts";

export interface WorkerSessionOptions {
  /** Path of kernel/worker.js. */
  workerPath: string;
  /** Path of kernel/languageService.js. */
  languagePath: string;
  folder: string;
  /** Folder for the files that take long outputs. */
  spillFolder: string;
  /** See `WorkerData`. */
  figureScript?: string | undefined;
  /** Lines at the start of a cell's output that are shown where the environment says nothing. */
  headLines: number;
  /** Publishes for a cell. The promise settles when the client has taken the message. */
  publish(
    parent: Header,
    msg_type: string,
    content: JsonObject,
    metadata?: JsonObject,
    buffers?: Uint8Array[],
  ): Promise<void>;
  /** The worker is gone with all that lived in it; a new one starts. */
  onLost(): void;
  /** Asks the user of the front end that sent `parent`. `gone`: nobody waits for the answer any more. */
  input(parent: Header, request: InputRequest, gone: AbortSignal): Promise<string>;
  log(line: string): void;
  /** The worker could not be started at all: nothing can ever run here. */
  onBroken(error: unknown): void;
  /** Code runs that nothing can end but the end of the process. Its cell has been answered. */
  onHopeless(): void;
}

/** Collecting garbage in a full memory takes seconds, and is not interrupted. */
const END_MS = 15_000;
/** A worker that has been told to end gets this long. */
const SHUTDOWN_MS = 1000;

interface Running extends RunningCell {
  request: CellRequest;
  /** Whether the worker has been given it. */
  begun: boolean;
  filename: string;
  saveLocals: string;
  locals: readonly string[];
  end(outcome: CellOutcome): void;
}

export class WorkerSession implements Session, Stoppable {
  readonly link = new DebuggerLink();
  control: Control = createControl();
  worker!: Worker;
  ready: Promise<void>;
  private readonly options: WorkerSessionOptions;
  private readonly languageThread: LanguageThread;
  private readonly debugger: CellDebugger;
  private readonly ladder = new Ladder(this);
  private readonly programs = new ProgramsOfCells();
  /** By the numbers under which the worker knows them; several when subshells are in use. */
  private readonly running = new Map<number, Running>();
  private runs = 0;
  /** Who gets what is said while no cell runs. */
  private lastParent: Header | undefined;
  private readonly declared = new Set<string>();
  private heapUsed = 0;
  private ended = false;
  /** The worker was told to end and is still in a call: an orderly end of the process would wait for it. */
  isStuck = false;
  private pings = 0;
  private readonly pongs = new Map<number, () => void>();
  /** Questions that the worker has not answered yet. */
  private readonly asked = new Map<number, (answer: Answer) => void>();

  constructor(options: WorkerSessionOptions) {
    this.options = options;
    this.ready = this.link.enable().then(() => this.startWorker());
    this.ready.catch((error: unknown) => options.onBroken(error));
    const { languagePath, folder, log } = options;
    watchMemory(memoryLimit(process.env, log), async (reason) => {
      if (!this.ended) await this.beginAnew("OutOfMemory", reason);
    });
    this.debugger = new CellDebugger({
      session: this,
      ours: path.dirname(options.workerPath),
      publish: (parent, event: DebugEvent) => void options.publish(parent, "debug_event", { ...event }),
    });
    this.languageThread = new LanguageThread({
      path: languagePath,
      folder,
      ready: () => this.ready,
      busy: () => this.running.size > 0,
      log,
    });
  }

  get variables(): string[] {
    return [...this.declared];
  }

  execute(request: CellRequest): Promise<CellOutcome> {
    let answered!: () => void;
    return new Promise((resolve) => {
      const running: Running = {
        id: ++this.runs,
        request,
        begun: false,
        filename: "",
        saveLocals: "",
        locals: [],
        answered: new Promise((settle) => (answered = settle)),
        end: (outcome) => {
          this.running.delete(running.id);
          answered();
          resolve(outcome);
        },
      };
      this.running.set(running.id, running);
      void this.begin(running);
    });
  }

  private async begin(running: Running): Promise<void> {
    let ready: Promise<void> | undefined;
    // A worker that ends while this waits has a successor.
    while (ready !== this.ready) {
      ({ ready } = this);
      await ready;
      await this.ladder.climbing;
    }
    // Interrupted or shut down while it waited here.
    if (!this.isRunning(running)) return;
    if (this.ended) return running.end(failure("KernelEnded", "the session has ended"));
    running.begun = true;
    this.lastParent = running.request.parent;
    Atomics.add(this.control, CONTROL.waiting, 1);
    this.post({ type: "execute", id: running.id, request: running.request });
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

  async comm(message: CommRequest): Promise<boolean> {
    await this.ready;
    Atomics.add(this.control, CONTROL.waiting, 1);
    return (await this.ask("comm", { ...message })) as boolean;
  }

  debug(request: DebugRequest, parent: Header): Promise<DebugResponse> {
    return this.debugger.handle(request, parent);
  }

  language(request: LanguageRequest): Promise<unknown> {
    return this.languageThread.ask(request);
  }

  /** For front ends that say nothing of their cells before somebody types: the first answer is there when it is wanted. */
  prepareLanguage(): void {
    void this.languageThread.startWhenIdle();
  }

  memory(): { rss: number; heapUsed: number } {
    return { rss: process.memoryUsage.rss(), heapUsed: this.heapUsed };
  }

  async shutdown(): Promise<void> {
    this.ended = true;
    this.endAll(failure("KernelEnded", "the kernel was shut down while this cell ran"));
    await this.ready;
    // A worker that waits for one of them could not end.
    this.programs.endAll();
    this.isStuck = true;
    const ended = this.worker.terminate().then(() => void (this.isStuck = false));
    const late = new Promise((resolve) => setTimeout(resolve, SHUTDOWN_MS).unref());
    await Promise.all([Promise.race([ended, late]), this.languageThread.end()]);
    this.programs.endAll();
  }

  /** For the end of the process, where nothing can be waited for. */
  endPrograms(): void {
    this.programs.endAll();
  }

  interrupt(): void {
    const running = [...this.running.values()];
    const begun = running.filter((each) => each.begun);
    for (const each of running) {
      if (!each.begun) each.end(failure("Interrupted", "stopped by the user before it began; variables are kept"));
    }
    this.debugger.letGo();
    this.ladder.press(begun, running.length === 0);
    void this.ladder.climbing?.then(() => this.debugger.takeHold());
  }

  private endAll(outcome: CellOutcome): void {
    for (const each of [...this.running.values()]) each.end(outcome);
  }

  // What the ladder does --------------------------------------------------------------------------------------------

  isRunning(cell: RunningCell): boolean {
    return this.running.get(cell.id) === cell;
  }

  endProgram(): void {
    this.programs.stopWaitedFor();
  }

  say(text: string): void {
    const [first] = this.running.values();
    const parent = first?.request.parent ?? this.lastParent;
    if (parent) void this.options.publish(parent, "stream", { name: "stderr", text });
  }

  log(line: string): void {
    this.options.log(line);
  }

  giveUp(outcome: Failure): void {
    this.ended = true;
    this.endAll(outcome);
    this.options.onHopeless();
  }

  async replaceWorker(outcome: Failure, ms: number): Promise<boolean> {
    const { worker } = this;
    worker.removeAllListeners("exit");
    for (const end of this.asked.values()) end({ ok: false, error: outcome.error });
    this.asked.clear();
    this.languageThread.forget();
    let late: NodeJS.Timeout | undefined;
    const isLate = new Promise<boolean>((resolve) => (late = setTimeout(resolve, ms, true)));
    const gone = worker.terminate().then(() => {
      this.options.onLost();
      return false;
    });
    this.ready = gone.then(async () => {
      this.programs.endAll();
      this.declared.clear();
      await this.startWorker();
    });
    if (await Promise.race([gone, isLate])) return false;
    clearTimeout(late);
    for (const each of [...this.running.values()]) if (each.begun) each.end(outcome);
    await this.ready;
    return true;
  }

  // The worker ------------------------------------------------------------------------------------------------------

  private startWorker(): Promise<void> {
    this.control = createControl();
    const { folder, spillFolder, figureScript, headLines } = this.options;
    const workerData: WorkerData = { control: this.control, folder, spillFolder, figureScript, headLines };
    const worker = (this.worker = new Worker(this.options.workerPath, {
      workerData,
      stdout: true,
      stderr: true,
      // Given at all, they replace those of the process. Interrupts depend on these; see kernel/client/runtimeFlags.ts.
      resourceLimits: { maxOldGenerationSizeMb: heapLimit() },
      execArgv: ["--no-warnings", ...process.execArgv.filter((flag) => flag.includes("-async-"))],
    }));
    worker.stdout.on("data", (text) => this.options.log(String(text)));
    worker.stderr.on("data", (text) => this.options.log(String(text)));
    return new Promise((resolve, reject) => {
      let started = false;
      worker.on("message", (message: FromWorker) => {
        try {
          if (message.type !== "ready") return this.receive(worker, message);
          started = true;
          void this.debugger.threadStarted().then(resolve);
        } catch (error) {
          this.ignore(error);
        }
      });
      // A worker that cannot even start would not start a second time either.
      worker.on("error", (error) => (started ? this.workerEnded(worker, error) : reject(error)));
      worker.on("exit", (code) =>
        started ? this.workerEnded(worker, undefined, code) : reject(new Error(`exit ${code}`)),
      );
    });
  }

  /** Cells can send over the worker's port too, whatever they like. */
  private ignore(error: unknown): void {
    this.options.log(`ignored a message of the worker: ${described(error)}`);
  }

  private receive(worker: Worker, message: Exclude<FromWorker, { type: "ready" }>): void {
    if (worker !== this.worker) return;
    switch (message.type) {
      case "started":
        for (const name of message.declares) this.declared.add(name);
        this.started(message);
        return;
      case "program":
        this.programs.note(message.pid, message.state);
        return;
      case "publish": {
        const { control } = this;
        const { parent, msg_type, content, weight, metadata, buffers } = message;
        const taken = this.options.publish(parent, msg_type, content, metadata, buffers).then(() => {
          Atomics.sub(control, CONTROL.inFlight, weight);
          Atomics.notify(control, CONTROL.inFlight);
        });
        taken.catch((error: unknown) => this.ignore(error));
        return;
      }
      case "done":
        this.heapUsed = message.heapUsed;
        this.running.get(message.id)?.end(message.outcome);
        return;
      case "log":
        this.options.log(message.line);
        return;
      case "input": {
        const { port } = message;
        const gone = new AbortController();
        port.once("close", () => gone.abort());
        void this.options.input(message.parent, message.request, gone.signal).then(
          (value) => port.postMessage({ value } satisfies InputAnswer),
          (error: unknown) => {
            const answer = { error: (error as Error).message, atEnd: EndOfInput.is(error) };
            port.postMessage(answer satisfies InputAnswer);
          },
        );
        return;
      }
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

  private started({ id, filename, saveLocals, locals }: Extract<FromWorker, { type: "started" }>): void {
    const running = this.running.get(id);
    if (!running) return;
    this.languageThread.ran(running.request.code);
    Object.assign(running, { filename, saveLocals, locals });
  }

  private workerEnded(worker: Worker, error: unknown, code?: number): void {
    if (this.ended || worker !== this.worker) return;
    const outOfMemory = (error as NodeJS.ErrnoException | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY";
    if (outOfMemory) void this.beginAnew("OutOfMemory", "the cell used up the memory of its worker");
    else if (error === undefined) void this.beginAnew("SessionEnded", `process.exit(${code ?? ""}) ended the session`);
    else void this.beginAnew("SessionEnded", `the cell's worker broke down (${described(error)})`);
  }

  /** The worker is gone or has to go: whoever ran in it is told, and a new one starts. Resolves when that is over. */
  private async beginAnew(ename: string, what: string): Promise<void> {
    const names = this.variables;
    const lost = names.length > 0 ? ` (${someOf(names)})` : "";
    const evalue = `${what}. All variables are lost${lost}; a new session has started.`;
    this.options.log(evalue);
    // Work that an ended cell had left behind.
    if (![...this.running.values()].some(({ begun }) => begun)) this.say(`${ename}: ${evalue}\n`);
    const outcome = failure(ename, evalue);
    if (!(await this.replaceWorker(outcome, END_MS))) this.giveUp(outcome);
  }

  ping(): Promise<void> {
    const id = ++this.pings;
    const pong = new Promise<void>((resolve) => this.pongs.set(id, resolve));
    this.post({ type: "ping", id });
    return pong;
  }

  post(message: ToWorker): void {
    this.worker.postMessage(message);
  }
}

/** An error of the worker, with what it was caused by; any value can be thrown. */
function described(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    return "an error that cannot be shown";
  }
}
