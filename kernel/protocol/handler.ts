import type { History } from "./history.ts";
import type { Header, JsonObject, ReplyContent, RequestContent, RequestType } from "./messages.ts";
import type { Publish, Session } from "./session.ts";
import type { Subshells } from "./subshells.ts";

export interface HandlerContext {
  session: Session;
  publish: Publish;
  parent: Header;
  /** What the front end calls the cell, the same each time that it runs. */
  cellId: string | undefined;
  /** Execution counter of the session, shared by all execute requests. */
  counter: { value: number };
  history: History;
  subshells: Subshells;
  /** Target by id of the comms that are open. */
  comms: ReadonlyMap<string, string>;
  /** Answers every execute request that is still waiting with an error. */
  cancelQueued(): void;
  /** Metadata of the reply: a handler may add to it. */
  metadata: JsonObject;
  version: string;
  /** Where the sockets listen, by name as in a connection file; empty where there are none. */
  ports: { readonly [name: string]: number };
}
/** Turns the content of a request into the content of its reply. It throws; it never replies. */
export type Handler<R extends RequestType> = (
  content: RequestContent<R>,
  context: HandlerContext,
) => ReplyContent<R> | Promise<ReplyContent<R>>;
