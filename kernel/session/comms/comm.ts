/** One comm: a channel between code of a cell and code in a front end. Either side may open it, send, and close it. */
import type { JsonObject } from "../../protocol/messages.ts";
import { currentCell, type CellContext } from "../cellContext.ts";
import { asNoResult } from "../mimeBundle.ts";

export interface CommMessage {
  data: JsonObject;
  metadata: JsonObject;
  /** Bytes that came beside the data. */
  buffers: Uint8Array[];
}
/** What a comm may be given as bytes; they are copied. */
export type CommBuffer = ArrayBufferView | ArrayBufferLike;
export type CommHandler = (message: CommMessage) => unknown;

/** How a comm reaches the front ends. */
export interface CommLink {
  send(comm: Comm, type: "comm_msg" | "comm_close", message: CommMessage, key?: unknown): void;
}

export class Comm {
  readonly id: string;
  /** Name of the code that answers. */
  readonly target: string;
  /** The run of the cell that has opened it: its output, and that of its handlers, belongs there. */
  readonly #run: CellContext | undefined;
  readonly #link: CommLink;
  readonly #handlers: { message: CommHandler[]; close: CommHandler[] } = { message: [], close: [] };
  #closed = false;

  constructor(id: string, target: string, link: CommLink) {
    this.id = id;
    this.target = target;
    this.#link = link;
    this.#run = currentCell()?.run;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Calls `handler` with each message of the front end, in order. Returns a function that ends that. */
  onMessage(handler: CommHandler): () => void {
    return added(this.#handlers.message, needsFunction("onMessage", handler));
  }
  /** Calls `handler` when the front end closes the comm. */
  onClose(handler: CommHandler): () => void {
    return added(this.#handlers.close, needsFunction("onClose", handler));
  }

  /** Sends JSON, and bytes beside it. A comm that is closed sends nothing. */
  send(data: object = {}, buffers: readonly CommBuffer[] = [], metadata: object = {}): void {
    if (!this.#closed) this.#link.send(this, "comm_msg", outgoing("comm.send", data, buffers, metadata));
  }

  close(data: object = {}): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#link.send(this, "comm_close", outgoing("comm.close", data, [], {}));
  }

  // For the session ------------------------------------------------------------------------------------------------

  static runOf(comm: Comm): CellContext | undefined {
    return comm.#run;
  }
  static handlersOf(comm: Comm, kind: "message" | "close"): readonly CommHandler[] {
    return [...comm.#handlers[kind]];
  }
  static setClosed(comm: Comm): void {
    comm.#closed = true;
  }
}

/** What is sent is a copy: it may wait, and the caller may go on with what he gave. */
export function outgoing(
  who: string,
  data: object,
  buffers: readonly CommBuffer[],
  metadata: object,
): CommMessage & { buffers: Uint8Array<ArrayBuffer>[] } {
  return {
    data: asJson(who, "data", data),
    metadata: asJson(who, "metadata", metadata),
    buffers: bytesOf(who, buffers),
  };
}

function asJson(who: string, what: string, value: object): JsonObject {
  const problem = (why: string): TypeError =>
    new TypeError(`${who}: ${what} must be an object of JSON values, ${why}.`);
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    throw problem(
      `got ${Array.isArray(value) ? "an array" : ArrayBuffer.isView(value) ? "bytes, which go into buffers" : String(value)}`,
    );
  try {
    return JSON.parse(JSON.stringify(value)) as JsonObject;
  } catch (error) {
    throw problem(`and this is none (${(error as Error).message.split("\n")[0]})`);
  }
}

function bytesOf(who: string, buffers: readonly CommBuffer[]): Uint8Array<ArrayBuffer>[] {
  if (!Array.isArray(buffers)) throw new TypeError(`${who}: buffers must be an array, such as [new Uint8Array(4)].`);
  return buffers.map((each: CommBuffer, i) => {
    if (ArrayBuffer.isView(each)) return new Uint8Array(each.buffer, each.byteOffset, each.byteLength).slice();
    if (each instanceof ArrayBuffer || each instanceof SharedArrayBuffer) return new Uint8Array(each).slice();
    throw new TypeError(`${who}: buffers[${i}] must be a typed array or an ArrayBuffer, got ${typeof each}.`);
  });
}

function added<T>(list: T[], entry: T): () => void {
  list.push(entry);
  return asNoResult(() => {
    const at = list.indexOf(entry);
    if (at >= 0) list.splice(at, 1);
  });
}

export function needsFunction<F>(who: string, handler: F): F {
  if (typeof handler === "function") return handler;
  throw new TypeError(`${who}: needs a function that is called, got ${handler === null ? "null" : typeof handler}.`);
}
