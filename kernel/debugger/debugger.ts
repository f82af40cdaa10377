/**
 * Jupyter's debugger: requests of the Debug Adapter Protocol become commands of the Chrome DevTools Protocol for the
 * thread of the cells, and that thread's events become events of the protocol. The thread is one thread, number 1.
 */
import type { DebugEvent, DebugRequest, DebugResponse } from "../protocol/debug.ts";
import type { JsonObject } from "../protocol/messages.ts";
import { Breakpoints } from "./breakpoints.ts";
import { commands } from "./commands/index.ts";
import { Pause } from "./pause.ts";
import { Scripts, type Place } from "./scripts.ts";
import { THREAD, type CallFrame, type DebugTarget } from "./target.ts";
import { IN_WORKER, type Listed } from "./worker.ts";

/** A line may be many places in the code of a cell: after so many steps the debugger stops wherever it is. */
const MOST_STEPS = 200;

export type Step = "stepOver" | "stepInto" | "stepOut";

export interface DebuggerOptions {
  target: DebugTarget;
  /** What the paths of cells begin with. */
  prefix: string;
  /** Regular expressions for the addresses of code through which no step leads. */
  hidden: readonly string[];
  publish(event: DebugEvent): void;
  log(line: string): void;
}

interface Paused {
  callFrames: CallFrame[];
  reason: string;
  data?: { scriptId?: string; description?: string; reasons?: { reason: string }[] };
  hitBreakpoints?: string[];
}

export class Debugger {
  readonly target: DebugTarget;
  readonly prefix: string;
  readonly scripts = new Scripts();
  readonly breakpoints: Breakpoints;
  /** What the front end called `dumpCell` with, by path. */
  readonly texts = new Map<string, string>();
  isStarted = false;
  /** JupyterLab shows the type in the place of the value, unless there is none or it is one of Python's. */
  showsTypes = true;
  pause: Pause | undefined;
  readonly #options: DebuggerOptions;
  #seq = 0;
  #stepping: { how: Step; from: Place | undefined; depth: number; count: number } | undefined;
  /** So many times the thread goes on without anybody being told. */
  #silent = 0;
  /** An interrupt is under way: nothing stops. */
  #leaving = false;
  #variables: Promise<Listed[]> | undefined;

  constructor(options: DebuggerOptions) {
    this.#options = options;
    this.target = options.target;
    this.prefix = options.prefix;
    this.breakpoints = new Breakpoints(options.target, this.scripts);
    options.target.onEvent = (method, params) => this.#event(method, params);
  }

