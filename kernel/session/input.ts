/** Questions of a cell to its user: `await input()`, the browser's `prompt()` that waits at once, and `process.stdin`. */
import { Readable } from "node:stream";
import { MessageChannel, receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import type { InputRequest } from "../protocol/messages.ts";
import { currentCell, type CellContext } from "./cellContext.ts";
import { Interrupted } from "./interrupted.ts";
import { refuseUnknown } from "./options.ts";
import type { Output } from "./output.ts";
import type { InputAnswer } from "./workerMessages.ts";

/** How often a question that blocks looks for its answer and for an interrupt. */
const LOOK_MS = 20;

export interface InputOptions {
  /** Dots instead of characters. */
  password?: boolean;
  /** What an empty answer means, and what an input box shows at first. */
  default?: string;
}

export class InputError extends Error {
  override readonly name: string = "InputError";
}

/** There are no more answers. */
class NoMoreInput extends Interrupted {}

export class Inputs {
  readonly #output: Output;
  readonly #stopIfInterrupted: () => void;
  readonly #streams = new WeakMap<object, Readable>();

  constructor(output: Output, stopIfInterrupted: () => void) {
    this.#output = output;
    this.#stopIfInterrupted = stopIfInterrupted;
  }

  /** Resolves to the answer. Rejects with `Interrupted` when the user cancels or stops the cell. */
  input = async (prompt = "", options: InputOptions = {}): Promise<string> => {
    const { port, cell, request } = this.#ask("input", prompt, options);
    const answer = new Promise<string>((resolve, reject) => {
      cell.onCancel(reject, "wait");
      port.once("message", (message: InputAnswer) => {
        cell.offCancel(reject);
        try {
          resolve(valueOf(message, request));
        } catch (error) {
          reject(error);
        }
      });
    });
    return answer.finally(() => port.close());
  };

  /** As in a browser: waits without letting anything else run. null: there is no answer. */
  prompt = (message = "", standard = ""): string | null => this.#askNow("prompt", String(message), String(standard));
  confirm = (message = ""): boolean => /^\s*y(es)?\s*$/i.test(this.#askNow("confirm", `${message} [y/N]`, "") ?? "");
  alert = (message = ""): void => void this.#askNow("alert", `${message} [Enter]`, "");

  #askNow(who: string, prompt: string, standard: string): string | null {
    const { port, request } = this.#ask(who, prompt, { default: standard });
    const nobody = new Int32Array(new SharedArrayBuffer(4));
    try {
      for (;;) {
        this.#stopIfInterrupted();
        const received = receiveMessageOnPort(port) as { message: InputAnswer } | undefined;
        if (received) return valueOf(received.message, request);
        Atomics.wait(nobody, 0, 0, LOOK_MS);
      }
    } finally {
      port.close();
    }
  }

  #ask(
    who: string,
    prompt: string,
    options: InputOptions,
  ): { port: MessagePort; cell: CellContext; request: InputRequest } {
    if (typeof prompt !== "string") {
      throw new TypeError(`${who}: the prompt must be a string, got ${typeof prompt}. Example: await input("Name? ")`);
    }
    refuseUnknown(who, options, ["password", "default"]);
    const { password = false, default: standard = "" } = options;
    if (typeof password !== "boolean")
      throw new TypeError(`${who}: password must be true or false, got ${String(password)}.`);
    if (typeof standard !== "string") throw new TypeError(`${who}: default must be a string, got ${typeof standard}.`);
    const cell = currentCell();
    if (!cell?.allowStdin) {
      throw new InputError(
        `${who}: nobody can answer here: this front end runs cells without asking (allow_stdin is false). Give the value as a parameter, or run the cell in an editor.`,
      );
    }
    const { port1, port2 } = new MessageChannel();
    const request = { prompt, password, default: standard, cell: cell.executionCount };
    this.#output.post({ type: "input", parent: cell.parent, request, port: port2 }, [port2]);
    return { port: port1, cell, request };
  }

  /**
   * What `readline` and others read: each line is asked for when it is wanted. Each run of a cell has a stream of its own,
   * so that the question belongs to the cell that reads, and a loop that breaks ends the stream for this cell only.
   */
  stdin(): Readable {
    const key = currentCell() ?? this;
    let stream = this.#streams.get(key);
    if (!stream || stream.destroyed) this.#streams.set(key, (stream = this.#lines()));
    return stream;
  }

  #lines(): Readable {
    const ask = (): Promise<string> => this.input();
    const stream: Readable = new Readable({
      read() {
        const askIfWanted = (): void => {
          if (stream.destroyed) return;
          // A loop over the lines listens to "readable", and nothing ever flows; without listeners nobody wants a line.
          const flows = stream.listenerCount("data") > 0 && !stream.isPaused();
          if (!flows && stream.listenerCount("readable") === 0) {
            const again = (): void => {
              stream.off("resume", again).off("newListener", again);
              setImmediate(askIfWanted);
            };
            return void stream.on("resume", again).on("newListener", again);
          }
          ask().then(
            (line) => stream.push(`${line}\n`),
            (error: Error) => {
              if (error instanceof NoMoreInput) stream.push(null);
              else stream.destroy(error);
            },
          );
        };
        // Streams read ahead: who has got a line and wants no more says so only in a moment.
        setImmediate(askIfWanted);
      },
    });
    return Object.assign(stream, { fd: 0, isTTY: false });
  }
}

function valueOf(answer: InputAnswer, request: InputRequest): string {
  if ("error" in answer) {
    const Kind = answer.atEnd ? NoMoreInput : Interrupted;
    throw new Kind({ message: `no input: ${answer.error}` });
  }
  return answer.value === "" ? request.default : answer.value;
}
