/** The stdin channel: a cell asks, the front end that sent it answers. */
import { makeMessage, type Sender } from "./message.ts";
import type { Header, InputReply, InputRequest, Message } from "./messages.ts";
import { RequestFailed } from "./requestFailed.ts";

interface Question {
  resolve(value: string): void;
  reject(error: Error): void;
}

export class Stdin {
  readonly #sender: Sender;
  readonly #send: (message: Message) => Promise<void> | void;
  readonly #open = new Map<string, Question>();

  constructor(sender: Sender, send: (message: Message) => Promise<void> | void) {
    this.#sender = sender;
    this.#send = send;
  }

  /** `parent` is the header of the execute request: its front end gets the question. Rejects when the user cancels. */
  ask(parent: Header, { prompt, password, ...extra }: InputRequest): Promise<string> {
    const metadata = { gradbook: extra };
    const message = makeMessage(this.#sender, "stdin", "input_request", { prompt, password }, { parent, metadata });
    return new Promise((resolve, reject) => {
      const { msg_id } = message.header;
      this.#open.set(msg_id, { resolve, reject });
      Promise.resolve(this.#send(message)).catch((error: Error) => {
        this.#open.delete(msg_id);
        reject(error);
      });
    });
  }

  receive({ parent_header, content }: Message): void {
    // Some front ends name the execute request as the parent: then the oldest question is meant.
    const named = (parent_header as { msg_id?: string }).msg_id ?? "";
    const id = this.#open.has(named) ? named : this.#open.keys().next().value;
    const question = id === undefined ? undefined : this.#open.get(id);
    if (id === undefined || !question) return;
    this.#open.delete(id);
    const reply = content as unknown as InputReply;
    if ("value" in reply) question.resolve(String(reply.value));
    else question.reject(new RequestFailed(reply));
  }
}
