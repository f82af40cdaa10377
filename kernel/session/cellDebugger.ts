/** The debugger of kernel/debugger, tied to the session: to the worker that it has now, and to its interrupts. */
import { pathToFileURL } from "node:url";
import type { Worker } from "node:worker_threads";
import { Debugger } from "../debugger/debugger.ts";
import type { DebugTarget } from "../debugger/target.ts";
import type { DebugEvent, DebugRequest, DebugResponse } from "../protocol/debug.ts";
import type { Header, JsonObject } from "../protocol/messages.ts";
import { SOURCE_PREFIX } from "./cellSources.ts";
import { CONTROL, type Control } from "./control.ts";
import { WorkerInspector } from "./workerInspector.ts";

export interface CellDebuggerParts {
  session: {
    readonly ready: Promise<void>;
    readonly worker: Worker;
    readonly control: Control;
    ask(question: string, params: JsonObject): Promise<unknown>;
    log(line: string): void;
  };
  /** Folder of the kernel's own code. */
  ours: string;
  publish(parent: Header, event: DebugEvent): void;
}

export class CellDebugger {
  private readonly parts: CellDebuggerParts;
  /** Made for the first request: nobody else pays for it. */
  private made: Promise<Debugger> | undefined;
  private debugger: Debugger | undefined;
  private readonly inspector: { link?: WorkerInspector } = {};
  private parent!: Header;

  constructor(parts: CellDebuggerParts) {
    this.parts = parts;
  }

  async handle(request: DebugRequest, parent: Header): Promise<DebugResponse> {
    this.parent = parent;
    await this.parts.session.ready;
    const on = await (this.made ??= this.make());
    return on.handle(request);
  }

  /** The session has another worker, in which nothing has run yet. */
  async threadStarted(): Promise<void> {
    if (!this.debugger) return;
    try {
      await this.inspector.link!.attached(this.parts.session.worker);
      await this.debugger.threadStarted();
    } catch (error) {
      this.parts.session.log(`debugger: ${String(error)}`);
    }
  }

  letGo(): void {
    this.debugger?.letGo();
  }
  takeHold(): void {
    this.debugger?.takeHold();
  }

  private async make(): Promise<Debugger> {
    const { session, ours } = this.parts;
    const link = (this.inspector.link = new WorkerInspector());
    await link.enable();
    await link.attached(session.worker);
    const target: DebugTarget = {
      send: (method, params = {}) => link.send(session.worker, method, params),
      onEvent: () => {},
      ask: (question, params) => session.ask(question, params),
      debugging: (on) => void Atomics.store(session.control, CONTROL.debugging, on ? 1 : 0),
    };
    link.onEvent = (thread, method, params) => {
      if (thread === session.worker.threadId) target.onEvent(method, params);
    };
    return (this.debugger = new Debugger({
      target,
      prefix: SOURCE_PREFIX,
      hidden: ["^node:", `^${escaped(pathToFileURL(ours).href)}/`],
      publish: (event) => this.parts.publish(this.parent, event),
      log: (line) => session.log(line),
    }));
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
