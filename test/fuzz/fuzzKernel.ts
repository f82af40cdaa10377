/** A real kernel as a client sees it, with every reply and every idle counted. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { KernelClient } from "../../kernel/client/kernelClient.ts";
import { startKernel } from "../../kernel/client/startKernel.ts";
import type { ErrorReply, Message, ReplyContent } from "../../kernel/protocol/messages.ts";
import type { IpcTransport } from "../../kernel/transport/ipc.ts";

export type Reply = ReplyContent<"execute_request"> | ErrorReply;

const IDLE_MS = 20_000;

export interface Request {
  msg_id: string;
  reply: Promise<Reply>;
}

interface Counts {
  replies: number;
  idles: number;
  /** text/plain of its value. */
  value: string | undefined;
}

export class FuzzKernel {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-fuzz-"));
  readonly client: KernelClient;
  exit: string | undefined;
  log = "";
  private readonly counts = new Map<string, Counts>();

  constructor() {
    this.client = startKernel({
      kernelPath: path.resolve(import.meta.dirname, "../../kernel/main.ts"),
      cwd: this.folder,
      // Nothing that a mutated cell calls finds a program, or the network.
      env: { PATH: this.folder, http_proxy: "http://127.0.0.1:9", https_proxy: "http://127.0.0.1:9" },
      onPublication: (message) => this.published(message),
      onExit: ({ code, signal, expected }) => {
        if (!expected) this.exit = `exit code ${code}, signal ${signal}`;
      },
      onLog: (text) => (this.log = (this.log + text).slice(-4000)),
    });
  }

  async ready(): Promise<void> {
    await this.client.ready;
    // The client forgets a request when its reply is there: a second one is seen only here.
    const { transport } = this.client as unknown as { transport: IpcTransport };
    const { onMessage } = transport;
    transport.onMessage = (message) => {
      if (message.header.msg_type === "execute_reply") this.of(message).replies++;
      return onMessage(message);
    };
  }

  execute(code: string): Request {
    return this.client.execute({ code, stop_on_error: false });
  }

  /** What a request got, as an error text when that is not one reply and one idle. */
  async faultOf({ msg_id }: Request): Promise<string | undefined> {
    // Idle may come after the reply.
    for (const began = performance.now(); performance.now() - began < IDLE_MS && this.countsOf(msg_id).idles === 0;)
      await new Promise((resolve) => setTimeout(resolve, 5));
    const { replies, idles } = this.countsOf(msg_id);
    return replies === 1 && idles === 1 ? undefined : `${replies} replies and ${idles} idles to one request`;
  }

  valueOf({ msg_id }: Request): string | undefined {
    return this.countsOf(msg_id).value;
  }

  forget(): void {
    this.counts.clear();
  }

  async stop(): Promise<void> {
    await this.client.shutdown();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private published(message: Message): void {
    const { content } = message;
    if (message.header.msg_type === "status" && content["execution_state"] === "idle") this.of(message).idles++;
    if (message.header.msg_type === "execute_result") {
      this.of(message).value = (content["data"] as { "text/plain"?: string })["text/plain"];
    }
  }

  private of({ parent_header }: Message): Counts {
    return this.countsOf((parent_header as { msg_id?: string }).msg_id ?? "");
  }

  private countsOf(id: string): Counts {
    let counts = this.counts.get(id);
    if (!counts) this.counts.set(id, (counts = { replies: 0, idles: 0, value: undefined }));
    return counts;
  }
}
