/**
 * The supervisor's link to the thread of the language service: starts it when somebody asks something, and again after it
 * broke down, with the text of the notebook that it last knew. What happens to it never touches the cells' worker.
 */
import { Worker } from "node:worker_threads";
import type { LanguageRequest, LanguageMethods } from "../protocol/language.ts";
import { RequestFailed } from "../protocol/requestFailed.ts";
import type { Answered } from "../language/service/schedule.ts";

export interface LanguageData {
  /** Folder of the notebook: imports are looked for from here. */
  folder: string;
}
export type ToLanguage =
  | { type: "ask"; id: number; request: LanguageRequest }
  /** A text was given to the session. */
  | { type: "ran"; code: string }
  /** The session's variables are gone. */
  | { type: "forget" };
export interface FromLanguage {
  id: number;
  answered: Answered;
}

export interface LanguageThreadOptions {
  /** Path of kernel/languageService.js. */
  path: string;
  folder: string;
  /** Resolves when the worker is there: until then it needs the processor more. */
  ready(): Promise<void>;
  /** Whether a cell runs. */
  busy(): boolean;
  log(line: string): void;
}

/** A thread that breaks down so often within a minute is not started again. */
const MOST_BREAKDOWNS = 5;
const MINUTE = 60_000;
/** V8 collects the sooner the less it may have: the service needs about 110 MB, and more where packages are large. */
const LIMITS = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 24 };
/** What nobody waits for does not start the thread beside a cell that has begun less than this ago. */
const HEAD_START_MS = 2000;
const LOOK_AGAIN_MS = 100;
const IDLE_MS = 500;
/** A client says what cells there are, and looks for mistakes in them, before anybody has asked for anything. */
const UNASKED: readonly string[] = ["notebook/open", "notebook/change", "notebook/diagnostics"];
/** Texts that were executed before the thread is there. */
const REMEMBERED = 1000;

interface Asked {
  request: LanguageRequest;
  resolve(result: unknown): void;
  reject(error: RequestFailed): void;
}

export class LanguageThread {
  private readonly options: LanguageThreadOptions;
  private thread: Worker | undefined;
  private starting: Promise<void> | undefined;
  /** Somebody waits at the caret. */
  private urgent = false;
  private readonly asked = new Map<number, Asked>();
  private ids = 0;
  /** Why there will be no thread any more. */
  private ended: string | undefined;
  private breakdowns: number[] = [];
  /** What a new thread has to be told: the cells as the client last said, and what was executed. */
  private order: string[] | undefined;
  private readonly texts = new Map<string, string>();
  private executed: string[] = [];

  constructor(options: LanguageThreadOptions) {
    this.options = options;
  }

  async ask(request: LanguageRequest): Promise<unknown> {
    if (this.ended !== undefined) throw new RequestFailed(failure(this.ended));
    if (!UNASKED.includes(request.method)) this.urgent = true;
    if (request.method === "notebook/open" || request.method === "notebook/change") {
      this.remember(request);
      // Who types need not wait: a thread that starts is told all of it.
      if (!this.thread) {
        void this.start();
        return null;
      }
    }
    await this.start();
    if (!this.thread) throw new RequestFailed(failure(this.ended ?? "the language service broke down; ask again"));
    return new Promise((resolve, reject) => {
      const id = ++this.ids;
      this.asked.set(id, { request, resolve, reject });
      this.post({ type: "ask", id, request });
    });
  }

