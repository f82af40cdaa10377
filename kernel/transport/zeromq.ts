/**
 * Jupyter messages over five ZeroMQ sockets, for front ends that start the kernel with a connection file. Loaded only then.
 *
 * Source: Jupyter messaging specification 5.5; iopub_welcome: Jupyter enhancement proposal 65.
 */
import * as zmq from "zeromq";
import type { Channel, Header, Message } from "../protocol/messages.ts";
import { addressOf, checkCapability, PORTS, warningsOf, type Connection, type PortName } from "./connectionFile.ts";
import { Heartbeat } from "./heartbeat.ts";
import { freeNumber, keepPrivate, refuseInUse, removeSockets } from "./ipcSockets.ts";
import { watchParent } from "./parentProcess.ts";
import { Publisher, QUEUE, type PubSocket } from "./publisher.ts";
import { QuietLog } from "./quietLog.ts";
import type { Transport } from "./transport.ts";
import { LIMITS, Wire, WireError } from "./wire.ts";

/** Of a heartbeat, and of a subscription to iopub: both are words. A handshake of CurveZMQ fits as well. */
const SMALL = 64 * 2 ** 10;
/** A front end names the beginning of message types, or nothing. */
const LONGEST_TOPIC = 255;

type Asked = Exclude<Channel, "iopub">;

export interface ZeromqOptions {
  connection: Connection;
  /** A front end has subscribed to iopub, to messages whose topic begins with `topic`: what to greet it with. */
  welcome(topic: string): Message;
  /** What somebody should know: a message that was dropped and why, a connection that others can listen to. */
  log(line: string): void;
}

export { PORTS, readConnectionFile, writePorts } from "./connectionFile.ts";

export class ZeromqTransport implements Transport {
  private readonly options: ZeromqOptions;
  private readonly quiet: QuietLog;
  private readonly wire: Wire;
  private readonly routers: { [channel in Asked]: Outgoing };
  private readonly iopubSocket: GreetingPublisher;
  private readonly iopub: Publisher;
  private heartbeat: Heartbeat | undefined;
  /** Where the sockets listen, once they do. */
  ports: { [port in PortName]: number } | undefined;
  /** Where the reply to a request goes, as long as somebody has the request's header: replies carry that very object. */
  private readonly identities = new WeakMap<object, Buffer[]>();
  /** Where questions of a cell go, by the id of its request, until that has its reply. */
  private readonly askers = new Map<string, Buffer[]>();
  /** Called for each request in order of arrival. */
  onMessage: (message: Message) => void | Promise<void> = () => {};
  /** The process that started the kernel has ended. */
  onClose: () => void = () => {};

  constructor(options: ZeromqOptions) {
    const { connection, log } = options;
    this.options = options;
    this.quiet = new QuietLog({ write: log });
    this.wire = new Wire(connection.key, connection.signature_scheme);
    checkCapability(connection, zmq.capability);
    for (const line of warningsOf(connection)) log(line);
    const common = this.socketOptions();
    const router = (): Outgoing =>
      new Outgoing(new zmq.Router({ ...common, maxMessageSize: LIMITS.part, handover: true }));
    this.routers = { shell: router(), control: router(), stdin: router() };
    this.iopubSocket = new GreetingPublisher({
      ...common,
      maxMessageSize: SMALL,
      sendHighWaterMark: QUEUE,
      sendTimeout: 0,
      noDrop: true,
      manual: true,
    });
    this.iopub = new Publisher(this.iopubSocket as unknown as PubSocket, log);
  }

