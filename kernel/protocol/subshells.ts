/**
 * The queues in which cells wait: the main shell's, and one for each subshell. A subshell's cells run while those of
 * another queue wait for something (an `await`); within a queue one cell runs at a time.
 *
 * Source: Jupyter enhancement proposal 91, "kernel subshells".
 */
import type { Header, Message } from "./messages.ts";
import { RequestFailed } from "./requestFailed.ts";

export interface SubshellParts {
  newId(): string;
  /** Runs a cell, and resolves to whether it failed. */
  run(message: Message): Promise<boolean>;
  /** Answers a cell that will not run. */
  cancel(message: Message, because: string): void;
  /**
   * A cell goes on while something else has ended: who only looks at the latest status would take the kernel for idle, and a
   * hub would end one that trains all night.
   */
  stillRuns(message: Message): void;
}

class Queue {
  readonly waiting: Message[] = [];
  running: Message | undefined;
  /** The cell that ran when all that waited was cancelled. */
  stopped: Message | undefined;
  /** Resolves when no cell runs or waits. */
  drained: Promise<void> = Promise.resolve();
}

export class Subshells {
  readonly #parts: SubshellParts;
  readonly #main = new Queue();
  readonly #queues = new Map<string, Queue>();
  /** Those with a cell that runs, also when their subshell was deleted. */
  readonly #running = new Set<Queue>();

  constructor(parts: SubshellParts) {
    this.#parts = parts;
  }

  /** The ids of all but the main shell, which has none. */
  get ids(): string[] {
    return [...this.#queues.keys()];
  }

  create(): string {
    const id = this.#parts.newId();
    this.#queues.set(id, new Queue());
    return id;
  }

  /** A cell of it that runs goes on to its end; what waits is answered, and nothing more is taken. */
  delete(id: string): void {
    const queue = this.#find(id);
    this.#queues.delete(id);
    this.#cancel(queue, "its subshell was deleted");
  }

  /** @throws RequestFailed when the header of a request names a subshell that is not there. */
  check({ header: { subshell_id } }: Message): void {
    if (subshell_id !== undefined && subshell_id !== null) this.#find(subshell_id);
  }

  /** Takes a cell whose subshell was checked. */
  add(message: Message): void {
    const { subshell_id } = message.header;
    const queue = subshell_id === undefined || subshell_id === null ? this.#main : this.#find(subshell_id);
    queue.waiting.push(message);
    if (!this.#running.has(queue)) queue.drained = this.#drain(queue);
  }

  /** Resolves when the cells that were sent by now have ended; undefined when none runs or waits. */
  get drained(): Promise<unknown> | undefined {
    return this.#running.size === 0 ? undefined : Promise.all([...this.#running].map(({ drained }) => drained));
  }

  /** The request with this header has its reply. */
  ended(header: Header): void {
    for (const queue of this.#running) if (queue.running?.header === header) queue.running = undefined;
  }

  sayWhatRuns(): void {
    const running = [...this.#running].find((queue) => queue.running)?.running;
    if (running) this.#parts.stillRuns(running);
  }

  /** Answers every cell that still waits, in all queues. */
  cancelAll(because: string): void {
    for (const queue of [this.#main, ...this.#queues.values()]) {
      queue.stopped = queue.running;
      this.#cancel(queue, because);
    }
  }

  async #drain(queue: Queue): Promise<void> {
    this.#running.add(queue);
    for (let next = queue.waiting.shift(); next; next = queue.waiting.shift()) {
      queue.running = next;
      const failed = await this.#parts.run(next);
      // A silent request is a front end's own: its failure is no reason to leave out a cell of the user.
      const { stop_on_error, silent } = next.content;
      // What waited behind a cell that was stopped is gone; what comes after that was sent by somebody who knew.
      const stops = stop_on_error !== false && silent !== true && queue.stopped !== next;
      if (failed && stops) this.#cancel(queue, "an earlier cell failed");
    }
    this.#running.delete(queue);
  }

  #cancel(queue: Queue, because: string): void {
    for (const message of queue.waiting.splice(0)) this.#parts.cancel(message, because);
  }

  #find(id: unknown): Queue {
    const queue = typeof id === "string" ? this.#queues.get(id) : undefined;
    if (queue) return queue;
    const known = this.ids.length > 0 ? this.ids.join(", ") : "none";
    const evalue = `the kernel has no subshell ${JSON.stringify(id)}. It has: ${known}. Ask for one with create_subshell_request.`;
    throw new RequestFailed({ ename: "UnknownSubshell", evalue, traceback: [] });
  }
}
