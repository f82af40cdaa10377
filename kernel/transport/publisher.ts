/**
 * The way out on iopub. ZeroMQ keeps a queue for each client that has subscribed. It is short: when one is full, sending waits for
 * that client, and with it, by the count of what is under way (session/control.ts), the cell that prints. So a client that
 * reads gets everything, at its pace. One that does not read for a while loses messages, alone: the others go on, and what
 * is kept for it stays as long as the queue.
 */
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";

/** What is needed of an XPUB socket, whose `sendTimeout` must be 0: `send` answers EAGAIN at once when a queue is full. */
export interface PubSocket {
  send(frames: Uint8Array[]): Promise<void>;
  /** False: a message is dropped for the clients whose queue is full. */
  noDrop: boolean;
}

/** Messages in one client's queue. There are two more queues behind it: the system's, and the client's own of 1000. */
export const QUEUE = 64;
/** How long a client may keep everybody waiting … */
const PATIENCE_MS = 1000;
/** … and how long when one was too slow within the last minute. */
const IMPATIENCE_MS = 100;
const REMEMBERED_MS = 60_000;
/** A client that reads makes room sooner than a timer can fire. */
const SPIN_MS = 2;

export class Publisher {
  private readonly socket: PubSocket;
  private readonly log: (line: string) => void;
  private gaveUpAt = -Infinity;
  /** Resolves when all that was given so far is on its way. */
  sent: Promise<void> = Promise.resolve();

  constructor(socket: PubSocket, log: (line: string) => void) {
    this.socket = socket;
    this.log = log;
  }

  /** Whether a client has ever been left behind: its connection may still be in the middle of a message. */
  get leftBehind(): boolean {
    return this.gaveUpAt > -Infinity;
  }

  /** `first` is called when all that was given before is on its way, and these frames are about to be. */
  send(frames: Uint8Array[], first?: () => void): Promise<void> {
    const mine = this.sent.then(() => {
      first?.();
      return this.put(frames);
    });
    // Only `first` can fail; the others go on.
    this.sent = mine.catch(() => {});
    return mine;
  }

  private async put(frames: Uint8Array[]): Promise<void> {
    const began = performance.now();
    const patience = began - this.gaveUpAt < REMEMBERED_MS ? IMPATIENCE_MS : PATIENCE_MS;
    for (;;) {
      if (await this.try(frames)) return;
      const waited = performance.now() - began;
      if (waited >= patience) break;
      await (waited < SPIN_MS ? turn() : pause(1));
    }
    if (!this.leftBehind) {
      this.log("iopub: a client does not read; from now on messages are dropped for it while its queue is full");
    }
    this.gaveUpAt = performance.now();
    await this.sendToOthers(frames);
  }

  /** False: a queue is full. */
  private async try(frames: Uint8Array[]): Promise<boolean> {
    try {
      await this.socket.send(frames);
      return true;
    } catch (error) {
      // Anything else: the socket was closed.
      return (error as NodeJS.ErrnoException).code !== "EAGAIN";
    }
  }

  /** ZeroMQ leaves a client out from its first lost message until it has read half of its queue. */
  private async sendToOthers(frames: Uint8Array[]): Promise<void> {
    const { emitWarning } = process;
    // The package warns that the option comes too late; libzmq takes it at any time.
    process.emitWarning = () => {};
    this.socket.noDrop = false;
    const sent = this.try(frames);
    this.socket.noDrop = true;
    process.emitWarning = emitWarning;
    await sent;
  }
}
