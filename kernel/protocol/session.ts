import type { DebugRequest, DebugResponse } from "./debug.ts";
import type { LanguageRequest } from "./language.ts";
import type {
  CommMessageType,
  ErrorContent,
  Header,
  JsonObject,
  MimeBundle,
  PublicationType,
  Publications,
} from "./messages.ts";

/** Publishes on iopub with the parent of the request that is being handled. */
export type Publish = <P extends PublicationType>(type: P, content: Publications[P], metadata?: JsonObject) => void;

export interface CellRequest {
  code: string;
  executionCount: number;
  silent: boolean;
  userExpressions: { [name: string]: string };
  /** Whether the front end can be asked for input. */
  allowStdin: boolean;
  /** What the front end calls the cell, the same each time that it runs; undefined where there are no cells. */
  cellId: string | undefined;
  /** Header of the request: what the cell prints, now or later, is published with it as parent. */
  parent: Header;
}
/** Which of the session's variables a cell has to do with: what tells that a later change makes its result stale. */
export interface CellDependencies {
  /** Another number: the variables are others, whatever was known of them. */
  session: number;
  /** Read by the cell, or by functions of other cells that it uses. Not those that it declares. */
  reads: string[];
  declares: string[];
  /** Whose value is another one than before. */
  changes: string[];
}
export type CellOutcome = {
  dependencies?: CellDependencies;
  /** What the cell shows beside the notebook, oldest first. */
  pages?: MimeBundle[];
} & CellResult;
type CellResult =
  { status: "ok"; value?: MimeBundle; userExpressions: JsonObject } | { status: "error"; error: ErrorContent };

/** What a front end says to the code of the cells, outside of any cell. */
export interface CommRequest {
  type: CommMessageType;
  comm_id: string;
  /** Of `comm_open`; otherwise empty. */
  target_name: string;
  data: JsonObject;
  metadata: JsonObject;
  buffers: Uint8Array[];
  /** Header of the message: what its handler prints is published with it as parent. */
  parent: Header;
}

/** What the protocol needs of a session; `kernel/session` implements it. */
export interface Session {
  /** Runs one cell to its end. Never rejects: what goes wrong is in the outcome. Cells run between each other's awaits. */
  execute(request: CellRequest): Promise<CellOutcome>;
  /**
   * Asks the thread that holds the variables; `question` is a name of the table in kernel/session/questions.ts. Waits while
   * a cell computes. Rejects with `RequestFailed` when the question fails or the thread ends.
   */
  ask(question: string, params: JsonObject): Promise<unknown>;
  /**
   * Gives the message to the code that has opened the comm or registered its target: while no cell runs, and between the
   * steps of one that awaits. Resolves when the handler has returned: to false when nobody knows the comm or the target.
   */
  comm(message: CommRequest): Promise<boolean>;
  /** Answers a request of the Debug Adapter Protocol; `parent`: the header of the last one is that of the events. */
  debug(request: DebugRequest, parent: Header): Promise<DebugResponse>;
  /** Asks the language service, on its own thread: answered while a cell computes. See language.ts beside this file. */
  language(request: LanguageRequest): Promise<unknown>;
  /** Stops what runs; a call while one is under way is a harder rung of the ladder. Resolves as soon as it is under way. */
  interrupt(): void;
  /** Ends the session for good. */
  shutdown(): Promise<void>;
  memory(): { rss: number; heapUsed: number };
}
