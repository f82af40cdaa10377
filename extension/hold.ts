/**
 * Keeps messages back while their notebook has no document to show them in. The kernel goes on meanwhile: only when
 * many have gathered does it wait.
 */
import type { Message } from "../kernel/protocol/messages.ts";

/** Messages that are kept before the kernel has to wait. Each is a batch of text, or one output. */
const MOST_KEPT = 1000;

export class Hold {
  readonly #pass: (message: Message) => void | Promise<void>;
  readonly #kept: Message[] = [];
  #released: Promise<void> | undefined;
  #release = (): void => {};

  constructor(pass: (message: Message) => void | Promise<void>) {
    this.#pass = pass;
  }

  /** Resolves when nothing is held. */
  get released(): Promise<void> {
    return this.#released ?? Promise.resolve();
  }

  hold(): void {
    this.#released ??= new Promise((resolve) => (this.#release = resolve));
  }

  /** Passes on what was kept, in order, and everything that comes from now on. */
  release(): void {
    this.#released = undefined;
    for (const message of this.#kept.splice(0)) void this.#pass(message);
    this.#release();
  }

  /** The next message waits until the returned promise settles. */
  add(message: Message): void | Promise<void> {
    // Figures need no document: the window finds them by their id.
    if (!this.#released || message.header.msg_type.startsWith("comm_")) return this.#pass(message);
    if (this.#kept.length < MOST_KEPT) return void this.#kept.push(message);
    return this.#released.then(() => this.add(message));
  }
}
