/**
 * The whole protocol in one place: which handler answers which request, and what surrounds every answer: busy, exactly
 * one reply, idle. No sockets, no clock: messages come in by `receive` and leave by `send`.
 */
import type { Handler, HandlerContext } from "./handler.ts";
import { debug } from "./handlers/debug.ts";
import { debugRequest } from "./handlers/debugRequest.ts";
import { Comms, isCommMessage } from "./comms.ts";
import { complete } from "./handlers/complete.ts";
import { execute } from "./handlers/execute.ts";
import { inspect } from "./handlers/inspect.ts";
import { commInfo } from "./handlers/commInfo.ts";
import { connect } from "./handlers/connect.ts";
import { history } from "./handlers/history.ts";
import { interrupt } from "./handlers/interrupt.ts";
import { isComplete } from "./handlers/isComplete.ts";
import { language } from "./handlers/language.ts";
import { kernelInfo } from "./handlers/kernelInfo.ts";
import { rest } from "./handlers/rest.ts";
import { shutdown } from "./handlers/shutdown.ts";
import { createSubshell, deleteSubshell, listSubshells } from "./handlers/subshells.ts";
import { variables } from "./handlers/variables.ts";
import { makeMessage, type Sender } from "./message.ts";
import type { Header, InputRequest, JsonObject, Message, RequestType } from "./messages.ts";
import { checkedContent } from "./contents.ts";
import { History } from "./history.ts";
import { RequestFailed } from "./requestFailed.ts";
import type { Session } from "./session.ts";
import { Stdin } from "./stdin.ts";
import { Subshells } from "./subshells.ts";

export const handlers: { [R in RequestType]: Handler<R> } = {
  kernel_info_request: kernelInfo,
  execute_request: execute,
  is_complete_request: isComplete,
  history_request: history,
  comm_info_request: commInfo,
  connect_request: connect,
  gradbook_debug_request: debug,
  debug_request: debugRequest,
  complete_request: complete,
  inspect_request: inspect,
  gradbook_language_request: language,
  gradbook_variables_request: variables,
  gradbook_rest_request: rest,
  create_subshell_request: createSubshell,
  delete_subshell_request: deleteSubshell,
  list_subshell_request: listSubshells,
  interrupt_request: interrupt,
  shutdown_request: shutdown,
};

export interface DispatcherOptions {
  session: Session;
  sender: Sender;
  version: string;
  /** Where the sockets listen, by name as in a connection file; empty where there are none. */
  ports?: { readonly [name: string]: number } | undefined;
  /** Rejects only where nobody is there to take a question of a cell. */
  send(message: Message): Promise<void> | void;
  /** Something a log should know: a message that makes no sense, a handler that broke. */
  log(line: string): void;
  /** The shutdown reply has been sent. */
  onShutdown(): void;
}

/** The count of a cell that did not run: front ends write what the reply says beside the cell, and JupyterLab nothing for 0. */
const NEVER_RAN = 0;

export class Dispatcher {
  private readonly options: DispatcherOptions;
  private readonly counter = { value: 0 };
  private readonly history = new History();
  private readonly comms: Comms;
  private readonly subshells: Subshells;
  private readonly stdin: Stdin;

  constructor(options: DispatcherOptions) {
    this.options = options;
    this.stdin = new Stdin(options);
    this.subshells = new Subshells({
      newId: () => options.sender.environment.newId(),
      run: (message) => this.answer(message),
      cancel: (message, because) => this.refuse(message, cancelled(because), NEVER_RAN),
      stillRuns: (message) => this.publish(message.header, "status", { execution_state: "busy" }),
    });
    this.comms = new Comms({
      session: options.session,
      publish: (parent, type, content) => this.publish(parent, type, content),
      cellsBefore: () => this.subshells.drained,
      log: options.log,
    });
  }

  /** To be called once, before the first request: front ends wait for it. */
  start(): void {
    this.publish({}, "status", { execution_state: "starting" });
  }

  /** Asks the user on behalf of the execute request with header `parent`, until `gone`: nobody waits for the answer then. */
  ask(parent: Header, request: InputRequest, gone: AbortSignal): Promise<string> {
    return this.stdin.ask(parent, request, gone);
  }

