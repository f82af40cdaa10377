/**
 * Chrome DevTools Protocol with the threads of this process, over Node's `NodeWorker` domain. Each instance is a client of
 * its own: what one switches on is off for the others.
 */
import inspector from "node:inspector";
import type { Worker } from "node:worker_threads";
import type { JsonObject } from "../protocol/messages.ts";

interface Waiting {
  thread: number;
  resolve(result: JsonObject): void;
  reject(error: Error): void;
}

export class WorkerInspector {
  private readonly session = new inspector.Session();
  /** CDP session of each attached worker, by thread id. */
  private readonly sessions = new Map<number, string>();
  private readonly attaching = new Map<number, () => void>();
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private readonly inbox: (() => void)[] = [];
  /** Called for each event of an attached thread. */
  onEvent: (thread: number, method: string, params: JsonObject) => void = () => {};

  constructor() {
    this.session.connect();
    this.session.on("NodeWorker.attachedToWorker", ({ params }) =>
      this.afterwards(() => {
        // The title carries the thread id; `workerInfo.workerId` is only a counter.
        const match = /^\[worker (\d+)\]/.exec(params.workerInfo.title);
        if (!match) return;
        this.sessions.set(Number(match[1]), params.sessionId);
        this.attaching.get(Number(match[1]))?.();
      }),
    );
    this.session.on("NodeWorker.detachedFromWorker", ({ params }) =>
      this.afterwards(() => {
        for (const [thread, id] of this.sessions) if (id === params.sessionId) this.detached(thread);
      }),
    );
    this.session.on("NodeWorker.receivedMessageFromWorker", ({ params }) =>
      this.afterwards(() => this.receive(params.sessionId, params.message)),
    );
  }

  /**
   * Node brings what a worker's inspector says by an interrupt: in the middle of whatever runs on this thread, also between two
   * lines of Node's own code. A message that was signed and sent from there had the memory of another one, for which
   * `Buffer.from` was just under way. So nothing is done then; a promise's reaction comes when that code has ended.
   */
  private afterwards(work: () => void): void {
    this.inbox.push(work);
    if (this.inbox.length > 1) return;
    void Promise.resolve().then(() => {
      for (const each of this.inbox.splice(0)) each();
    });
  }

  /** Attaches to the workers that run, and to those started from now on. */
  enable(): Promise<void> {
    return new Promise((resolve, reject) =>
      this.session.post("NodeWorker.enable", { waitForDebuggerOnStart: false }, (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  }

  /** Resolves when the worker can be asked. */
  async attached({ threadId }: Worker): Promise<void> {
    if (!this.sessions.has(threadId)) await new Promise<void>((resolve) => this.attaching.set(threadId, resolve));
    this.attaching.delete(threadId);
  }

  /** @param timeoutMs without it the answer may take as long as it likes, or as the worker lives. */
  send(worker: Worker, method: string, params: object, timeoutMs?: number): Promise<JsonObject> {
    const thread = worker.threadId;
    const sessionId = this.sessions.get(thread);
    if (sessionId === undefined) return Promise.reject(new Error("The debugger is not attached to the worker."));
    const id = this.nextId++;
    const reply = new Promise<JsonObject>((resolve, reject) => this.waiting.set(id, { thread, resolve, reject }));
    this.session.post(
      "NodeWorker.sendMessageToWorker",
      { sessionId, message: JSON.stringify({ id, method, params }) },
      (error) => error && this.waiting.get(id)?.reject(error),
    );
    const answered = timeoutMs === undefined ? reply : withTimeout(reply, timeoutMs, method);
    return answered.finally(() => this.waiting.delete(id));
  }

  private detached(thread: number): void {
    this.sessions.delete(thread);
    for (const waiting of this.waiting.values()) {
      if (waiting.thread === thread) waiting.reject(new Error("The thread of the cells has ended."));
    }
  }

  private receive(sessionId: string, text: string): void {
    const message = JSON.parse(text) as {
      id?: number;
      method?: string;
      params?: JsonObject;
      result?: JsonObject;
      error?: Error;
    };
    if (message.method !== undefined) {
      for (const [thread, id] of this.sessions) {
        if (id === sessionId) this.onEvent(thread, message.method, message.params ?? {});
      }
    }
    const waiting = message.id === undefined ? undefined : this.waiting.get(message.id);
    if (!waiting) return;
    if (message.error) waiting.reject(new Error(message.error.message));
    else waiting.resolve(message.result ?? {});
  }
}

export function withTimeout<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms.`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
