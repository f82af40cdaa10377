/**
 * The way out of the worker. A few writes go at once; a flood of them is joined to one message every 40 ms, and what is
 * too much for a cell goes to a file (cellFlow.ts). Of clears that follow each other closely the last one goes, with what
 * came behind it (heldClears.ts). Everything else goes at once and after the text that was written before it. When the client does not keep up, the caller waits here until the user stops it.
 */
import type { MessagePort, Transferable } from "node:worker_threads";
import type { JsonObject, MimeBundle, PublicationType, Publications } from "../protocol/messages.ts";
import type { CellContext } from "./cellContext.ts";
import { CellFlow } from "./cellFlow.ts";
import { CONTROL, IN_FLIGHT_LIMIT, MESSAGE_WEIGHT, type Control } from "./control.ts";
import { HeldClears, type Outgoing } from "./heldClears.ts";
import { Latest } from "./latest.ts";
import { sizeOf } from "./mimeBundle.ts";
import type { OutputLimits } from "./outputLimits.ts";
import { Spill } from "./spill.ts";
import type { FromWorker } from "./workerMessages.ts";

const FLUSH_AFTER_MS = 40;
const FLUSH_AT_CHARS = 64 * 1024;
/** So many writes within the 40 ms go at once: the line before a call that never returns must be seen. */
const WRITES_AT_ONCE = 16;
/** The block with the newest lines of a long output, and a display that is updated in a loop, are redrawn so often. */
const REDRAW_MS = 250;
const UPDATE_MS = 50;
/** A line that is written over and over (`\r`) is sent so often: each time makes the stored output of a front end longer. */
const LINE_MS = 100;

/** Under this key the newest state of a display waits. */
const updateOf = (id: string): string => `update ${id}`;

type StreamName = Publications["stream"]["name"];

export interface OutputParts {
  port: MessagePort;
  control: Control;
  limits: OutputLimits;
  /** Where files with long outputs go. */
  spillFolder: string;
}

interface PublishOptions {
  size?: number;
  key?: unknown;
  metadata?: JsonObject;
  buffers?: Uint8Array<ArrayBuffer>[];
}

/** One run of a cell: how much it has shown, and the display of its end. */
interface Run {
  flow: CellFlow;
  /** Display id of the block that shows the end, once there is one. */
  block: string | undefined;
  /** Other display ids it has shown since its last clear. */
  ids: Set<string>;
}

const isRedraw = (text: string): boolean => text.includes("\r") && !text.includes("\n");

export class Output {
  private readonly parts: OutputParts;
  private readonly runs = new WeakMap<CellContext, Run>();
  private readonly latest = new Latest();
  private readonly clears = new HeldClears((cell, message) => this.sendNow(cell, message));
  private pending: { cell: CellContext; name: StreamName; text: string } | undefined;
  private windowStart = 0;
  private windowOf: CellContext | undefined;
  private writesInWindow = 0;
  private redrawnAt = -Infinity;
  private files = 0;
  private blocks = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly setTimeout = globalThis.setTimeout;

  constructor(parts: OutputParts) {
    this.parts = parts;
  }

  write(cell: CellContext, name: StreamName, text: string): void {
    if (text === "") return;
    if (this.pending && (this.pending.cell !== cell || this.pending.name !== name)) this.flush();
    if (this.pending) this.pending.text += text;
    else this.pending = { cell, name, text };
    const now = performance.now();
    // A cell that begins while the window of a flood before it is open writes its first lines at once too.
    if (now - this.windowStart >= FLUSH_AFTER_MS || this.windowOf !== cell) {
      this.windowOf = cell;
      this.windowStart = now;
      this.writesInWindow = 0;
    }
    const atOnce = ++this.writesInWindow <= WRITES_AT_ONCE && !this.isEarlyRedraw(now);
    if (atOnce || this.pending.text.length > FLUSH_AT_CHARS) this.flush();
    else this.wake();
  }

  /** Shows a bundle under a cell; false when the cell shows too much already. */
  display(cell: CellContext, data: MimeBundle, id?: string): boolean {
    this.flush();
    const size = sizeOf(data);
    const run = this.runOf(cell);
    const shown = run.flow.display(data, size);
    if (shown) {
      if (id !== undefined) {
        // A state that waits is older than this one.
        this.latest.runOne(updateOf(id), performance.now());
        run.ids.add(id);
      }
      const transient = id === undefined ? {} : { display_id: id };
      this.send(cell, "display_data", { data, metadata: {}, transient }, size);
    } else this.redraw(cell, run);
    return shown;
  }

  /** Replaces what is shown under an id. In a loop not every state is sent, but the last one is. */
  update(cell: CellContext, data: MimeBundle, id: string): void {
    const content = { data, metadata: {}, transient: { display_id: id } };
    const send = (): void => this.send(cell, "update_display_data", content, sizeOf(data));
    if (this.latest.later(updateOf(id), UPDATE_MS, performance.now(), send)) return this.wake();
    send();
  }

  clear(cell: CellContext, wait: boolean): void {
    this.flush();
    const run = this.runOf(cell);
    // What waits belongs to what is cleared: with `wait` it is still seen for a while.
    for (const key of [run, ...[...run.ids].map(updateOf)]) {
      if (wait) this.latest.runOne(key, performance.now());
      else this.latest.forget(key);
    }
    run.ids.clear();
    run.flow.clear();
    run.block = undefined;
    this.send(cell, "clear_output", { wait }, 0);
  }

