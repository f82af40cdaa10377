import { execFile, spawn, type ChildProcess } from "node:child_process";
import { promisify } from "node:util";
import { makeMessage, realEnvironment, type Sender } from "../protocol/message.ts";
import type {
  ErrorReply,
  Header,
  InputReply,
  InputRequest,
  KernelInfo,
  Message,
  Page,
  ReplyContent,
  RequestType,
} from "../protocol/messages.ts";
import { IpcTransport } from "../transport/ipc.ts";
import { LastWords } from "./lastWords.ts";
import { KernelDied, type KernelClient, type KernelExit, type KernelOptions, type Sent } from "./kernelClient.ts";
import { runtimeFlags } from "./runtimeFlags.ts";

const SHUTDOWN_MS = 2000;
/** Requests whose answers must not wait for cells or for a slow display. */
const CONTROL: ReadonlySet<RequestType> = new Set<RequestType>([
  "interrupt_request",
  "shutdown_request",
  "gradbook_language_request",
  "gradbook_debug_request",
  "gradbook_variables_request",
]);
const FLOOR = [22, 15] as const;

/** Starts a kernel process and connects to it. See `KernelClient`; failures to start reject `ready`. */
export function startKernel(options: KernelOptions): KernelClient {
  return new KernelProcess(options);
}

interface Pending {
  type: RequestType;
  resolve(message: Message): void;
  reject(error: Error): void;
}

class KernelProcess implements KernelClient {
  readonly ready: Promise<KernelInfo>;
  private readonly options: KernelOptions;
  private readonly sender: Sender = {
    session: realEnvironment.newId(),
    username: "client",
    environment: realEnvironment,
  };
  private readonly pending = new Map<string, Pending>();
  private child: ChildProcess | undefined;
  private transport: IpcTransport | undefined;
  /** Publications and replies are handled one after the other, in the order in which they came. */
  private inOrder: Promise<void> = Promise.resolve();
  /** Questions that are open, by the request that caused them. */
  private readonly asking = new Map<string, Set<AbortController>>();
  private expected = false;
  private exited = false;
  private readonly printed = new LastWords();

  constructor(options: KernelOptions) {
    this.options = options;
    this.ready = this.start();
    // Whoever does not wait for `ready` learns of a failed start by `onExit`.
    this.ready.catch(() => {});
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  private async start(): Promise<KernelInfo> {
    const runtime = this.options.runtime ?? process.execPath;
    const version = await versionOf(runtime);
    if (this.exited) throw new KernelDied("The kernel was ended before it had started.");
    const child = spawn(runtime, [...runtimeFlags(version[0]), this.options.kernelPath], {
      cwd: this.options.cwd,
      env: kernelEnvironment(this.options.env),
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
      windowsHide: true,
      // The leader of a group of its own: what its cells have started can then be ended with it. Windows does that itself.
      detached: process.platform !== "win32",
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.printed.add(text, performance.now());
        this.options.onLog?.(text);
      });
    }
    child.on("error", (error) => this.ended({ code: null, signal: null, expected: this.expected }, error));
    child.on("exit", (code, signal) => this.ended({ code, signal, expected: this.expected }));
    this.transport = new IpcTransport(child);
    this.transport.onMessage = (message) => this.receive(message);
    const info = await this.request("kernel_info_request", {}).reply;
    if (info.status === "error") throw new Error(`The kernel started but did not answer: ${info.evalue}`);
    return info;
  }

  execute: KernelClient["execute"] = (content, metadata = {}) => this.send("execute_request", content, metadata);
  request: KernelClient["request"] = (type, content) => this.send(type, content, {});

  comm: KernelClient["comm"] = (type, content, beside = {}) => {
    const message = makeMessage(this.sender, "shell", type, content, beside);
    if (!this.exited) this.post(message);
    return { msg_id: message.header.msg_id };
  };

  private send<R extends RequestType>(type: R, content: object, metadata: object): Sent<ReplyContent<R> | ErrorReply> {
    const channel = CONTROL.has(type) ? "control" : "shell";
    const message = makeMessage(this.sender, channel, type, content, { metadata: { ...metadata } });
    const { msg_id } = message.header;
    const answer = new Promise<Message>((resolve, reject) => {
      this.pending.set(msg_id, { type, resolve, reject });
      if (this.exited) this.rejectAll(() => "The kernel is not running.");
      else this.post(message, reject);
    });
    // The caller may care for publications only; a kernel that dies is reported by `onExit`.
    const reply = answer.then(({ content }) => content as ReplyContent<R> | ErrorReply);
    reply.catch(() => {});
    return {
      msg_id,
      reply,
      metadata: answer.then(
        ({ metadata: found }) => found,
        () => ({}),
      ),
    };
  }

  private post(message: Message, failed: (error: Error) => void = () => {}): void {
    if (this.transport) void this.transport.send(message);
    else void this.ready.then(() => this.transport?.send(message), failed);
  }

  async interrupt(): Promise<void> {
    await this.request("interrupt_request", {}).reply;
  }

  async shutdown(): Promise<void> {
    if (this.exited) return;
    this.expected = true;
    const gone = new Promise<void>((resolve) => {
      if (!this.child || this.child.exitCode !== null) resolve();
      else this.child.once("exit", () => resolve());
    });
    this.request("shutdown_request", { restart: false });
    const timer = setTimeout(() => this.dispose(), SHUTDOWN_MS);
    await gone;
    clearTimeout(timer);
  }

