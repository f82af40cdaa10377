/**
 * Jupyter messages over five ZeroMQ sockets, for front ends that start the kernel with a connection file. Loaded only then.
 *
 * Source: Jupyter messaging specification 5.5; iopub_welcome: Jupyter enhancement proposal 65.
 */
import path from "node:path";
import { Worker } from "node:worker_threads";
import * as zmq from "zeromq";
import type { Channel, Message } from "../protocol/messages.ts";
import { addressOf, type Connection } from "./connectionFile.ts";
import type { HeartbeatData } from "./heartbeatThread.ts";
import type { Transport } from "./transport.ts";
import { LIMITS, Wire, WireError } from "./wire.ts";

/** Beside this file, in the sources and in the build. */
const HEARTBEAT = path.join(import.meta.dirname, "heartbeatThread" + path.extname(import.meta.filename));
/** How often the parent is looked for. */
const PARENT_MS = 1000;

type Asked = Exclude<Channel, "iopub">;

export interface ZeromqOptions {
  connection: Connection;
  /** A front end has subscribed to iopub, to messages whose topic begins with `topic`: what to greet it with. */
  welcome(topic: string): Message;
  /** A message that was dropped, and why. */
  log(line: string): void;
}

export { readConnectionFile } from "./connectionFile.ts";

export class ZeromqTransport implements Transport {
  private readonly options: ZeromqOptions;
  private readonly wire: Wire;
  private readonly routers: { [channel in Asked]: Outgoing<zmq.Router> };
  private readonly iopub: Outgoing<zmq.XPublisher>;
  private heartbeat: Worker | undefined;
  /** Who asked, by the id of the request: where its reply goes, and its `input_request`s. */
  private readonly askers = new Map<string, Buffer[]>();
  /** Called for each request in order of arrival. */
  onMessage: (message: Message) => void | Promise<void> = () => {};
  /** The process that started the kernel has ended. */
  onClose: () => void = () => {};

  constructor(options: ZeromqOptions) {
    const { connection } = options;
    this.options = options;
    this.wire = new Wire(connection.key, connection.signature_scheme);
    if (connection.curve && !zmq.capability.curve) {
      throw new Error(
        "The connection file asks for CurveZMQ, and this build of the zeromq package has no CURVE. Start the kernel without encryption, or install zeromq built with libsodium.",
      );
    }
    const common = { linger: 1000, maxMessageSize: LIMITS.part, ...curveOptions(connection) };
    const router = (): Outgoing<zmq.Router> =>
      new Outgoing(new zmq.Router({ ...common, handover: true, mandatory: false }));
    this.routers = { shell: router(), control: router(), stdin: router() };
    // Without a limit of its own nothing is dropped; the cells' thread waits by our own count of what is under way.
    this.iopub = new Outgoing(new zmq.XPublisher({ ...common, sendHighWaterMark: 0, verbosity: "allSubs" }));
  }

  /** Listens on every port of the connection file, or fails with the port that is taken. */
  async bind(): Promise<void> {
    const { connection, log } = this.options;
    const sockets: [zmq.Socket & { bind(address: string): Promise<void> }, number][] = [
      [this.routers.shell.socket, connection.shell_port],
      [this.routers.control.socket, connection.control_port],
      [this.routers.stdin.socket, connection.stdin_port],
      [this.iopub.socket, connection.iopub_port],
    ];
    for (const [socket, port] of sockets) await bindTo(socket, addressOf(connection, port));
    const workerData: HeartbeatData = {
      address: addressOf(connection, connection.hb_port),
      curve: curveOptions(connection),
    };
    const heartbeat = (this.heartbeat = new Worker(HEARTBEAT, { workerData }));
    heartbeat.unref();
    heartbeat.on("error", (error) => log(`heartbeat: ${String(error)}`));
    for (const channel of ["shell", "control", "stdin"] as const) void this.receive(channel);
    void this.welcome();
    this.watchParent();
  }

  /** Sockets do not say that a front end has died; its process does. */
  private watchParent(): void {
    const parent = Number(process.env["JPY_PARENT_PID"] ?? 0) || process.ppid;
    setInterval(() => isAlive(parent) || this.onClose(), PARENT_MS).unref();
  }

  async send(message: Message): Promise<void> {
    if (message.channel === "iopub") {
      return this.iopub.send(this.wire.encode(message, [Buffer.from(message.header.msg_type)]));
    }
    const parent = (message.parent_header as { msg_id?: string }).msg_id ?? "";
    const asker = this.askers.get(parent);
    if (message.channel !== "stdin") this.askers.delete(parent);
    if (!asker) return;
    await this.routers[message.channel].send(this.wire.encode(message, asker));
  }

  async close(): Promise<void> {
    const sockets = [...Object.values(this.routers), this.iopub];
    await Promise.all(sockets.map((each) => each.sent));
    for (const { socket } of sockets) socket.close();
    const { heartbeat } = this;
    if (!heartbeat) return;
    const ended = new Promise((resolve) => heartbeat.once("exit", resolve));
    heartbeat.postMessage("close");
    await ended;
  }

  private async receive(channel: Asked): Promise<void> {
    for await (const frames of this.routers[channel].socket) {
      try {
        const { identities, message } = this.wire.decode(channel, frames);
        if (channel !== "stdin") this.askers.set(message.header.msg_id, identities);
        void this.onMessage(message);
      } catch (error) {
        // A fault of ours must not close the channel for everybody.
        const why = error instanceof WireError ? error.message : String((error as Error).stack);
        this.options.log(`dropped a message on ${channel}: ${why}`);
      }
    }
  }

  private async welcome(): Promise<void> {
    for await (const [frame] of this.iopub.socket) {
      // 1: subscribes, 0: leaves.
      if (frame?.[0] !== 1) continue;
      const topic = frame.subarray(1);
      await this.iopub.send(this.wire.encode(this.options.welcome(topic.toString()), [topic]));
    }
  }
}

/** ZeroMQ takes one message at a time; these go one after the other. */
class Outgoing<S extends zmq.Socket & { send(frames: Uint8Array[]): Promise<void> }> {
  readonly socket: S;
  sent: Promise<void> = Promise.resolve();

  constructor(socket: S) {
    this.socket = socket;
  }

  send(frames: Uint8Array[]): Promise<void> {
    // A client that is gone is no reason to stop talking to the others.
    return (this.sent = this.sent.then(() => this.socket.send(frames)).catch(() => {}));
  }
}

function curveOptions({ curve }: Connection): HeartbeatData["curve"] {
  return curve ? { curveServer: true, curvePublicKey: curve.publicKey, curveSecretKey: curve.secretKey } : {};
}

async function bindTo(socket: { bind(address: string): Promise<void> }, address: string): Promise<void> {
  try {
    await socket.bind(address);
  } catch (error) {
    throw new Error(`The kernel cannot listen on ${address}: ${(error as Error).message}.`);
  }
}

function isAlive(pid: number): boolean {
  // An orphan belongs to another process from then on.
  if (process.platform !== "win32" && process.ppid === 1 && pid !== 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