  /** Never fails: a response says what went wrong. */
  async handle(request: DebugRequest): Promise<DebugResponse> {
    const { command, seq } = request;
    const response = { type: "response", request_seq: seq, command, seq: ++this.#seq } as const;
    try {
      if (!Object.hasOwn(commands, command)) {
        const known = Object.keys(commands).join(", ");
        throw new Error(`debug_request: the kernel knows no command ${JSON.stringify(command)}. It knows: ${known}.`);
      }
      const body = await commands[command]!(request.arguments ?? {}, this);
      return { ...response, success: true, body };
    } catch (error) {
      return { ...response, success: false, message: (error as Error).message, body: {} };
    }
  }

  async start(): Promise<void> {
    if (this.isStarted) return;
    this.isStarted = true;
    await this.#attach();
  }

  async stop(): Promise<void> {
    if (!this.isStarted) return;
    this.isStarted = false;
    this.breakpoints.clear();
    this.#over();
    this.target.debugging(false);
    await this.target.send("Debugger.disable").catch(() => {});
    await this.evaluate(`${IN_WORKER}.attach(false)`).catch(() => {});
    this.scripts.clear();
    this.emit("terminated", {});
  }

  /** The thread is a new one: its breakpoints are set again. */
  async threadStarted(): Promise<void> {
    if (!this.isStarted) return;
    this.#over();
    this.scripts.clear();
    this.breakpoints.forgetThread();
    await this.#attach();
  }

  /** An interrupt: a thread that is paused goes on, and pauses no more until `takeHold`. */
  letGo(): void {
    if (!this.isStarted) return;
    this.#leaving = true;
    this.#stepping = undefined;
    void this.target.send("Debugger.setSkipAllPauses", { skip: true }).catch(() => {});
    if (this.pause) void this.target.send("Debugger.resume").catch(() => {});
  }
  takeHold(): void {
    if (!this.#leaving) return;
    this.#leaving = false;
    void this.target.send("Debugger.setSkipAllPauses", { skip: false }).catch(() => {});
  }

  /** What is paused. @throws Error when nothing is. */
  get paused(): Pause {
    if (!this.pause) throw new Error("no code is paused");
    return this.pause;
  }

  async step(how: Step): Promise<void> {
    const [top] = this.paused.frames;
    const from = top && { path: top.source.path, line: top.line, column: top.column };
    this.#stepping = { how, from, depth: this.paused.frames.length, count: 0 };
    await this.target.send(`Debugger.${how}`);
  }

  async resume(): Promise<void> {
    this.#stepping = undefined;
    await this.target.send("Debugger.resume");
  }

  /** The value of an expression of ours in the thread, as plain data; whatever runs there is held up for a moment. */
  async evaluate(expression: string): Promise<unknown> {
    const reply = await this.target.send("Runtime.evaluate", { expression, returnByValue: true, silent: true });
    const failed = reply["exceptionDetails"] as { exception?: { description?: string }; text: string } | undefined;
    if (failed) throw new Error(failed.exception?.description ?? failed.text);
    return (reply["result"] as { value?: unknown }).value;
  }

  /** The session's variables. Front ends ask at each message of a cell: who asks meanwhile gets the same answer. */
  variables(): Promise<Listed[]> {
    this.#variables ??= (this.evaluate(`${IN_WORKER}.session()`) as Promise<Listed[]>).finally(
      () => (this.#variables = undefined),
    );
    return this.#variables;
  }

  /** A list as the front end shows it. */
  shown(listed: readonly Listed[]): JsonObject[] {
    return listed.map(({ type, ...rest }) => (this.showsTypes ? { ...rest, type } : rest));
  }

  /** What a front end calls a text: cells have no number that it would know. */
  nameOf(path: string): string {
    return path.startsWith(this.prefix)
      ? "Cell"
      : path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  }

  emit(event: string, body: JsonObject): void {
    this.#options.publish({ type: "event", seq: ++this.#seq, event, body });
  }

  async #attach(): Promise<void> {
    const { target } = this;
    target.debugging(true);
    await target.send("Debugger.enable");
    await target.send("Debugger.setBlackboxPatterns", { patterns: this.#options.hidden });
    // A short cell would have run before its breakpoints could be found.
    await target.send("Debugger.setInstrumentationBreakpoint", {
      instrumentation: "beforeScriptWithSourceMapExecution",
    });
    await this.evaluate(`${IN_WORKER}.attach(true)`);
  }

  #over(): void {
    const wasPaused = this.pause !== undefined;
    this.pause = undefined;
    this.#stepping = undefined;
    this.#silent = 0;
    this.#variables = undefined;
    if (wasPaused) this.emit("continued", { threadId: THREAD, allThreadsContinued: true });
  }

  #event(method: string, params: JsonObject): void {
    if (!this.isStarted) return;
    if (method === "Debugger.scriptParsed") this.scripts.parsed(params);
    if (method === "Debugger.resumed") this.#resumed();
    if (method === "Debugger.paused") {
      this.#stopped(params as unknown as Paused).catch((error: unknown) =>
        this.#options.log(`debugger: ${String(error)}`),
      );
    }
  }

  #resumed(): void {
    if (this.#silent > 0) this.#silent--;
    else if (this.pause) {
      this.pause = undefined;
      void this.evaluate(`${IN_WORKER}.forget()`).catch(() => {});
      this.emit("continued", { threadId: THREAD, allThreadsContinued: true });
    }
  }

  async #stopped({ callFrames, reason, data, hitBreakpoints = [] }: Paused): Promise<void> {
    if (reason === "instrumentation") {
      const script = data?.scriptId === undefined ? undefined : this.scripts.get(data.scriptId);
      if (script && this.breakpoints.has(script.path)) await this.breakpoints.apply(script);
      return this.#goOn("Debugger.resume");
    }
    if (this.#leaving) return this.#goOn("Debugger.resume");
    const pause = new Pause(this.target, this.scripts, callFrames, (path) => this.nameOf(path));
    const stepping = this.#stepping;
    if (stepping && hitBreakpoints.length === 0 && stepping.count++ < MOST_STEPS) {
      const [call] = callFrames;
      const place = call && this.scripts.get(call.location.scriptId)?.original(call.location);
      const sameLine =
        place?.line === stepping.from?.line &&
        place?.path === stepping.from?.path &&
        pause.frames.length === stepping.depth &&
        stepping.how !== "stepOut";
      if (!place || sameLine) return this.#goOn(`Debugger.${stepping.how === "stepOut" ? "stepOver" : stepping.how}`);
    }
    this.#stepping = undefined;
    this.pause = pause;
    const description = data?.description?.split("\n")[0];
    this.emit("stopped", {
      reason: reasonOf(reason, hitBreakpoints, stepping !== undefined),
      threadId: THREAD,
      allThreadsStopped: true,
      preserveFocusHint: false,
      hitBreakpointIds: this.breakpoints.idsOf(hitBreakpoints),
      ...(description !== undefined && { text: description }),
    });
  }

  async #goOn(method: string): Promise<void> {
    this.#silent++;
    await this.target.send(method);
  }
}

/** In the words of the Debug Adapter Protocol. */
function reasonOf(reason: string, hit: readonly string[], stepped: boolean): string {
  if (hit.length > 0) return "breakpoint";
  if (reason === "exception" || reason === "promiseRejection") return "exception";
  return stepped ? "step" : "pause";
}
