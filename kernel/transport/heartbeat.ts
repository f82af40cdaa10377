/** The thread that answers heartbeats, as the supervisor sees it. */
import path from "node:path";
import { Worker } from "node:worker_threads";

export interface HeartbeatData {
  address: string;
  /** Of a ROUTER socket. */
  options: { [option: string]: unknown };
  /** Becomes 1 when the socket is closed. */
  ended: Int32Array<SharedArrayBuffer>;
}
export type HeartbeatSays = { bound: string } | { failed: string; code: string | undefined };

/** Beside this file, in the sources and in the build. */
const THREAD = path.join(import.meta.dirname, "heartbeatThread" + path.extname(import.meta.filename));
/** The thread does nothing else, so it closes its socket within a millisecond or two. */
const END_MS = 1000;

export class Heartbeat {
  /** The address that it listens on. Rejects with the reason when it cannot. */
  readonly bound: Promise<string>;
  private readonly worker: Worker;
  private readonly ended = new Int32Array(new SharedArrayBuffer(4));

  constructor(address: string, options: HeartbeatData["options"]) {
    const workerData: HeartbeatData = { address, options, ended: this.ended };
    this.worker = new Worker(THREAD, { workerData });
    this.worker.unref();
    this.bound = new Promise((resolve, reject) => {
      this.worker.once("error", reject);
      this.worker.once("message", (says: HeartbeatSays) =>
        "bound" in says ? resolve(says.bound) : reject(Object.assign(new Error(says.failed), { code: says.code })),
      );
    });
    this.bound.catch(() => {});
    process.once("exit", this.end);
  }

  /**
   * Closes the socket, and waits for it. The process must not end before: a thread that is torn down while its socket waits
   * for a message takes the process with it ("terminate called … Napi::Error", exit by SIGABRT).
   */
  readonly end = (): void => {
    process.off("exit", this.end);
    this.worker.postMessage("end");
    Atomics.wait(this.ended, 0, 0, END_MS);
  };
}
