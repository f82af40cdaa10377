/** The stdin channel: a cell asks, the front end that sent it answers. */
import { makeMessage, type Sender } from "./message.ts";
import type { Header, InputReply, InputRequest, Message } from "./messages.ts";
import { RequestFailed } from "./requestFailed.ts";

interface Question {
  /** Header of the execute request. */
  parent: Header;
  resolve(value: string): void;
  reject(error: Error): void;
}

interface StdinParts {
  sender: Sender;
  /** Rejects where nobody is there to take the question. */
  send(message: Message): Promise<void> | void;
  log(line: string): void;
}

export class Stdin {
  readonly #parts: StdinParts;
  /** By the id of the input request. */
  readonly #open = new Map<string, Question>();

  constructor(parts: StdinParts) {
    this.#parts = parts;
  }

  /**
   * `parent` is the header of the execute request: its front end gets the question. Rejects when the user cancels. After
   * `gone` nobody waits for the answer, and one that comes all the same is not taken for the answer to another question.
   */
  ask(parent: Header, { prompt, password, ...extra }: InputRequest, gone: AbortSignal): Promise<string> {
    const metadata = { gradbook: extra };
    const { sender, send } = this.#parts;
    const message = makeMessage(sender, "stdin", "input_request", { prompt, password }, { parent, metadata });
    const { msg_id } = message.header;
    return new Promise((resolve, reject) => {
      this.#open.set(msg_id, { parent, resolve, reject });
      gone.addEventListener("abort", () => this.#open.delete(msg_id), { once: true });
      Promise.resolve(send(message)).catch((error: Error) => {
        this.#open.delete(msg_id);
        reject(error);
      });
    });
  }

  receive({ header, parent_header, content }: Message): void {
    const id = this.#asked(header, (parent_header as { msg_id?: string }).msg_id);
    const question = id === undefined ? undefined : this.#open.get(id);
    if (id === undefined || !question) return this.#parts.log("ignored an input_reply: no cell of its sender asks");
    this.#open.delete(id);
    const reply = content as unknown as InputReply;
    if ("value" in reply) question.resolve(String(reply.value));
    else if (typeof reply.ename === "string") question.reject(new RequestFailed(reply));
    else question.reject(new Error("input_reply: value is missing; it must be a string"));
  }

  /** Which question is meant: the one that is named, else the oldest that this front end was asked. */
  #asked({ session }: Header, named: string | undefined): string | undefined {
    if (named !== undefined && this.#open.has(named)) return named;
    // Some front ends name the execute request as the parent, some nothing.
    const meant = ({ parent }: Question): boolean =>
      named === undefined ? parent.session === session : parent.msg_id === named;
    return [...this.#open].find(([, question]) => meant(question))?.[0];
  }
}
