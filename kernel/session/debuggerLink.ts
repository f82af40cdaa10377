/**
 * The debugger's way into the worker, from outside: run a statement in the paused frame of a cell, and end whatever runs
 * without ending the worker.
 */
import type { Worker } from "node:worker_threads";
import { WorkerInspector, withTimeout } from "./workerInspector.ts";

interface CallFrame {
  callFrameId: string;
  functionLocation?: { scriptId: string; lineNumber: number; columnNumber: number };
}

export class DebuggerLink {
  private readonly inspector = new WorkerInspector();
  /** URL of each script, by its id; told anew whenever the debugger is enabled. */
  private readonly scripts = new Map<string, string>();
  private onPaused: ((frames: CallFrame[]) => void) | undefined;

  constructor() {
    this.inspector.onEvent = (_thread, method, params) => {
      if (method === "Debugger.paused") this.onPaused?.(params["callFrames"] as CallFrame[]);
      if (method === "Debugger.scriptParsed") this.scripts.set(String(params["scriptId"]), String(params["url"]));
    };
  }

  /** Attaches to workers started from now on. */
  enable(): Promise<void> {
    return this.inspector.enable();
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
    await this.inspector.send(worker, "Debugger.enable", {}, timeoutMs);
    try {
      const paused = new Promise<CallFrame[]>((resolve) => (this.onPaused = resolve));
      void this.inspector.send(worker, "Debugger.pause", {}, timeoutMs).catch(() => {});
      const frames = await withTimeout(paused, timeoutMs, "pause");
      // A closure of the cell may be on the stack too, with locals of the same names: only the cell's own function counts.
      const urlOf = ({ functionLocation: at }: CallFrame): string =>
        at?.lineNumber === 0 && at.columnNumber === 0 ? (this.scripts.get(at.scriptId) ?? "") : "";
      const frame = frames.find((each) => statements.has(urlOf(each)));
      if (!frame) return undefined;
      const url = urlOf(frame);
      const reply = await this.inspector.send(
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
    const terminated = this.inspector.send(worker, "Runtime.terminateExecution", {}, timeoutMs);
    // A paused worker can end only when it goes on, so this must not wait for the answer. It also switches the debugger
    // off again, which slows code down.
    const disabled = this.inspector.send(worker, "Debugger.disable", {}, timeoutMs).catch(() => {});
    await terminated;
    await disabled;
  }
}
