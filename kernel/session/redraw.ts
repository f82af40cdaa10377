/**
 * What a front end has to be sent so that it shows what a terminal would: front ends know `\r` and append, and differ in
 * everything else (`\b`, "clear the line"). A line that was changed in the middle is sent anew behind one `\r`; a hundred
 * changes of it since the last message are one.
 */
import { StreamText } from "../protocol/streamText.ts";

export class Redraw {
  readonly #screen = new StreamText();
  /** The unfinished line as the front end has it. */
  #sent = "";

  /** Returns what is to be sent, and the lines that are finished with this text. */
  take(text: string): { send: string; finished: string } {
    const grew = this.#screen.append(text);
    const finished = this.#screen.takeLines();
    const sent = this.#sent;
    this.#sent = this.#screen.line;
    if (grew) return { send: text.replaceAll("\r\n", "\n"), finished };
    const now = finished + this.#sent;
    if (now.startsWith(sent)) return { send: now.slice(sent.length), finished };
    const end = now.indexOf("\n");
    const [line, rest] = end < 0 ? [now, ""] : [now.slice(0, end), now.slice(end)];
    // Blanks over what was longer before.
    return { send: "\r" + line.padEnd(sent.length) + rest, finished };
  }

  /** The line that has not ended. */
  get line(): string {
    return this.#sent;
  }
}
