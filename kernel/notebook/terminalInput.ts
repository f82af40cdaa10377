/** Answers what cells ask in `gradbook run`: from the terminal, or line by line from what is piped in. */
import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import { EndOfInput } from "../protocol/endOfInput.ts";
import type { InputRequest } from "../protocol/messages.ts";

export interface TerminalInputParts {
  stdin: NodeJS.ReadStream;
  /** Where the question is shown. */
  out: NodeJS.WritableStream;
}

export class TerminalInput {
  readonly #parts: TerminalInputParts;
  #interface: Interface | undefined;
  #lines: AsyncIterator<string> | undefined;
  /** While something is typed in secret, the terminal repeats nothing. */
  #secret = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: TerminalInputParts) {
    this.#parts = parts;
  }

  /** One question after the other. Rejects with `EndOfInput` when there are no more lines. */
  ask = (request: InputRequest): Promise<string> => {
    const answer = this.#last.then(() => this.#ask(request));
    this.#last = answer.catch(() => {});
    return answer;
  };

  async #ask({ prompt, password, default: standard }: InputRequest): Promise<string> {
    const { out, stdin } = this.#parts;
    const question = standard === "" || password ? prompt : `${prompt}[${standard}] `;
    out.write(question);
    this.#secret = password;
    const lines = (this.#lines ??= this.#open());
    const { value, done } = await lines.next();
    this.#secret = false;
    // Piped lines are not seen, and a secret one neither: the next text would stand behind the question.
    if (stdin.isTTY ? password : question !== "") out.write("\n");
    if (done) throw new EndOfInput("standard input has no more lines; pipe one line for each question.");
    return value;
  }

  #open(): AsyncIterator<string> {
    const { out, stdin } = this.#parts;
    const echo = new Writable({
      write: (chunk: Buffer, _encoding, callback) => {
        if (!this.#secret) out.write(chunk);
        callback();
      },
    });
    const terminal = stdin.isTTY === true;
    this.#interface = createInterface({ input: stdin, ...(terminal && { output: echo }), terminal });
    // A terminal in raw mode sends no signal by itself.
    this.#interface.on("SIGINT", () => process.emit("SIGINT"));
    return this.#interface[Symbol.asyncIterator]();
  }

  close(): void {
    this.#interface?.close();
  }
}
