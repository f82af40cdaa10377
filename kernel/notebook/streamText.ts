/**
 * The text of a stream as a terminal would show it: `\r` goes back to the start of the line, `\b` one to the left, and
 * what follows overwrites. A progress bar that redraws itself is one line in the saved notebook, not a thousand.
 */

// Escape sequences take no room on the line; `ESC [ K` clears the rest of it.
// oxlint-disable-next-line no-control-regex
const ESCAPE = /\x1b\[[0-9;?]*[A-Za-z]/y;
// oxlint-disable-next-line no-control-regex
const MOVES = /[\r\b]|\x1b\[[0-2]?K/;

export class StreamText {
  /** Whole lines; nothing changes them any more. */
  #lines: string[] = [];
  /** The last line: one entry for each place, a character with the escape sequences before it. */
  #places: string[] = [];
  /** Escape sequences after the last place. */
  #tail = "";
  #column = 0;
  #length = 0;

  append(text: string): void {
    this.#length += text.length;
    // A line end written by Windows is a line end.
    for (const line of text.replaceAll("\r\n", "\n").split(/(?<=\n)/)) {
      const ended = line.endsWith("\n");
      const body = ended ? line.slice(0, -1) : line;
      if (ended && this.#places.length === 0 && this.#tail === "" && !MOVES.test(body)) {
        this.#lines.push(line);
        continue;
      }
      this.#write(body);
      if (!ended) continue;
      this.#lines.push(this.#places.join("") + this.#tail + "\n");
      this.#places = [];
      this.#tail = "";
      this.#column = 0;
    }
  }

  #write(body: string): void {
    let escapes = "";
    for (let i = 0; i < body.length;) {
      ESCAPE.lastIndex = i;
      const escape = ESCAPE.exec(body)?.[0];
      if (escape?.endsWith("K")) this.#erase(escape);
      else if (escape) escapes += escape;
      else if (body[i] === "\r") this.#column = 0;
      else if (body[i] === "\b") this.#column = Math.max(0, this.#column - 1);
      else {
        const character = String.fromCodePoint(body.codePointAt(i)!);
        const atEnd = this.#column >= this.#places.length;
        this.#places[this.#column++] = (atEnd ? this.#tail : "") + escapes + character;
        if (atEnd) this.#tail = "";
        escapes = "";
        i += character.length;
        continue;
      }
      i += escape?.length ?? 1;
    }
    this.#tail += escapes;
  }

  #erase(escape: string): void {
    if (/\[[12]K/.test(escape)) this.#places.fill(" ", 0, this.#column);
    if (!escape.includes("1K")) {
      this.#places.length = Math.min(this.#places.length, this.#column);
      this.#tail = "";
    }
  }

  /** Characters received so far. */
  get length(): number {
    return this.#length;
  }

  toString(): string {
    return this.#lines.join("") + this.#places.join("") + this.#tail;
  }
}