  /**
   * Takes every port of the connection file, and chooses one where it says 0. Resolves to the ports; rejects with the port that is
   * taken. The heartbeat's is waited for only if it was to be chosen: otherwise `onBroken` tells of it.
   */
  async bind(onBroken: (error: Error) => void): Promise<{ [port in PortName]: number }> {
    const { connection } = this.options;
    const ports = { ...Object.fromEntries(PORTS.map((name) => [name, connection[name]])) } as {
      [port in PortName]: number;
    };
    if (connection.transport === "ipc") {
      for (const name of PORTS) ports[name] ||= freeNumber(connection.ip, Object.values(ports));
      const files = PORTS.map((name) => `${connection.ip}-${ports[name]}`);
      await Promise.all(PORTS.map((name, i) => this.naming(name, ports[name], refuseInUse(files[i]!))));
      process.once("exit", () => removeSockets(files));
    }
    const heart = this.naming("hb_port", ports.hb_port, this.beat(ports.hb_port));
    heart.catch(() => {});
    const sockets = {
      shell_port: this.routers.shell.socket,
      control_port: this.routers.control.socket,
      stdin_port: this.routers.stdin.socket,
      iopub_port: this.iopubSocket,
    };
    for (const [name, socket] of Object.entries(sockets) as [PortName, zmq.Router][]) {
      const bound = this.naming(name, ports[name], socket.bind(addressOf(connection, ports[name])));
      await bound.catch(async (error: unknown) => {
        await this.heartStarted();
        throw error;
      });
      ports[name] = this.bound(socket.lastEndpoint!, ports[name]);
    }
    if (ports.hb_port === 0) ports.hb_port = this.bound(await heart, 0);
    else heart.then((address) => this.bound(address, ports.hb_port), onBroken);
    return (this.ports = ports);
  }

  /** From now on messages are delivered. To be called once, when `onMessage` and `onClose` are there. */
  serve(): void {
    for (const channel of ["shell", "control", "stdin"] as const) {
      this.receive(channel).catch((error: unknown) => this.options.log(`${channel} is closed: ${String(error)}`));
    }
    this.greet().catch((error: unknown) => this.options.log(`iopub is closed: ${String(error)}`));
    watchParent(process.env, () => this.onClose());
  }

  async send(message: Message): Promise<void> {
    const { channel, header, parent_header } = message;
    if (channel === "iopub") return this.iopub.send(this.encode(message, [Buffer.from(header.msg_type)]));
    const id = (parent_header as Partial<Header>).msg_id ?? "";
    const asker = channel === "stdin" ? this.askers.get(id) : this.identities.get(parent_header);
    if (channel !== "stdin" && this.askers.get(id) === asker) this.askers.delete(id);
    if (!asker) {
      // The rest is for somebody who did not ask: nothing is owed.
      if (header.msg_type === "input_request")
        throw new Error("the front end that ran this cell had its reply and cannot be asked now");
      return;
    }
    const frames = this.encode(message, asker);
    // Outputs come before the reply. What control answers must not wait for anybody.
    if (channel === "shell") await this.iopub.sent;
    await this.routers[channel].send(frames);
  }

  /** What a cell shows need not be JSON: a BigInt, a circle. Then that is said in its place. */
  private encode(message: Message, to: readonly Uint8Array[]): Uint8Array[] {
    try {
      return this.wire.encode(message, to);
    } catch (error) {
      const { channel, header } = message;
      const evalue = `This ${header.msg_type} cannot be written as JSON: ${(error as Error).message}`;
      this.options.log(evalue);
      if (channel !== "iopub") {
        const content = { status: "error", ename: "TypeError", evalue, traceback: [] };
        return this.wire.encode({ ...message, metadata: {}, content }, to);
      }
      const said = { ...message, header: { ...header, msg_type: "stream" }, metadata: {} };
      return this.wire.encode({ ...said, content: { name: "stderr", text: `${evalue}\n` } }, [Buffer.from("stream")]);
    }
  }

  /** Resolves when everything is on its way. The process may end then, by `process.exit`. */
  async close(): Promise<void> {
    await this.iopub.sent;
    await Promise.all(Object.values(this.routers).map((each) => each.sent));
    for (const { socket } of Object.values(this.routers)) socket.close();
    this.iopubSocket.close();
    await this.heartStarted();
    this.heartbeat?.end();
  }

