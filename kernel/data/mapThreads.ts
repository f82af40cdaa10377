/** Threads that run a module's function over batches, beside the one that trains. */
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { onRecover } from "../tensor/recovery.ts";
import { buffersIn } from "./buffers.ts";
import { toArrays, toTensors } from "./collate.ts";
import type { MapAnswer, MapRequest } from "./mapThread.ts";

/** A failure in a `map` module; says which module and which batch. */
export class MapError extends Error {
  override name = "MapError";
}

interface Waiting {
  batch: number;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** Threads that run now. What is ended from outside calls nothing, so the next cell ends them. */
const running = new Set<MapThreads>();
onRecover(() => {
  for (const threads of running) void threads.close();
});

export class MapThreads {
  private readonly module: string;
  private readonly threads: Worker[];
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  constructor(module: string | URL, threads: number) {
    this.module =
      module instanceof URL || module.startsWith("file:") ? String(module) : pathToFileURL(resolve(module)).href;
    this.threads = Array.from({ length: threads }, () => this.start());
    running.add(this);
  }

  /** What the module's function makes of `batch`. Batches are dealt to the threads in turn. */
  map(batch: unknown, context: MapRequest["context"]): Promise<unknown> {
    const id = this.count++;
    const thread = this.threads[id % this.threads.length]!;
    return new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { batch: context.batch, resolve, reject });
      thread.ref();
      const arrays = toArrays(batch);
      thread.postMessage({ id, batch: arrays, context } satisfies MapRequest, buffersIn(arrays));
    });
  }

  /** Ends the threads, in the middle of what they do. Who waits goes on waiting: nobody wants the answer any more. */
  async close(): Promise<void> {
    running.delete(this);
    this.waiting.clear();
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }

  private start(): Worker {
    const file = new URL(`./mapThread${extname(import.meta.filename)}`, import.meta.url);
    const thread = new Worker(file, { workerData: { module: this.module }, name: "gradbook data", execArgv: flags() });
    thread.on("message", (answer: MapAnswer) => this.answer(answer));
    thread.on("error", (error) => this.fail(error));
    thread.on("exit", (code) => this.fail(new Error(`its thread ended with code ${code}`)));
    thread.unref();
    return thread;
  }

  private answer(answer: MapAnswer): void {
    const waiting = this.waiting.get(answer.id);
    if (waiting === undefined) return;
    this.waiting.delete(answer.id);
    if (this.waiting.size === 0) for (const thread of this.threads) thread.unref();
    if ("error" in answer) return waiting.reject(this.error(answer.error as Error, waiting.batch));
    try {
      waiting.resolve(toTensors(answer.batch));
    } catch (error) {
      waiting.reject(this.error(error as Error, waiting.batch));
    }
  }

  private fail(error: Error): void {
    for (const { batch, reject } of this.waiting.values()) reject(this.error(error, batch));
    this.waiting.clear();
  }

  private error(error: Error, batch: number): MapError {
    return new MapError(`DataLoader: batch ${batch}: map ${this.module}: ${error.message}`, { cause: error });
  }
}

/** Older Nodes read TypeScript only with this flag; newer ones do without and VS Code's own may not know it. */
function flags(): string[] {
  const name = "--experimental-strip-types";
  return !process.features.typescript && process.allowedNodeEnvironmentFlags.has(name) ? [name] : [];
}
