/** A real kernel process, run from the sources, with what it published for each cell. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { KernelClient, KernelExit, KernelOptions } from "../../kernel/client/kernelClient.ts";
import { startKernel } from "../../kernel/client/startKernel.ts";
import type { CommMessageType, ErrorReply, Message, ReplyContent } from "../../kernel/protocol/messages.ts";

export interface CellResult {
  msg_id: string;
  reply: ReplyContent<"execute_request"> | ErrorReply;
  stdout: string;
  stderr: string;
  /** text/plain of the value; undefined when none was shown. */
  value: string | undefined;
  publications: Message[];
}

export interface Running {
  msg_id: string;
  result: Promise<CellResult>;
  /** Resolves when the cell has printed `text` (on stdout or stderr). */
  printed(text: string | RegExp): Promise<void>;
  /** What is there so far. */
  stdout(): string;
  /** Resolves when a display of the cell has come whose text/plain is like that. */
  displayed(text: RegExp): Promise<void>;
}

interface Options {
  runtime?: string;
  env?: { [name: string]: string };
  onPublication?: () => Promise<void>;
  onInput?: NonNullable<KernelOptions["onInput"]>;
  /** What earlier cells published is forgotten when a cell starts: for thousands of them. */
  forgets?: boolean;
}

export class KernelUnderTest {
  readonly folder: string;
  readonly client: KernelClient;
  readonly exited: Promise<KernelExit>;
  readonly log: string[] = [];
  private readonly publications: Message[] = [];
  private readonly watchers = new Set<() => void>();
  private readonly forgets: boolean;

  /** One that answers. */
  static async started(options?: Options): Promise<KernelUnderTest> {
    const kernel = new KernelUnderTest(options);
    await kernel.client.ready;
    return kernel;
  }

  constructor(options: Options = {}) {
    this.folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-test-"));
    let exit: (value: KernelExit) => void;
    this.exited = new Promise((resolve) => (exit = resolve));
    const { onPublication, forgets = false, ...rest } = options;
    this.forgets = forgets;
    this.client = startKernel({
      ...rest,
      kernelPath: path.resolve(import.meta.dirname, "../../kernel/main.ts"),
      cwd: this.folder,
      onPublication: async (message) => {
        this.publications.push(message);
        for (const watch of this.watchers) watch();
        await onPublication?.();
      },
      onExit: (value) => exit(value),
      onLog: (text) => {
        this.log.push(text);
        for (const watch of this.watchers) watch();
      },
    });
  }

  start(
    code: string,
    options: { silent?: boolean; stop_on_error?: boolean; allow_stdin?: boolean } = {},
    metadata: { cellId?: string } = {},
  ): Running {
    if (this.forgets) this.publications.length = 0;
    const { msg_id, reply } = this.client.execute({ code, ...options }, metadata);
    const mine = (): Message[] => this.publicationsOf(msg_id);
    const stream = (name: string): string =>
      mine()
        .filter((m) => m.header.msg_type === "stream" && m.content["name"] === name)
        .map((m) => m.content["text"])
        .join("");
    const printed = (text: string | RegExp): Promise<void> =>
      this.until(() =>
        ["stdout", "stderr"]
          .map(stream)
          .some((all) => (typeof text === "string" ? all.includes(text) : text.test(all))),
      );
    const displayed = (text: RegExp): Promise<void> =>
      this.until(() =>
        mine().some(
          ({ header, content }) =>
            header.msg_type.includes("display_data") &&
            text.test(String((content["data"] as { "text/plain"?: unknown })["text/plain"])),
        ),
      );
    const result = reply.then((content) => {
      const publications = mine();
      const shown = publications.find((m) => m.header.msg_type === "execute_result");
      const value = (shown?.content["data"] as { "text/plain"?: string } | undefined)?.["text/plain"];
      return { msg_id, reply: content, stdout: stream("stdout"), stderr: stream("stderr"), value, publications };
    });
    result.catch(() => {});
    return { msg_id, result, printed, displayed, stdout: () => stream("stdout") };
  }

  /** Says something over a comm; resolves with what that caused until its handler had returned. */
  async comm(type: CommMessageType, content: object, buffers: Uint8Array[] = []): Promise<Message[]> {
    const { msg_id } = this.client.comm(type, { data: {}, ...content } as never, { buffers });
    const all = (): Message[] => this.publicationsOf(msg_id);
    await this.until(() => all().some(({ content: { execution_state } }) => execution_state === "idle"));
    return all();
  }

  /** Everything published by now, in order. */
  all(type?: string): Message[] {
    return this.publications.filter(({ header }) => type === undefined || header.msg_type === type);
  }
  /** Resolves when a publication is as wanted. */
  async published(wanted: (message: Message) => boolean): Promise<Message> {
    await this.until(() => this.publications.some(wanted));
    return this.publications.find(wanted)!;
  }

  /** Resolves when the kernel's process has printed `text`. */
  logged(text: string): Promise<void> {
    return this.until(() => this.log.join("").includes(text));
  }

  /** Everything that a request has caused by now. */
  publicationsOf(msg_id: string): Message[] {
    return this.publications.filter((m) => (m.parent_header as { msg_id?: string }).msg_id === msg_id);
  }

  run(code: string): Promise<CellResult> {
    return this.start(code).result;
  }

  /** The value of an expression as text; throws the cell's error. */
  async value(code: string): Promise<string | undefined> {
    const { reply, value } = await this.run(code);
    if (reply.status === "error") throw new Error(`${reply.ename}: ${reply.evalue}\n${reply.traceback.join("\n")}`);
    return value;
  }

  private until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watch = (): void => {
        if (!condition()) return;
        this.watchers.delete(watch);
        resolve();
      };
      this.watchers.add(watch);
      watch();
    });
  }

  async stop(): Promise<void> {
    await this.client.shutdown();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
