/** A real kernel with a connection file, and bare ZeroMQ sockets that talk to it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as zmq from "zeromq";
import { runtimeFlags } from "../../kernel/client/runtimeFlags.ts";
import { PORTS, type Connection } from "../../kernel/transport/connectionFile.ts";
import { CHANNELS, type FuzzChannel } from "./wireMessages.ts";

/** What a busy machine may take; longer is a kernel that hangs. */
const PATIENCE_MS = 60_000;

interface Reply {
  msg_type: string;
  content: { [name: string]: unknown };
}

export class WireKernel {
  readonly key = crypto.randomUUID();
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-wire-"));
  connection!: Connection;
  exit: string | undefined;
  log = "";
  /** How many replies each request has had. */
  readonly replies = new Map<string, number>();
  private readonly child: ChildProcess;
  private readonly file = path.join(this.folder, "kernel.json");
  private readonly sockets = new Set<zmq.Dealer>();
  private readonly waiting = new Map<string, (reply: Reply) => void>();
  private ids = 0;

  constructor() {
    const ports = Object.fromEntries(PORTS.map((name) => [name, 0]));
    const connection = { transport: "tcp", ip: "127.0.0.1", key: this.key, signature_scheme: "hmac-sha256", ...ports };
    writeFileSync(this.file, JSON.stringify(connection), { mode: 0o600 });
    const flags = runtimeFlags(Number.parseInt(process.versions.node, 10));
    const main = path.resolve(import.meta.dirname, "../../kernel/main.ts");
    this.child = spawn(process.execPath, [...flags, main, this.file], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => (this.log += text));
    }
    this.child.on("exit", (code, signal) => (this.exit = `exit code ${code}, signal ${signal}`));
  }

  async ready(): Promise<void> {
    for (;;) {
      this.connection = JSON.parse(readFileSync(this.file, "utf8")) as Connection;
      if (this.connection.hb_port !== 0) return;
      if (this.exit) throw new Error(`The kernel has ended (${this.exit}):\n${this.log}`);
      await sleep(10);
    }
  }

  get pid(): number {
    return this.child.pid!;
  }

  address(channel: FuzzChannel | "hb" | "iopub"): string {
    return `tcp://127.0.0.1:${this.connection[`${channel}_port`]}`;
  }

  /** A client on each channel, of that name if there is one. What it gets is counted and checked. */
  connect(routingId?: string): { [channel in FuzzChannel]: zmq.Dealer } {
    const made = CHANNELS.map((channel) => {
      const socket = new zmq.Dealer({ linger: 0, ...(routingId !== undefined && { routingId }) });
      socket.connect(this.address(channel));
      this.sockets.add(socket);
      void this.read(socket);
      return [channel, socket] as const;
    });
    return Object.fromEntries(made) as { [channel in FuzzChannel]: zmq.Dealer };
  }

  disconnect(sockets: Iterable<zmq.Dealer>): void {
    for (const socket of sockets) {
      this.sockets.delete(socket);
      socket.close();
    }
  }

  /** Sends a good request, and resolves to its reply. Rejects when there is none. */
  async ask(socket: zmq.Dealer, msg_type: string, content: object = {}): Promise<Reply["content"]> {
    const msg_id = `good-${++this.ids}`;
    const header = { msg_id, msg_type, session: "good", username: "u", date: new Date().toISOString(), version: "5.4" };
    const parts = [header, {}, {}, content].map((part) => Buffer.from(JSON.stringify(part)));
    const late = new AbortController();
    const answered = new Promise<Reply>((resolve) => this.waiting.set(msg_id, resolve));
    await socket.send(["<IDS|MSG>", this.sign(parts), ...parts]);
    const reply = await Promise.race([
      answered,
      this.ended(late.signal),
      sleep(PATIENCE_MS, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
    this.waiting.delete(msg_id);
    if (!reply)
      throw new Error(`${msg_type} had no reply: ${this.exit ?? "the kernel hangs"}\n${this.log.slice(-3000)}`);
    return reply.content;
  }

  /** The value of an expression. A cell of the fuzz that fails cancels what waits behind it; then it is asked for again. */
  async value(socket: zmq.Dealer, code: string): Promise<string> {
    for (;;) {
      const reply = await this.ask(socket, "execute_request", {
        code: "0",
        user_expressions: { it: code },
        silent: true,
      });
      if (reply["ename"] === "Cancelled") continue;
      const values = reply["user_expressions"] as { it: { data?: { "text/plain": string } } } | undefined;
      return values?.it.data?.["text/plain"] ?? JSON.stringify(reply);
    }
  }

  async stop(): Promise<void> {
    this.disconnect([...this.sockets]);
    if (!this.exit) {
      const gone = new Promise((resolve) => this.child.once("exit", resolve));
      this.child.kill("SIGTERM");
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private sign(parts: readonly Buffer[]): string {
    return createHmac("sha256", this.key).update(Buffer.concat(parts)).digest("hex");
  }

  private async ended(signal: AbortSignal): Promise<undefined> {
    if (this.exit === undefined) {
      await new Promise<void>((resolve) => {
        const done = (): void => resolve();
        this.child.once("exit", done);
        signal.addEventListener("abort", () => (this.child.off("exit", done), resolve()));
      });
    }
    return undefined;
  }

  private async read(socket: zmq.Dealer): Promise<void> {
    for await (const frames of socket) {
      const [delimiter, signature, ...parts] = frames as Buffer[];
      if (String(delimiter) !== "<IDS|MSG>" || String(signature) !== this.sign(parts.slice(0, 4))) {
        throw new Error(`The kernel sent what it has not signed: ${String(parts[0])}`);
      }
      const [header, parent, , content] = parts.slice(0, 4).map((part) => JSON.parse(String(part)) as unknown) as [
        { msg_type: string },
        { msg_id: string },
        unknown,
        Reply["content"],
      ];
      if (header.msg_type === "input_request") continue;
      this.replies.set(parent.msg_id, (this.replies.get(parent.msg_id) ?? 0) + 1);
      this.waiting.get(parent.msg_id)?.({ msg_type: header.msg_type, content });
    }
  }
}
