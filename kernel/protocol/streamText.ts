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
  /** The last line as it came, while it has only grown: a line of a million dots costs nothing for each dot. */
  #grown = "";
  /** The last line once something moved in it: one entry for each place, a character with the escape sequences before it. */
  #places: string[] | undefined;
  /** Escape sequences before the character that comes next. */
  #escapes = "";
  #column = 0;

  /** Returns whether the text stands as it is behind what was there before. */
  append(text: string): boolean {
    let grew = true;
    // A line end written by Windows is a line end.
    for (const line of text.replaceAll("\r\n", "\n").split(/(?<=\n)/)) {
      const ended = line.endsWith("\n");
      const body = ended ? line.slice(0, -1) : line;
      if (!this.#places && !MOVES.test(body)) {
        this.#grown += body;
      } else {
        grew = false;
        this.#write(body);
      }
      if (!ended) continue;
      this.#lines.push(`${this.line}\n`);
      this.#grown = "";
      this.#places = undefined;
      this.#escapes = "";
      this.#column = 0;
    }
    return grew;
  }

  #write(body: string): void {
    if (!this.#places) {
      const before = this.#grown;
      this.#places = [];
      this.#grown = "";
      this.#write(before);
    }
    for (let i = 0; i < body.length;) {
      ESCAPE.lastIndex = i;
      const escape = ESCAPE.exec(body)?.[0];
      const character = escape ?? String.fromCodePoint(body.codePointAt(i)!);
      i += character.length;
      if (escape?.endsWith("K")) this.#erase(this.#places, escape);
      else if (escape) this.#escapes += escape;
      else if (character === "\r") this.#column = 0;
      else if (character === "\b") this.#column = Math.max(0, this.#column - 1);
      else {
        this.#places[this.#column++] = this.#escapes + character;
        this.#escapes = "";
      }
    }
  }

  #erase(places: string[], escape: string): void {
    if (/[12]K/.test(escape)) places.fill(" ", 0, this.#column);
    if (!escape.endsWith("1K")) places.length = Math.min(places.length, this.#column);
  }

  /** The last line, which has not ended. */
  get line(): string {
    return this.#places ? this.#places.join("") + this.#escapes : this.#grown;
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
