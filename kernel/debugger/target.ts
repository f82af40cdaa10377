/** The thread of the cells as a debugger sees it: Chrome DevTools Protocol, whatever carries it. */
import type { JsonObject } from "../protocol/messages.ts";

/** The one thread that front ends see. */
export const THREAD = 1;

export interface DebugTarget {
  /** Rejects with what the thread answers, and when the thread ends. */
  send(method: string, params?: object): Promise<JsonObject>;
  /** Called for each event of the thread, in order. */
  onEvent: (method: string, params: JsonObject) => void;
  /** Something that runs when the cell that computes has ended; by the table of kernel/session/questions.ts. */
  ask(question: string, params: JsonObject): Promise<unknown>;
  /** Whether anybody debugs: interrupts go other ways then. */
  debugging(on: boolean): void;
}

/** As far as it is looked at. Source: Chrome DevTools Protocol, `Runtime.RemoteObject`. */
export interface RemoteObject {
  type: string;
  subtype?: string;
  value?: unknown;
  unserializableValue?: string;
  description?: string;
  objectId?: string;
}
export interface Location {
  scriptId: string;
  lineNumber: number;
  columnNumber?: number;
}
export interface CallFrame {
  callFrameId: string;
  functionName: string;
  functionLocation?: Location;
  location: Location;
  scopeChain: { type: string; name?: string; object: RemoteObject }[];
  this: RemoteObject;
}