  /**
   * Starts the thread when nothing has run for a while, which is when somebody may begin to type, and has it read the library's
   * types: a console waits a second for its first answer. What runs a notebook from end to end never gets there.
   */
  async startWhenIdle(): Promise<void> {
    await this.options.ready();
    for (let idle = 0; idle < IDLE_MS && !this.thread && this.ended === undefined;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS).unref());
      idle = this.options.busy() ? 0 : idle + LOOK_AGAIN_MS;
    }
    if (this.thread) return;
    await this.start();
    const request = { method: "text/completion", params: { text: "", offset: 0 } } as const;
    if (this.thread) this.post({ type: "ask", id: 0, request });
  }

  /** A cell was given to the session; later cells may see its names. */
  ran(code: string): void {
    this.executed.push(code);
    if (this.executed.length > REMEMBERED) this.executed.shift();
    if (this.thread) this.post({ type: "ran", code });
  }

  forget(): void {
    this.executed = [];
    if (this.thread) this.post({ type: "forget" });
  }

  async end(): Promise<void> {
    this.ended = "the kernel was shut down";
    this.rejectAll(this.ended);
    await this.thread?.terminate();
  }

  private remember({ params }: { params: LanguageMethods["notebook/open" | "notebook/change"]["params"] }): void {
    const opened = "cells" in params;
    if (opened) this.texts.clear();
    for (const { uri, text } of opened ? params.cells : params.changed) this.texts.set(uri, text);
    this.order = opened ? params.cells.map(({ uri }) => uri) : [...params.order];
    for (const uri of this.texts.keys()) if (!this.order.includes(uri)) this.texts.delete(uri);
  }

  /** Resolves when there is a thread to talk to. */
  private start(): Promise<void> {
    if (this.thread) return Promise.resolve();
    return (this.starting ??= this.quiet().then(() => {
      this.starting = undefined;
      if (this.ended === undefined) this.startNow();
    }));
  }

  /** When the start takes nothing from a first cell that somebody waits for. */
  private async quiet(): Promise<void> {
    await this.options.ready();
    for (let waited = 0; waited < HEAD_START_MS && !this.urgent && this.ended === undefined; waited += LOOK_AGAIN_MS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      if (!this.options.busy()) return;
    }
  }

  private startNow(): void {
    const workerData: LanguageData = { folder: this.options.folder };
    const thread = (this.thread = new Worker(this.options.path, {
      workerData,
      stdout: true,
      stderr: true,
      execArgv: ["--no-warnings"],
      resourceLimits: LIMITS,
    }));
    thread.stdout.on("data", (text) => this.options.log(`language service: ${text}`));
    thread.stderr.on("data", (text) => this.options.log(`language service: ${text}`));
    thread.on("message", ({ id, answered }: FromLanguage) => this.receive(id, answered));
    let broken: unknown;
    thread.on("error", (error) => (broken = error));
    thread.on("exit", (code) => this.brokeDown(thread, broken ?? `exit code ${code}`));
    for (const code of this.executed) this.post({ type: "ran", code });
    if (this.order) {
      const cells = this.order.map((uri) => ({ uri, text: this.texts.get(uri) ?? "" }));
      this.post({ type: "ask", id: 0, request: { method: "notebook/open", params: { cells } } });
    }
  }

  private receive(id: number, answered: Answered): void {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    if (answered.ok) return asked?.resolve(answered.result);
    // Whoever asked sees the message; where it was thrown is for the log.
    if (answered.stack !== undefined)
      this.options.log(`${asked?.request.method ?? "notebook/open"}: ${answered.stack}`);
    asked?.reject(new RequestFailed(failure(answered.message)));
  }

  private brokeDown(thread: Worker, reason: unknown): void {
    if (this.ended !== undefined || thread !== this.thread) return;
    this.thread = undefined;
    const now = performance.now();
    this.breakdowns = [...this.breakdowns.filter((then) => now - then < MINUTE), now];
    const again = this.breakdowns.length < MOST_BREAKDOWNS;
    this.options.log(
      `The language service broke down (${describe(reason)}). ` +
        (again ? "It starts again; cells are not affected." : "It stays off: restart the kernel to have it back."),
    );
    this.rejectAll("the language service broke down; ask again");
    if (again) return void this.start();
    this.ended = "the language service broke down too often: restart the kernel to have it back";
  }

  private rejectAll(because: string): void {
    for (const { reject } of this.asked.values()) reject(new RequestFailed(failure(because)));
    this.asked.clear();
  }

  private post(message: ToLanguage): void {
    this.thread!.postMessage(message);
  }
}

function describe(reason: unknown): string {
  if ((reason as NodeJS.ErrnoException | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY") return "out of memory";
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
}

function failure(evalue: string): { ename: string; evalue: string; traceback: string[] } {
  return { ename: "LanguageError", evalue, traceback: [] };
}
