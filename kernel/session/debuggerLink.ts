/**
 * The debugger's way into the worker, from outside: run a statement in the paused frame of a cell, and end whatever runs
 * without ending the worker. Chrome DevTools Protocol over Node's `NodeWorker` domain.
 */
import inspector from "node:inspector";
import type { Worker } from "node:worker_threads";

type Params = { [key: string]: unknown };
interface CallFrame {
  callFrameId: string;
  functionLocation?: { scriptId: string; lineNumber: number; columnNumber: number };
}
interface Waiting {
  resolve(result: Params): void;
  reject(error: Error): void;
}

export class DebuggerLink {
  private readonly session = new inspector.Session();
  /** CDP session of each attached worker, by thread id. */
  private readonly sessions = new Map<number, string>();
  private readonly waiting = new Map<number, Waiting>();
  /** URL of each script, by its id; told anew whenever the debugger is enabled. */
  private readonly scripts = new Map<string, string>();
  private onPaused: ((frames: CallFrame[]) => void) | undefined;
  private nextId = 1;

  constructor() {
    this.session.connect();
    this.session.on("NodeWorker.attachedToWorker", ({ params }) => {
      // The title carries the thread id; `workerInfo.workerId` is only a counter.
      const match = /^\[worker (\d+)\]/.exec(params.workerInfo.title);
      if (match) this.sessions.set(Number(match[1]), params.sessionId);
    });
    this.session.on("NodeWorker.detachedFromWorker", ({ params }) => {
      for (const [thread, id] of this.sessions) if (id === params.sessionId) this.sessions.delete(thread);
    });
    this.session.on("NodeWorker.receivedMessageFromWorker", ({ params }) => this.receive(params.message));
  }

  /** Attaches to workers started from now on. */
  enable(): Promise<void> {
    return new Promise((resolve, reject) =>
      this.session.post("NodeWorker.enable", { waitForDebuggerOnStart: false }, (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  }

  /**
   * Pauses the worker and evaluates statements in the frame of the function with which a script begins: those that
   * `statements` has for the script's URL. The worker stays paused until `terminateExecution`. Resolves to the URL and to
   * whether that worked; to undefined when it could not be paused in time (it sits in native code) or no such function is
   * on the stack.
   */
  async evaluateInFrame(
    worker: Worker,
    statements: ReadonlyMap<string, string>,
    timeoutMs: number,
  ): Promise<{ url: string; done: boolean } | undefined> {
    this.scripts.clear();
    await this.send(worker, "Debugger.enable", {}, timeoutMs);
    try {
      const paused = new Promise<CallFrame[]>((resolve) => (this.onPaused = resolve));
      void this.send(worker, "Debugger.pause", {}, timeoutMs).catch(() => {});
      const frames = await withTimeout(paused, timeoutMs, "pause");
      // A closure of the cell may be on the stack too, with locals of the same names: only the cell's own function counts.
      const urlOf = ({ functionLocation: at }: CallFrame): string =>
        at?.lineNumber === 0 && at.columnNumber === 0 ? (this.scripts.get(at.scriptId) ?? "") : "";
      const frame = frames.find((each) => statements.has(urlOf(each)));
      if (!frame) return undefined;
      const url = urlOf(frame);
      const reply = await this.send(
        worker,
        "Debugger.evaluateOnCallFrame",
        { callFrameId: frame.callFrameId, expression: statements.get(url), silent: true },
        timeoutMs,
      );
      return { url, done: reply["exceptionDetails"] === undefined };
    } catch {
      return undefined;
    } finally {
      this.onPaused = undefined;
    }
  }

  /** Ends the JavaScript that runs in the worker. User code's `catch` and `finally` do not run. */
  async terminateExecution(worker: Worker, timeoutMs: number): Promise<void> {
    const terminated = this.send(worker, "Runtime.terminateExecution", {}, timeoutMs);
    // A paused worker can end only when it goes on, so this must not wait for the answer. It also switches the debugger
    // off again, which slows code down.
    const disabled = this.send(worker, "Debugger.disable", {}, timeoutMs).catch(() => {});
    await terminated;
    await disabled;
  }

  private send(worker: Worker, method: string, params: Params, timeoutMs: number): Promise<Params> {
    const sessionId = this.sessions.get(worker.threadId);
    if (sessionId === undefined) return Promise.reject(new Error("The debugger is not attached to the worker."));
    const id = this.nextId++;
    const reply = new Promise<Params>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.session.post(
      "NodeWorker.sendMessageToWorker",
      { sessionId, message: JSON.stringify({ id, method, params }) },
      (error) => error && this.waiting.get(id)?.reject(error),
    );
    return withTimeout(reply, timeoutMs, method).finally(() => this.waiting.delete(id));
  }

  private receive(text: string): void {
    const message = JSON.parse(text) as {
      id?: number;
      method?: string;
      params?: Params;
      result?: Params;
      error?: Error;
    };
    if (message.method === "Debugger.paused") this.onPaused?.(message.params?.["callFrames"] as CallFrame[]);
    if (message.method === "Debugger.scriptParsed") {
      this.scripts.set(String(message.params?.["scriptId"]), String(message.params?.["url"]));
    }
    const waiting = message.id === undefined ? undefined : this.waiting.get(message.id);
    if (!waiting) return;
    if (message.error) waiting.reject(new Error(message.error.message));
    else waiting.resolve(message.result ?? {});
  }
}

function withTimeout<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms.`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
