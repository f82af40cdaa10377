/**
 * The way out of the worker. A few writes go at once; a flood of them is joined to one message every 40 ms. Everything
 * else goes at once and after the text that was written before it. When the client does not keep up, the caller waits here, and can be interrupted here.
 */
import type { MessagePort } from "node:worker_threads";
import type { Header, JsonObject, PublicationType, Publications } from "../protocol/messages.ts";
import type { CellContext } from "./cellContext.ts";
import { CONTROL, IN_FLIGHT_LIMIT, MESSAGE_WEIGHT, type Control } from "./control.ts";
import type { FromWorker } from "./workerMessages.ts";

const FLUSH_AFTER_MS = 40;
const FLUSH_AT_CHARS = 64 * 1024;
/** So many writes within the 40 ms go at once: the line before a call that never returns must be seen. */
const WRITES_AT_ONCE = 16;

type StreamName = Publications["stream"]["name"];

export class Output {
  private readonly port: MessagePort;
  private readonly control: Control;
  private readonly stopIfInterrupted: () => void;
  private pending: { cell: CellContext; name: StreamName; text: string } | undefined;
  private windowStart = 0;
  private writesInWindow = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly setTimeout = globalThis.setTimeout;

  constructor(port: MessagePort, control: Control, stopIfInterrupted: () => void) {
    this.port = port;
    this.control = control;
    this.stopIfInterrupted = stopIfInterrupted;
  }

  write(cell: CellContext, name: StreamName, text: string): void {
    if (text === "") return;
    if (this.pending && (this.pending.cell !== cell || this.pending.name !== name)) this.flush();
    if (this.pending) this.pending.text += text;
    else this.pending = { cell, name, text };
    if (this.due(performance.now())) {
      this.windowStart = performance.now();
      this.writesInWindow = 0;
    }
    if (++this.writesInWindow <= WRITES_AT_ONCE || this.pending.text.length > FLUSH_AT_CHARS) this.flush();
    else this.timer ??= this.setTimeout(() => this.flushPatiently(), FLUSH_AFTER_MS);
  }

  /** Whether text waits that is old enough to go; asked by loops that never let a timer run. */
  due(now: number): boolean {
    return this.pending !== undefined && now - this.windowStart >= FLUSH_AFTER_MS;
  }

  /** May throw `Interrupted` while it waits for the client: for calls from user code. */
  flush(): void {
    this.flushThen(this.stopIfInterrupted);
  }

  /** For calls of ours, which an interrupt must not cut short. */
  private flushPatiently(): void {
    this.flushThen(() => {});
  }

  private flushThen(whileWaiting: () => void): void {
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.timer = undefined;
    const { pending } = this;
    if (!pending) return;
    this.pending = undefined;
    this.send(
      pending.cell.parent,
      "stream",
      { name: pending.name, text: pending.text },
      pending.text.length,
      whileWaiting,
    );
  }

  /** Publishes for a cell. `size` is about how many characters the content has. */
  publish<P extends PublicationType>(cell: CellContext, type: P, content: Publications[P], size = 0): void {
    this.flush();
    this.send(cell.parent, type, content as JsonObject, size, this.stopIfInterrupted);
  }

  /** A message to the supervisor itself, after everything written so far. */
  post(message: FromWorker): void {
    this.flushPatiently();
    this.port.postMessage(message);
  }

  private send(parent: Header, msg_type: string, content: JsonObject, size: number, whileWaiting: () => void): void {
    this.waitForRoom(whileWaiting);
    const weight = MESSAGE_WEIGHT + (size >> 10);
    Atomics.add(this.control, CONTROL.inFlight, weight);
    this.port.postMessage({ type: "publish", parent, msg_type, content, weight } satisfies FromWorker);
  }

  private waitForRoom(whileWaiting: () => void): void {
    for (;;) {
      const inFlight = Atomics.load(this.control, CONTROL.inFlight);
      if (inFlight < IN_FLIGHT_LIMIT) return;
      whileWaiting();
      Atomics.wait(this.control, CONTROL.inFlight, inFlight, 20);
    }
  }
}
