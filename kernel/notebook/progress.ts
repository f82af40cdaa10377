/**
 * How a run gets on, for the person who started it: on a terminal one line that changes, elsewhere one line for each
 * cell. It goes to standard error; what the cells print goes where they print it.
 */
import type { Message, Publications } from "../protocol/messages.ts";
import { joined, type CodeCell, type MultilineText } from "./format.ts";
import type { CellPlace, RunObserver } from "./run.ts";
import { TextSink, type TextStream } from "./textSink.ts";

const REDRAW_MS = 100;
/** Characters of a cell's first line that are shown. */
const LONGEST = 100;

export class Progress implements RunObserver {
  readonly #out: TextSink;
  readonly #err: TextSink;
  readonly #now: () => number;
  readonly #started: number;
  #timer: NodeJS.Timeout | undefined;
  #place: CellPlace | undefined;
  #doing = "";
  #drawn = false;
  /** Whether what the cells print has left the cursor inside a line. */
  #inLine = false;
  #restOfOutput: string | undefined;

  constructor({ out, err, now }: { out: TextStream; err: TextStream; now: () => number }) {
    this.#out = new TextSink(out);
    this.#err = new TextSink(err);
    this.#now = now;
    this.#started = now();
    if (this.#err.isTTY) this.#timer = setInterval(() => this.#draw(), REDRAW_MS).unref();
  }

  onCell(cell: CodeCell, place: CellPlace): void {
    this.#place = place;
    this.#doing = firstLine(joined(cell.source));
    if (this.#err.isTTY) this.#draw();
    else this.say(`[${this.#elapsed()}] cell ${place.number} of ${place.of}: ${this.#doing}`);
  }

  /** The promise holds the next message back until whoever reads the streams has caught up. */
  onPublication({ header, content }: Message): Promise<void> | undefined {
    if (header.msg_type === "stream") {
      const { name, text } = content as unknown as Publications["stream"];
      this.#erase();
      this.#inLine = !text.endsWith("\n");
      return (name === "stderr" ? this.#err : this.#out).write(text);
    }
    if (header.msg_type === "display_data" || header.msg_type === "update_display_data") {
      const { data, metadata } = content as unknown as Publications["display_data"];
      const text = data["text/plain"] as MultilineText | undefined;
      if (text === undefined) return undefined;
      const overflow = (metadata?.["gradbook"] as { overflow?: boolean } | undefined)?.overflow === true;
      if (overflow) this.#restOfOutput = joined(text);
      // What is updated while a cell runs says best how far it is: a progress bar, the last loss.
      if (overflow || header.msg_type === "update_display_data") this.#doing = firstLine(joined(text));
    }
    if (header.msg_type === "status" && content["execution_state"] === "idle") return this.#sayRest();
    return undefined;
  }

  /** The end of an output that was too long to be shown whole, and where all of it is. */
  #sayRest(): Promise<void> | undefined {
    const text = this.#restOfOutput;
    if (text === undefined) return undefined;
    this.#restOfOutput = undefined;
    this.#erase();
    const before = this.#inLine ? "\n" : "";
    this.#inLine = false;
    return this.#out.write(before + text + (text.endsWith("\n") ? "" : "\n"));
  }

  /** While a question stands on the terminal, nothing else is drawn there. */
  async asking<T>(ask: () => Promise<T>): Promise<T> {
    this.#erase();
    if (this.#inLine) void this.#err.write("\n");
    this.#inLine = true;
    try {
      return await ask();
    } finally {
      this.#inLine = false;
    }
  }

  /** A line of our own. */
  say(line: string): void {
    this.#erase();
    const before = this.#inLine ? "\n" : "";
    this.#inLine = false;
    void this.#err.write(`${before}${line}\n`);
  }

  end(summary: string): void {
    clearInterval(this.#timer);
    void this.#sayRest();
    this.say(`${summary} (${this.#elapsed()})`);
  }

  #draw(): void {
    if (!this.#place || this.#inLine) return;
    const { number, of } = this.#place;
    const line = `cell ${number} of ${of} · ${this.#elapsed()} · ${this.#doing}`;
    const room = this.#err.columns - 1;
    void this.#err.write(`\r\x1b[K${[...line].slice(0, room).join("")}`);
    this.#drawn = true;
  }

  #erase(): void {
    if (this.#drawn) void this.#err.write("\r\x1b[K");
    this.#drawn = false;
  }

  #elapsed(): string {
    const seconds = (this.#now() - this.#started) / 1000;
    if (seconds < 60) return `${seconds.toFixed(1)} s`;
    return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")} min`;
  }
}

function firstLine(text: string): string {
  const line = text.split("\n").find((part) => part.trim() !== "") ?? "";
  const plain = line.replace(/\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x1f\x7f]/g, " ").trim();
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST - 1)}…` : plain;
}
