/**
 * What the debugger calls in the thread of the cells: expressions for the object that kernel/session/debugView.ts puts
 * there. It tells values by inspection alone, so that looking runs no code of the user.
 */
import type { JsonObject } from "../protocol/messages.ts";

export const DEBUG_VIEW = "gradbook.debug";
export const IN_WORKER = `globalThis[Symbol.for(${JSON.stringify(DEBUG_VIEW)})]`;

/** A value in a list. */
export interface Listed {
  name: string;
  value: string;
  type: string;
  /** To ask for what is inside; 0: nothing is. */
  variablesReference: number;
  evaluateName?: string;
}

/** What stands in that object, with the arguments as they are written. */
export interface DebugView {
  /** The session's variables. */
  session(): Listed[];
  /** The values of names, each by a function that reads it: it may have none yet. */
  locals(read: { [name: string]: () => unknown }): Listed[];
  /** Newest values of variables that running cells hold in locals; they count until `forget`. */
  overlay(read: { [name: string]: () => unknown }): void;
  children(reference: number): Listed[];
  look(value: unknown): Listed;
  /** A MIME bundle of a value, with what can be had at once. */
  bundle(read: () => unknown): { data: JsonObject; metadata: JsonObject };
  /** Gives a variable of the session a value, and makes it when there is none. */
  define(name: string, value: unknown): Listed;
  setMember(reference: number, name: string, value: unknown): Listed;
  hits(breakpoint: number): number;
  /** The thread goes on: what was listed is old. */
  forget(): void;
  /** Makes variables visible to expressions in any frame, or ends that. */
  attach(on: boolean): void;
}
