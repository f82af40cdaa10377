/**
 * The comms of a kernel: which are open, and what becomes of a front end's messages to them. The code that answers lives
 * in the cells; here is what it has nothing to do with: order, targets that nobody knows, and the end of a session.
 */
import type { CommMessageType, CommMessages, JsonObject, Message } from "./messages.ts";
import type { CommRequest, Session } from "./session.ts";

export interface CommsParts {
  session: Session;
  /** Publishes for the message with this header, or for none. */
  publish(parent: Message["header"] | Record<string, never>, type: CommMessageType, content: object): void;
  /** Resolves when the cells that were sent by now have ended; undefined when none runs or waits. */
  cellsBefore(): Promise<unknown> | undefined;
  log(line: string): void;
}

const TYPES: ReadonlySet<string> = new Set<CommMessageType>(["comm_open", "comm_msg", "comm_close"]);
export function isCommMessage(type: string): type is CommMessageType {
  return TYPES.has(type);
}

export class Comms {
  /** Target by id of the comms that are open. */
  readonly open = new Map<string, string>();
  private readonly parts: CommsParts;
  /** Comms whose target has not answered yet: what is sent to them waits. */
  private readonly opening = new Map<string, Promise<void>>();

  constructor(parts: CommsParts) {
    this.parts = parts;
  }

  /** The kernel publishes something: comms open and close by that. */
  published(type: string, content: object): void {
    const { comm_id, target_name } = content as CommMessages["comm_open"];
    if (type === "comm_open") this.open.set(comm_id, target_name);
    if (type === "comm_close") this.open.delete(comm_id);
  }

  /** A front end's message. Resolves when all that it causes at once has been published. */
  async receive(message: Message): Promise<void> {
    const { comm_id, target_name, data } = message.content as { [key: string]: unknown };
    const type = message.header.msg_type as CommMessageType;
    if (typeof comm_id !== "string" || (type === "comm_open" && typeof target_name !== "string")) {
      const needed = type === "comm_open" ? "comm_id and target_name" : "comm_id";
      return this.parts.log(`ignored a ${type} without ${needed} as text`);
    }
    const request = {
      type,
      comm_id,
      target_name: type === "comm_open" ? (target_name as string) : "",
      data: typeof data === "object" && data !== null ? (data as JsonObject) : {},
      metadata: message.metadata,
      buffers: message.buffers ?? [],
      parent: message.header,
    };
    if (type === "comm_open") {
      const opened = this.openNow(request, this.parts.cellsBefore()).finally(() => this.opening.delete(comm_id));
      this.opening.set(comm_id, opened);
      return opened;
    }
    const opening = this.opening.get(comm_id);
    if (opening) await opening;
    if (type === "comm_close") this.open.delete(comm_id);
    const known = await this.parts.session.comm(request);
    if (!known && type === "comm_msg")
      this.parts.log(`ignored a comm_msg for the comm ${JSON.stringify(comm_id)}, which is not open`);
  }

  /** A cell that was sent before, and has not come to it, may register the target. */
  private async openNow(request: CommRequest, cellsBefore: Promise<unknown> | undefined): Promise<void> {
    const { session, publish, log } = this.parts;
    const { comm_id, target_name, parent } = request;
    // Its handler may close it at once.
    this.open.set(comm_id, target_name);
    if (await session.comm(request)) return;
    if (cellsBefore) {
      await cellsBefore;
      if (await session.comm(request)) return;
    }
    log(`closed a comm for the target ${JSON.stringify(target_name)}, which no cell has registered`);
    publish(parent, "comm_close", { comm_id, data: {} });
  }

  /** The session is gone with all that answered: the front ends learn it. */
  closeAll(): void {
    for (const comm_id of [...this.open.keys()]) this.parts.publish({}, "comm_close", { comm_id, data: {} });
  }
}
