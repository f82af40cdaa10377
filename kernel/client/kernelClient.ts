/**
 * The client side of a kernel: starts the kernel process and talks Jupyter messages with it. The VS Code extension and
 * `gradbook run` are both clients of this kind; neither knows how messages travel.
 */
import type {
  CommMessages,
  CommMessageType,
  ExecuteRequest,
  InputRequest,
  JsonObject,
  KernelInfo,
  Message,
  ReplyContent,
  RequestContent,
  RequestType,
  ErrorReply,
} from "../protocol/messages.ts";

export interface KernelOptions {
  /** Path of the kernel's entry file, dist/kernel/main.js. */
  kernelPath: string;
  /** Executable that runs it; default `process.execPath` (VS Code's own runtime inside the extension host). */
  runtime?: string;
  /** Folder of the notebook: the working directory of its cells and the base of their imports. */
  cwd: string;
  env?: { [name: string]: string };
  /** Every message the kernel publishes, in order; the next one waits until the returned promise settles (back-pressure). */
  onPublication(message: Message): void | Promise<void>;
  /**
   * A cell asks its user; rejects when the user cancels or nobody is there. `signal` says that nobody waits for the answer any
   * more. Without this `execute` must not be called with `allow_stdin`.
   */
  onInput?(request: InputRequest, from: { msg_id: string; signal: AbortSignal }): Promise<string>;
  /** The process ended. `expected` is true after `shutdown()` and `dispose()`. Pending requests have been rejected with `KernelDied`. */
  onExit?(exit: KernelExit): void;
  /** What the kernel process prints outside of any cell: for a log. */
  onLog?(text: string): void;
}
export interface KernelExit {
  code: number | null;
  signal: string | null;
  expected: boolean;
}
/** A request sent: its id is the `parent_header.msg_id` of everything it causes. */
export interface Sent<Reply> {
  msg_id: string;
  reply: Promise<Reply>;
  /** Of the reply's message; empty when none came. */
  metadata: Promise<JsonObject>;
}

export interface KernelClient {
  readonly pid: number | undefined;
  /** Resolves when the kernel answers; rejects with what the process printed when it does not start. */
  readonly ready: Promise<KernelInfo>;
  execute(
    content: ExecuteRequest,
    metadata?: { [key: string]: unknown },
  ): Sent<ReplyContent<"execute_request"> | ErrorReply>;
  request<R extends RequestType>(type: R, content: RequestContent<R>): Sent<ReplyContent<R> | ErrorReply>;
  /**
   * Says something over a comm. Nothing replies: when its handler has returned, a status "idle" comes with the returned id as
   * its parent.
   */
  comm<T extends CommMessageType>(
    type: T,
    content: CommMessages[T],
    beside?: { metadata?: JsonObject; buffers?: Uint8Array[] },
  ): { msg_id: string };
  /** Stops the running cell; each call while one is under way is a harder rung. Resolves when the kernel took note. */
  interrupt(): Promise<void>;
  /** Asks the kernel to end, and ends it when it does not answer within two seconds. */
  shutdown(): Promise<void>;
  /** Ends the process at once. */
  dispose(): void;
}

/** The process ended while a request was waiting for its reply; the message holds the last of what it printed. */
export class KernelDied extends Error {
  override readonly name = "KernelDied";
}