  dispose(): void {
    this.expected = true;
    this.exited = true;
    this.child?.kill("SIGKILL");
    this.endGroup();
    this.rejectAll(() => "The kernel was ended.");
  }

  /** Programs that cells have started and that were left behind, because the kernel was killed. */
  private endGroup(): void {
    if (process.platform === "win32" || this.child?.pid === undefined) return;
    try {
      process.kill(-this.child.pid, "SIGKILL");
    } catch {
      // Nobody is left.
    }
  }

  private receive(message: Message): Promise<void> | void {
    if (message.channel === "iopub") return this.publish(message);
    if (message.header.msg_type === "input_request") {
      // What was printed before the question is seen before it.
      return void this.inOrder.then(() => this.answer(message));
    }
    this.showPages(message);
    // A reply follows what was published before it; control answers do not wait for a slow display.
    if (message.channel === "control") this.settle(message);
    else void this.inOrder.then(() => this.settle(message));
  }

  private publish(message: Message): Promise<void> {
    return (this.inOrder = this.inOrder
      .then(() => this.options.onPublication(message))
      .catch((error: unknown) => {
        this.options.onLog?.(`A ${message.header.msg_type} message could not be shown: ${String(error)}\n`);
      }));
  }

  /** No client of ours has a pager: what is for one is shown under the cell, as JupyterLab does. */
  private showPages({ parent_header, content }: Message): void {
    for (const { data } of (content["payload"] as Page[] | undefined) ?? []) {
      const shown = { data, metadata: {}, transient: {} };
      void this.publish(makeMessage(this.sender, "iopub", "display_data", shown, { parent: parent_header as Header }));
    }
  }

  private async answer({ header, parent_header, content, metadata }: Message): Promise<void> {
    const { msg_id = "" } = parent_header as { msg_id?: string };
    const asking = new AbortController();
    const all = this.asking.get(msg_id) ?? new Set();
    this.asking.set(msg_id, all.add(asking));
    const request = { ...content, ...(metadata["gradbook"] as object | undefined) } as unknown as InputRequest;
    let reply: InputReply;
    try {
      if (!this.options.onInput) throw new Error("this client cannot ask for input.");
      reply = { value: await this.options.onInput(request, { msg_id, signal: asking.signal }) };
    } catch (error) {
      const { name, message } = error as Error;
      reply = { status: "error", ename: name, evalue: message, traceback: [] };
    }
    all.delete(asking);
    void this.transport?.send(makeMessage(this.sender, "stdin", "input_reply", reply, { parent: header }));
  }

  private settle(message: Message): void {
    const id = (message.parent_header as { msg_id?: string }).msg_id ?? "";
    for (const asking of this.asking.get(id) ?? []) asking.abort();
    this.asking.delete(id);
    this.pending.get(id)?.resolve(message);
    this.pending.delete(id);
  }

  private ended(exit: KernelExit, error?: Error): void {
    if (this.exited && !exit.expected) return;
    this.exited = true;
    this.endGroup();
    const how = error ? error.message : exit.signal ? `killed by ${exit.signal}` : `exit code ${exit.code}`;
    const said = this.printed.text === "" ? "" : `\n${this.printed.text}`;
    void this.inOrder.then(() => {
      this.rejectAll((when) => `The kernel process ended (${how})${when}.${said}`);
      this.options.onExit?.(exit);
    });
  }

  /** `message` is given when the kernel died: while or before the cell ran, "" for what is no cell. */
  private rejectAll(message: (when: string) => string): void {
    let running = true;
    for (const { reject, type } of this.pending.values()) {
      const isCell = type === "execute_request";
      reject(new KernelDied(message(!isCell ? "" : running ? " while this cell ran" : " before this cell ran")));
      // They run in the order in which they were sent.
      if (isCell) running = false;
    }
    this.pending.clear();
  }
}

/** The kernel gets the user's environment less what belongs to VS Code's own processes. */
function kernelEnvironment(extra: { [name: string]: string } = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!name.startsWith("VSCODE_") && !name.startsWith("ELECTRON_") && name !== "NODE_OPTIONS") env[name] = value;
  }
  // Without this VS Code's executable would open a window instead of running the file.
  return { ...env, ...extra, ELECTRON_RUN_AS_NODE: "1" };
}

type Version = readonly [major: number, minor: number];

async function versionOf(runtime: string): Promise<Version> {
  const text = runtime === process.execPath ? process.versions.node : await askVersion(runtime);
  const [major = 0, minor = 0] = text.split(".").map(Number);
  if (major < FLOOR[0] || (major === FLOOR[0] && minor < FLOOR[1])) {
    throw new Error(
      `Gradbook needs Node ${FLOOR.join(".")} or later, and ${runtime} is Node ${text}. Name a newer one in the setting gradbook.runtime or in GRADBOOK_RUNTIME.`,
    );
  }
  return [major, minor];
}

async function askVersion(runtime: string): Promise<string> {
  try {
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: "1" };
    const { stdout } = await promisify(execFile)(runtime, ["-p", "process.versions.node"], { env });
    return stdout.trim();
  } catch (error) {
    throw new Error(
      `The runtime ${runtime} could not be started (${(error as Error).message.split("\n")[0]}). Check the setting gradbook.runtime or GRADBOOK_RUNTIME.`,
    );
  }
}