  /**
   * Publishes for a cell. `size` is about how many characters the content has, in bytes with `buffers`, which are given
   * away. Of messages with one `key` that follow each other closely the last one goes.
   */
  publish<P extends PublicationType>(
    cell: CellContext,
    type: P,
    content: Publications[P],
    { size = 0, key, ...rest }: PublishOptions = {},
  ): void {
    const message = { type, content: content as JsonObject, size, ...rest };
    const send = (): void => {
      this.flush();
      this.sendMessage(cell, message);
    };
    if (key !== undefined && this.latest.later(key, UPDATE_MS, performance.now(), send)) return this.wake();
    send();
  }

  /** What waits under a key goes now. */
  settle(key: unknown): void {
    this.latest.runOne(key, performance.now());
  }

  /** A message to the supervisor itself, after everything shown so far. */
  post(message: FromWorker, transfer: Transferable[] = []): void {
    this.flush();
    this.latest.run(Infinity);
    this.clears.release(Infinity, performance.now());
    this.parts.port.postMessage(message, transfer);
  }

  /** Called by loops that never let a timer run: what is old enough goes. */
  poll(now: number): void {
    if (this.pending !== undefined && now - this.windowStart >= FLUSH_AFTER_MS && !this.isEarlyRedraw(now))
      this.flush();
    const { next } = this.latest;
    if (next !== undefined && next <= now) this.latest.run(now);
    this.clears.release(now, now);
  }

  flush(): void {
    if (!this.pending) return;
    const { cell, name, text } = this.pending;
    this.pending = undefined;
    if (isRedraw(text)) this.redrawnAt = performance.now();
    const run = this.runOf(cell);
    const shown = run.flow.text(name, text);
    if (shown !== "") this.send(cell, "stream", { name, text: shown.toWellFormed() }, shown.length);
    if (run.flow.overflowed) this.redraw(cell, run);
  }

  /** Whether all that waits is a newer state of a line that was sent a moment ago. */
  private isEarlyRedraw(now: number): boolean {
    return this.pending !== undefined && now - this.redrawnAt < LINE_MS && isRedraw(this.pending.text);
  }

  /** Shows the end of a long output, not too often. */
  private redraw(cell: CellContext, run: Run): void {
    const later = this.latest.later(run, REDRAW_MS, performance.now(), () => this.sendBlock(cell, run));
    if (later) this.wake();
    else this.sendBlock(cell, run);
  }

  private sendBlock(cell: CellContext, run: Run): void {
    if (!run.flow.overflowed) return;
    const data = run.flow.block();
    const type = run.block === undefined ? "display_data" : "update_display_data";
    run.block ??= `gradbook-output-${cell.parent.msg_id}-${++this.blocks}`;
    const metadata = { gradbook: { overflow: true } };
    this.send(cell, type, { data, metadata, transient: { display_id: run.block } }, sizeOf(data));
  }

  private runOf(cell: CellContext): Run {
    let run = this.runs.get(cell);
    if (run) return run;
    const { limits, spillFolder } = this.parts;
    const open = (): Spill => {
      const name = `cell-${cell.executionCount}${++this.files > 1 ? `-${this.files}` : ""}.txt`;
      return new Spill(spillFolder, name, limits.fileBytes);
    };
    run = { flow: new CellFlow(limits, open), block: undefined, ids: new Set() };
    this.runs.set(cell, run);
    return run;
  }

  /** Looks again when something that waits may be due. */
  private wake(): void {
    this.timer ??= this.setTimeout(() => {
      this.timer = undefined;
      const now = performance.now();
      if (!this.isEarlyRedraw(now)) this.flush();
      this.latest.run(now);
      this.clears.release(now, now);
      if (this.pending || this.latest.next !== undefined || this.clears.next < Infinity) this.wake();
    }, FLUSH_AFTER_MS);
  }

  private send(cell: CellContext, type: string, content: JsonObject, size: number): void {
    this.sendMessage(cell, { type, content, size });
  }

  private sendMessage(cell: CellContext, message: Outgoing): void {
    this.clears.send(cell, message, performance.now());
    if (this.clears.next < Infinity) this.wake();
  }

  private sendNow({ parent }: CellContext, { type, size, ...rest }: Outgoing): void {
    this.waitForRoom();
    const weight = MESSAGE_WEIGHT + (size >> 10);
    Atomics.add(this.parts.control, CONTROL.inFlight, weight);
    const message: FromWorker = { type: "publish", parent, msg_type: type, weight, ...rest };
    const bytes = rest.buffers?.map(({ buffer }) => buffer) ?? [];
    this.parts.port.postMessage(message, bytes);
  }

  /**
   * Until the client has caught up, or the user wants everything to stop. Throws nothing: `console` swallows what its streams
   * throw, and the interrupt would be lost; the next poll of the loop throws.
   */
  private waitForRoom(): void {
    const { control } = this.parts;
    for (;;) {
      const inFlight = Atomics.load(control, CONTROL.inFlight);
      if (inFlight < IN_FLIGHT_LIMIT || Atomics.load(control, CONTROL.interrupt) !== 0) return;
      Atomics.wait(control, CONTROL.inFlight, inFlight, 20);
    }
  }
}