  /** A process that ends while the heartbeat's thread is loading zeromq aborts. */
  private async heartStarted(): Promise<void> {
    await this.heartbeat?.bound.catch(() => {});
  }

  /** Whether a client was left in the middle of what it should have read. libzmq may abort when it says goodbye to it. */
  get leftBehind(): boolean {
    return this.iopub.leftBehind;
  }

  private socketOptions(): { [option: string]: unknown } {
    const { curve, ip } = this.options.connection;
    return {
      linger: 1000,
      ipv6: ip.includes(":"),
      ...(curve && { curveServer: true, curvePublicKey: curve.publicKey, curveSecretKey: curve.secretKey }),
    };
  }

  private beat(port: number): Promise<string> {
    const options = { ...this.socketOptions(), linger: 0, maxMessageSize: SMALL, handover: true };
    this.heartbeat = new Heartbeat(addressOf(this.options.connection, port), options);
    return this.heartbeat.bound;
  }

  /** The port that a socket has got. */
  private bound(address: string, port: number): number {
    const { transport, ip } = this.options.connection;
    if (transport === "tcp") return Number(/:(\d+)$/.exec(address)![1]);
    keepPrivate(`${ip}-${port}`);
    return port;
  }

  /** What fails here fails with the channel and its address. */
  private async naming<T>(name: PortName, port: number, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const address = addressOf(this.options.connection, port);
      const { code, message } = error as NodeJS.ErrnoException;
      const what = code === "EADDRINUSE" ? "another program uses this port" : message;
      throw new Error(
        `The kernel cannot listen on ${address} (${name} of the connection file): ${what}. Start the kernel anew, so that the front end chooses another one.`,
      );
    }
  }

  private async receive(channel: Asked): Promise<void> {
    for await (const frames of this.routers[channel].socket) {
      try {
        const { identities, message } = this.wire.decode(channel, frames);
        const { header } = message;
        this.identities.set(header, identities);
        if (header.msg_type === "execute_request") this.askers.set(header.msg_id, identities);
        void this.onMessage(message);
      } catch (error) {
        // A fault of ours must not close the channel for everybody.
        const why = error instanceof WireError ? error.message : String((error as Error).stack);
        this.quiet.write(`dropped messages on ${channel}`, `dropped a message on ${channel}: ${why}`);
      }
    }
  }

  private async greet(): Promise<void> {
    for await (const [frame] of this.iopubSocket) {
      // 1: subscribes, 0: leaves.
      if (frame === undefined || frame.length > LONGEST_TOPIC + 1) continue;
      const topic = Buffer.from(frame.subarray(1));
      if (frame[0] === 0) this.iopubSocket.leave(topic);
      if (frame[0] !== 1) continue;
      const welcome = this.wire.encode(this.options.welcome(topic.toString()), [topic]);
      await this.iopub.send(welcome, () => this.iopubSocket.admit(topic));
    }
  }
}

/**
 * A publisher to which a client belongs when we say so, and not as soon as libzmq has read that it subscribes: what is published
 * in between would come before the greeting.
 */
class GreetingPublisher extends zmq.XPublisher {
  /** Lets the client in whose subscription was received last. */
  admit(topic: Buffer): void {
    this.setStringOption(ZMQ_SUBSCRIBE, topic);
  }
  leave(topic: Buffer): void {
    this.setStringOption(ZMQ_UNSUBSCRIBE, topic);
  }
}
const [ZMQ_SUBSCRIBE, ZMQ_UNSUBSCRIBE] = [6, 7];

/** ZeroMQ takes one message at a time; these go one after the other. */
class Outgoing {
  readonly socket: zmq.Router;
  sent: Promise<void> = Promise.resolve();

  constructor(socket: zmq.Router) {
    this.socket = socket;
  }

  send(frames: Uint8Array[]): Promise<void> {
    // A client that is gone is no reason to stop talking to the others.
    return (this.sent = this.sent.then(() => this.socket.send(frames)).catch(() => {}));
  }
}
