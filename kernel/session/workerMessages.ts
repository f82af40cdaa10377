/** What the supervisor and the worker say to each other. All of it is plain data. */
import type { MessagePort } from "node:worker_threads";
import type { ErrorContent, Header, InputRequest, JsonObject } from "../protocol/messages.ts";
import type { CellOutcome, CellRequest } from "../protocol/session.ts";
import type { Control } from "./control.ts";
import type { Answer } from "./questions.ts";

export interface WorkerData {
  control: Control;
  /** Folder of the notebook: imports of cells are resolved from here. */
  folder: string;
  /** Folder for the files that take long outputs. It need not exist. */
  spillFolder: string;
  /** The script that draws live figures in a front end that knows nothing of ours; undefined where the client does. */
  figureScript: string | undefined;
  /** Lines at the start of a cell's output that are shown where the environment says nothing. */
  headLines: number;
}

export type ToWorker =
  /** `id`: by which both sides know this run of the cell. */
  | { type: "execute"; id: number; request: CellRequest }
  /**
   * Ends pending awaits, timers, downloads and programs of the running cells, or with `background` of all earlier ones;
   * loops see the flag in `control`.
   */
  | { type: "cancel"; background: boolean }
  /** The running cells did not stop: woken once more, they hold still at their next loop or await, to be ended there. */
  | { type: "condemn" }
  /** A running cell was ended from outside in the middle and will never answer: end it with this error. */
  | { type: "settle"; id: number; error: ErrorContent }
  | { type: "ping"; id: number }
  /** Something other than a cell, of the table `questions`. Answered when no JavaScript of the user runs. */
  | { type: "ask"; id: number; question: string; params: JsonObject };

/** To a question, over its port. `atEnd`: there will never be another answer. */
export type InputAnswer = { value: string } | { error: string; atEnd: boolean };

export type FromWorker =
  | { type: "ready" }
  /**
   * A cell starts; `saveLocals` stores its plain locals when the debugger runs it in the paused frame. `declares`: the
   * variables it makes; `locals`: those of them whose newest values only `saveLocals` knows.
   */
  | { type: "started"; id: number; filename: string; saveLocals: string; declares: string[]; locals: string[] }
  | {
      type: "publish";
      parent: Header;
      msg_type: string;
      content: JsonObject;
      metadata?: JsonObject;
      buffers?: Uint8Array[];
      weight: number;
    }
  /** A cell has started a program, or one has ended, or is to be ended with all that it has started itself. */
  | { type: "program"; pid: number; state: "started" | "ended" | "unwanted" }
  | { type: "done"; id: number; outcome: CellOutcome; heapUsed: number }
  /** For the log of the kernel, not for a cell. */
  | { type: "log"; line: string }
  /** A cell asks its user. The answer goes through `port`, where also code that waits without an event loop finds it. */
  | { type: "input"; parent: Header; request: InputRequest; port: MessagePort }
  | { type: "pong"; id: number }
  | { type: "answer"; id: number; answer: Answer };
