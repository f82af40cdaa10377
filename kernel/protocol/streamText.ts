/**
 * The text of a stream as a terminal would show it: `\r` goes back to the start of the line, `\b` one to the left, and
 * what follows overwrites. A progress bar that redraws itself is one line in the saved notebook, not a thousand.
 */

// Escape sequences take no room on the line; `ESC [ K` clears the rest of it.
const ESCAPE = /\x1b\[[0-9;?]*[A-Za-z]/y;
const MOVES = /[\r\b]|\x1b\[[0-2]?K/;

export class StreamText {
  /** Whole lines; nothing changes them any more. */
  #lines: string[] = [];
  /** The last line: one entry for each place, a character with the escape sequences before it. */
  #places: string[] = [];
  /** Escape sequences before the character that comes next. */
  #escapes = "";
  #column = 0;

  append(text: string): void {
    // A line end written by Windows is a line end.
    for (const line of text.replaceAll("\r\n", "\n").split(/(?<=\n)/)) {
      const ended = line.endsWith("\n");
      const body = ended ? line.slice(0, -1) : line;
      if (ended && this.#places.length === 0 && this.#escapes === "" && !MOVES.test(body)) {
        this.#lines.push(line);
        continue;
      }
      this.#write(body);
      if (!ended) continue;
      this.#lines.push(this.#places.join("") + this.#escapes + "\n");
      this.#places = [];
      this.#escapes = "";
      this.#column = 0;
    }
  }

  #write(body: string): void {
    for (let i = 0; i < body.length;) {
      ESCAPE.lastIndex = i;
      const escape = ESCAPE.exec(body)?.[0];
      const character = escape ?? String.fromCodePoint(body.codePointAt(i)!);
      i += character.length;
      if (escape?.endsWith("K")) this.#erase(escape);
      else if (escape) this.#escapes += escape;
      else if (character === "\r") this.#column = 0;
      else if (character === "\b") this.#column = Math.max(0, this.#column - 1);
      else {
        this.#places[this.#column++] = this.#escapes + character;
        this.#escapes = "";
      }
    }
  }

  #erase(escape: string): void {
    if (/[12]K/.test(escape)) this.#places.fill(" ", 0, this.#column);
    if (!escape.endsWith("1K")) this.#places.length = Math.min(this.#places.length, this.#column);
  }

  /** The last line, which has not ended. */
  get line(): string {
    return this.#places.join("") + this.#escapes;
  }

  /** Gives the whole lines away. */
  takeLines(): string {
    const lines = this.#lines.join("");
    this.#lines = [];
    return lines;
  }

  toString(): string {
    return this.#lines.join("") + this.line;
  }
}
