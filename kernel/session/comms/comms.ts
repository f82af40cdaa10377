/**
 * The comms of the session, and the code that answers front ends that open one:
 *
 *     comms.register("my.target", (comm, open) => {
 *       comm.onMessage(({ data, buffers }) => comm.send({ got: data }));
 *     });
 *     const comm = comms.open("front.target", { state: 1 });
 */
import type { CommMessages, CommMessageType, JsonObject } from "../../protocol/messages.ts";
import type { CommRequest } from "../../protocol/session.ts";
import { currentCell } from "../cellContext.ts";
import { OwnPromise } from "../intrinsics.ts";
import type { Output } from "../output.ts";
import { isThenable, type Callbacks } from "./callbacks.ts";
import { Comm, needsFunction, outgoing, type CommBuffer, type CommMessage } from "./comm.ts";

/** Called when a front end opens a comm for the target; `open` is what it sent with that. */
export type TargetHandler = (comm: Comm, open: CommMessage) => unknown;

/** The global `comms` of cells. */
export interface CommsGlobal {
  /** Answers front ends that open a comm for `target`. Registered again, the newer handler counts. */
  register(target: string, handler: TargetHandler): void;
  /** Front ends that open a comm for `target` are turned away from now on. */
  unregister(target: string): void;
  /** Opens a comm to the front ends; those that do not know the target close it. */
  open(target: string, data?: object, buffers?: readonly CommBuffer[], metadata?: object): Comm;
}

interface CommsParts {
  output: Output;
  callbacks: Callbacks;
}

export class Comms implements CommsGlobal {
  readonly #parts: CommsParts;
  readonly #targets = new Map<string, TargetHandler>();
  readonly #open = new Map<string, Comm>();

  constructor(parts: CommsParts) {
    this.#parts = parts;
  }

  register = (target: string, handler: TargetHandler): void => {
    this.#targets.set(named("comms.register", target), needsFunction("comms.register", handler));
  };
  unregister = (target: string): void => {
    this.#targets.delete(named("comms.unregister", target));
  };
  open = (target: string, data: object = {}, buffers: readonly CommBuffer[] = [], metadata: object = {}): Comm => {
    const message = outgoing("comms.open", data, buffers, metadata);
    const comm = this.#known(new Comm(crypto.randomUUID(), named("comms.open", target), this));
    this.#publish("comm_open", { comm_id: comm.id, target_name: target, data: message.data }, message);
    return comm;
  };

  /**
   * For code of ours, whose data is plain and whose front end is known: `id` is given, nothing is copied. Closed by the
   * front end, it sends nothing more.
   */
  openPlain(id: string, target: string, data: JsonObject): void {
    this.#known(new Comm(id, target, this));
    this.#publish("comm_open", { comm_id: id, target_name: target, data });
  }
  sendPlain(id: string, data: JsonObject): void {
    if (this.#open.has(id)) this.#publish("comm_msg", { comm_id: id, data });
  }
  closePlain(id: string): void {
    this.#open.get(id)?.close();
  }

  /** A `comm_msg` with this key in its place, when another one follows closely. */
  sendNewest(comm: Comm, key: unknown, data: object): void {
    if (!comm.closed) this.send(comm, "comm_msg", outgoing("comm.send", data, [], {}), key);
  }
  /** What waits under the key goes now. */
  settle(key: unknown): void {
    this.#parts.output.settle(key);
  }

  /** A comm's own way out. */
  send(comm: Comm, type: "comm_msg" | "comm_close", message: CommMessage, key?: unknown): void {
    if (type === "comm_close") this.#open.delete(comm.id);
    this.#publish(type, { comm_id: comm.id, data: message.data }, message, key);
  }

  /** A front end's message. Resolves when its handlers have returned; to false when nobody knows the comm or its target. */
  async receive(message: CommRequest): Promise<boolean> {
    const { type, comm_id, target_name, parent, data, metadata, buffers } = message;
    const { callbacks } = this.#parts;
    const content: CommMessage = { data, metadata, buffers };
    if (type === "comm_open") {
      const target = this.#targets.get(target_name);
      if (!target) return false;
      await callbacks.begin(parent, undefined, () => this.#opened(target, comm_id, target_name, content));
      return true;
    }
    const comm = this.#open.get(comm_id);
    if (!comm) return false;
    if (type === "comm_close") {
      this.#open.delete(comm_id);
      Comm.setClosed(comm);
    }
    const handlers = Comm.handlersOf(comm, type === "comm_close" ? "close" : "message");
    await callbacks.begin(parent, Comm.runOf(comm), () => {
      const context = currentCell();
      return OwnPromise.all(
        handlers.map(
          (handler) => new OwnPromise<void>((over) => callbacks.call(context, () => handler(content), over)),
        ),
      );
    });
    return true;
  }

  /** A target that fails cannot answer: the front end learns it. */
  #opened(target: TargetHandler, id: string, name: string, open: CommMessage): unknown {
    const comm = this.#known(new Comm(id, name, this));
    const failed = (error: unknown): never => {
      comm.close();
      throw error;
    };
    try {
      const result = target(comm, open);
      return isThenable(result) ? result.then(undefined, failed) : undefined;
    } catch (error) {
      return failed(error);
    }
  }

  #known(comm: Comm): Comm {
    this.#open.set(comm.id, comm);
    return comm;
  }

  #publish<T extends CommMessageType>(
    type: T,
    content: CommMessages[T],
    { metadata, buffers }: { metadata?: JsonObject; buffers?: Uint8Array[] } = {},
    key?: unknown,
  ): void {
    const cell = currentCell();
    if (!cell) return;
    const bytes = (buffers ?? []) as Uint8Array<ArrayBuffer>[];
    const size = bytes.reduce((sum, { byteLength }) => sum + byteLength, JSON.stringify(content.data).length);
    this.#parts.output.publish(cell, type, content as never, {
      size,
      key,
      ...(metadata && Object.keys(metadata).length > 0 && { metadata }),
      ...(bytes.length > 0 && { buffers: bytes }),
    });
  }
}

function named(who: string, target: string): string {
  if (typeof target === "string" && target !== "") return target;
  throw new TypeError(
    `${who}: the target must be a name like "my.target", got ${target === "" ? "an empty one" : typeof target}.`,
  );
}
