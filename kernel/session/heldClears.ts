/**
 * Clears that follow each other closely. `while (true) { clearOutput({ wait: true }); console.log(i++) }` makes states
 * that nobody sees: the first clear of a cell goes at once, and one within 40 ms after it is held together with what the
 * cell shows behind it, until the time is over. What a later clear takes away is then never sent.
 */
import type { JsonObject } from "../protocol/messages.ts";
import type { CellContext } from "./cellContext.ts";

const HOLD_MS = 40;

export interface Outgoing {
  type: string;
  content: JsonObject;
  metadata?: JsonObject;
  buffers?: Uint8Array<ArrayBuffer>[];
  /** About how many characters the content has. */
  size: number;
}

/** What waits of one cell; begins with a clear, behind what no clear may take away. */
interface Held {
  /** On the clock of `performance.now()`. */
  due: number;
  messages: Outgoing[];
}

export class HeldClears {
  readonly #post: (cell: CellContext, message: Outgoing) => void;
  readonly #clearedAt = new WeakMap<CellContext, number>();
  readonly #held = new Map<CellContext, Held>();

  /** `post` sends a message for good. */
  constructor(post: (cell: CellContext, message: Outgoing) => void) {
    this.#post = post;
  }

  /** When `release` is to be called, on the clock of `performance.now()`; Infinity when nothing is held. */
  get next(): number {
    let next = Infinity;
    for (const { due } of this.#held.values()) next = Math.min(next, due);
    return next;
  }

  /** Sends the message, now or in its order with what is held of its cell. */
  send(cell: CellContext, message: Outgoing, now: number): void {
    if (this.#held.size > 0 && message.type === "update_display_data") this.#releaseOthers(cell, idOf(message), now);
    let held = this.#held.get(cell);
    if (message.type === "clear_output" && !held) {
      const due = (this.#clearedAt.get(cell) ?? -Infinity) + HOLD_MS;
      if (due > now) this.#held.set(cell, (held = { due, messages: [] }));
      else this.#clearedAt.set(cell, now);
    }
    if (!held) return this.#post(cell, message);
    hold(held, message);
    // For code that never lets a timer run and has no loop that polls.
    if (held.due <= now) this.#release(cell, held, now);
  }

  /** Sends what was to be held until `until`; `now` is when the next clears are counted from. */
  release(until: number, now: number): void {
    for (const [cell, held] of this.#held) if (held.due <= until) this.#release(cell, held, now);
  }

  #release(cell: CellContext, held: Held, now: number): void {
    this.#held.delete(cell);
    this.#clearedAt.set(cell, now);
    for (const message of held.messages) this.#post(cell, message);
  }

  /** A cell changes what another one shows: that must be there first. */
  #releaseOthers(cell: CellContext, id: string | undefined, now: number): void {
    for (const [other, held] of this.#held) {
      if (other !== cell && held.messages.some((one) => one.type === "display_data" && idOf(one) === id))
        this.#release(other, held, now);
    }
  }
}

function hold(held: Held, message: Outgoing): void {
  const { messages } = held;
  const last = messages.findLastIndex(isClear);
  if (isClear(message)) {
    if (message.content["wait"] !== true) held.messages = withoutShown(messages);
    // Right behind another clear there is nothing more to take away.
    else if (last >= 0 && last === messages.length - 1) return;
  } else if (last > 0 && (message.type === "stream" || message.type === "display_data")) {
    // A clear that waits does its work now.
    held.messages = [...withoutShown(messages.slice(0, last)), ...messages.slice(last)];
  }
  held.messages.push(message);
}

/** What a clear leaves: changes of what other cells show, and what widgets are told. */
function withoutShown(messages: readonly Outgoing[]): Outgoing[] {
  const gone = new Set(messages.filter(({ type }) => type === "display_data").map(idOf));
  return messages.filter((message) => {
    if (message.type === "update_display_data") return !gone.has(idOf(message));
    return message.type !== "stream" && message.type !== "display_data" && !isClear(message);
  });
}

const isClear = ({ type }: Outgoing): boolean => type === "clear_output";
const idOf = ({ content }: Outgoing): string | undefined =>
  (content["transient"] as { display_id?: string } | undefined)?.display_id;