  receive(message: Message): void {
    const { channel, header } = message;
    if (header.msg_type === "input_reply") return this.stdin.receive(message);
    if (isCommMessage(header.msg_type)) return void this.tell(message);
    // stdin takes answers only.
    if (!isRequest(header.msg_type) || channel === "stdin") {
      this.options.log(`ignored ${channel} message of unknown type ${JSON.stringify(header.msg_type).slice(0, 100)}`);
      return;
    }
    if (channel === "shell") {
      try {
        this.subshells.check(message);
      } catch (error) {
        return this.refuse(message, error);
      }
    }
    if (header.msg_type === "execute_request") this.subshells.add(message);
    else void this.answer(message);
  }

  /** An interrupt that no message asked for: Ctrl+C, a signal. */
  interrupt(): void {
    this.subshells.cancelAll("the kernel was interrupted");
    this.options.session.interrupt();
  }

  /** The session is a new one: whatever lived in the old one is gone. */
  sessionLost(): void {
    this.comms.closeAll();
  }

  /** Answers a request without doing what it asks. */
  private refuse(message: Message, error: unknown, execution_count?: number): void {
    const extra = execution_count === undefined ? {} : { execution_count };
    const failure = error instanceof RequestFailed ? new RequestFailed(error.error, extra) : error;
    void this.surround(message, () => Promise.reject(failure));
  }

  private answer(message: Message): Promise<boolean> {
    const type = message.header.msg_type as RequestType;
    const context: HandlerContext = {
      session: this.options.session,
      publish: (publication, content, metadata) => this.publish(message.header, publication, content, metadata),
      parent: message.header,
      cellId: typeof message.metadata["cellId"] === "string" ? message.metadata["cellId"] : undefined,
      counter: this.counter,
      history: this.history,
      subshells: this.subshells,
      comms: this.comms.open,
      cancelQueued: () => this.subshells.cancelAll("the kernel was interrupted"),
      metadata: {},
      version: this.options.version,
      ports: this.options.ports ?? {},
    };
    const handler = handlers[type] as Handler<RequestType>;
    return this.surround(
      message,
      async () => handler(checkedContent(type, message.content), context),
      context.metadata,
    );
  }

  /** Busy, the handler of a comm, idle; these messages have no reply. */
  private async tell(message: Message): Promise<void> {
    const { header } = message;
    this.publish(header, "status", { execution_state: "busy" });
    try {
      this.subshells.check(message);
      await this.comms.receive(message);
    } catch (error) {
      this.options.log(`${header.msg_type} was not handled: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.idle(header);
  }

  /** Busy, the work, exactly one reply, idle: whatever the work does. Resolves to whether it failed. */
  private async surround(message: Message, work: () => Promise<object>, metadata: JsonObject = {}): Promise<boolean> {
    const { header, channel } = message;
    const replyType = header.msg_type.replace(/_request$/, "_reply");
    const reply = (content: object): void =>
      void this.options.send(
        makeMessage(this.options.sender, channel, replyType, content, { parent: header, metadata }),
      );
    let failed = false;
    this.publish(header, "status", { execution_state: "busy" });
    try {
      reply(await work());
    } catch (error) {
      failed = true;
      reply(this.describeFailure(error, header));
    } finally {
      this.idle(header);
    }
    if (header.msg_type === "shutdown_request" && !failed) this.options.onShutdown();
    return failed;
  }

  private idle(header: Header): void {
    this.subshells.ended(header);
    this.publish(header, "status", { execution_state: "idle" });
    this.subshells.sayWhatRuns();
  }

  private describeFailure(error: unknown, header: Header): JsonObject {
    if (error instanceof RequestFailed) return { status: "error", ...error.error, ...error.extra };
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    this.options.log(`${header.msg_type} failed inside the kernel: ${stack ?? message}`);
    return { status: "error", ename: name, evalue: message, traceback: [] };
  }

  private publish(parent: Header | Record<string, never>, type: string, content: object, metadata?: JsonObject): void {
    void this.options.send(this.publication(parent, type, content, metadata));
  }

  /** A message for iopub on behalf of the request with header `parent`. */
  publication(
    parent: Header | Record<string, never>,
    type: string,
    content: object,
    metadata: JsonObject = {},
    buffers: Uint8Array[] = [],
  ): Message {
    this.comms.published(type, content);
    const all = type === "status" ? { ...metadata, memory: this.options.session.memory() } : metadata;
    return makeMessage(this.options.sender, "iopub", type, content, { parent, metadata: all, buffers });
  }
}

function cancelled(because: string): RequestFailed {
  return new RequestFailed({ ename: "Cancelled", evalue: `not run: ${because}`, traceback: [] });
}

function isRequest(type: string): type is RequestType {
  return Object.hasOwn(handlers, type);
}
