/**
 * How much one run of a cell may show. Its first lines are shown as they come; from then on everything goes to a file,
 * and one block under them says where it is and shows the newest lines. Says what to send, and sends nothing itself.
 */
import type { MimeBundle, Publications } from "../protocol/messages.ts";
import { StreamText } from "../protocol/streamText.ts";
import { CHARACTERS_PER_LINE, MOST_DISPLAYED, MOST_OUTPUTS, type OutputLimits } from "./outputLimits.ts";
import { Redraw } from "./redraw.ts";
import type { Spill } from "./spill.ts";

type StreamName = Publications["stream"]["name"];

/** Text is measured in pieces of so many characters, so that one huge string is not taken apart for nothing. */
const PIECE = 16 * 1024;

export class CellFlow {
  readonly #limits: OutputLimits;
  readonly #openSpill: () => Spill;
  #stream: { name: StreamName; redraw: Redraw } | undefined;
  /** The finished lines that are shown, for the file that may be needed. */
  #shown = "";
  #lines = 0;
  #outputs = 0;
  #displayed = 0;
  #spill: Spill | undefined;
  /** Since the start, the shown ones included. */
  #allLines = 0;
  #allCharacters = 0;
  /** The newest text; up to twice of what is shown of it. */
  #tail = "";

  /** `openSpill` is called when there is too much to show. */
  constructor(limits: OutputLimits, openSpill: () => Spill) {
    this.#limits = limits;
    this.#openSpill = openSpill;
  }

  /** Whether there was too much to show, so that there is a block that shows the end. */
  get overflowed(): boolean {
    return this.#spill !== undefined;
  }

  /** Takes in text and returns what of it is still to be shown as a stream, as a front end needs it. */
  text(name: StreamName, text: string): string {
    let send = "";
    let at = 0;
    while (at < text.length && !this.overflowed) {
      if (this.#stream?.name !== name) this.#endStream();
      if (this.#isFull()) this.#overflow();
      else {
        if (!this.#stream) this.#outputs++;
        this.#stream ??= { name, redraw: new Redraw() };
        const end = this.#endOfPiece(text, at);
        const piece = this.#stream.redraw.take(text.slice(at, end));
        send += piece.send;
        this.#shown += piece.finished;
        this.#lines += count(piece.finished);
        at = end;
      }
    }
    if (at < text.length) this.#put(text.slice(at));
    return send;
  }

  /** Whether a display of about `size` characters is still shown; otherwise its text goes the way of all text. */
  display(bundle: MimeBundle, size: number): boolean {
    this.#endStream();
    if (!this.overflowed && !this.#isFull() && this.#displayed + size <= MOST_DISPLAYED) {
      this.#outputs++;
      this.#displayed += size;
      return true;
    }
    if (!this.overflowed) this.#overflow();
    const plain = bundle["text/plain"];
    this.#put(`${typeof plain === "string" ? plain : `[${Object.keys(bundle).join(", ")}]`}\n`);
    return false;
  }

  /** What was shown was cleared. */
  clear(): void {
    this.#endStream();
    this.#spill?.close();
    this.#spill = undefined;
    [this.#shown, this.#tail] = ["", ""];
    this.#lines = this.#outputs = this.#displayed = this.#allLines = this.#allCharacters = 0;
  }

  /** The block that shows the end. */
  block(): MimeBundle {
    const { tailLines } = this.#limits;
    const screen = new StreamText();
    screen.append(this.#tail);
    const text = screen.toString();
    const end = lastLines(text, tailLines, tailLines * CHARACTERS_PER_LINE);
    const lines = this.#allLines + (this.#tail.endsWith("\n") ? 0 : 1);
    const shown = count(end) + (end.endsWith("\n") ? 0 : 1);
    const leftOut = Math.max(0, lines - this.#lines - shown);
    const all = `${lines === 1 ? "1 line" : `${number(lines)} lines`} (${bytes(this.#allCharacters)})`;
    const { file, trouble, bytes: written } = this.#spill!;
    const what =
      leftOut > 0 ? `${number(leftOut)} lines are not shown. The whole output, ${all}` : `The output, ${all}`;
    const where = trouble === undefined ? "is" : `${trouble}; its first ${bytes(written)} are`;
    return { "text/plain": `… ${what}, ${where} in\n  ${linkable(file)}\n… the end:\n${end}` };
  }

  #isFull(): boolean {
    const characters = this.#shown.length + (this.#stream?.redraw.line.length ?? 0);
    const { headLines } = this.#limits;
    return (
      this.#lines >= headLines ||
      characters >= headLines * CHARACTERS_PER_LINE ||
      (this.#stream === undefined && this.#outputs >= MOST_OUTPUTS)
    );
  }

  #endStream(): void {
    if (this.#stream) this.#shown += this.#stream.redraw.line;
    this.#stream = undefined;
  }

  #overflow(): void {
    this.#endStream();
    this.#spill = this.#openSpill();
    this.#put(this.#shown);
    this.#tail = "";
    this.#shown = "";
  }

  #put(text: string): void {
    this.#spill!.write(text);
    this.#allLines += count(text);
    this.#allCharacters += text.length;
    const most = this.#limits.tailLines * CHARACTERS_PER_LINE;
    this.#tail += text.length > most ? text.slice(-most) : text;
    if (this.#tail.length > 2 * most) this.#tail = this.#tail.slice(-most);
  }

  /** So that no more lines are taken than may be shown, and no character is cut. */
  #endOfPiece(text: string, from: number): number {
    let end = Math.min(from + PIECE, text.length);
    let left = this.#limits.headLines - this.#lines;
    for (let at = text.indexOf("\n", from); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) {
      if (--left === 0) end = at + 1;
    }
    const last = text.charCodeAt(end - 1);
    return end < text.length && last >= 0xd800 && last < 0xdc00 ? end + 1 : end;
  }
}

function count(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

/** The last `lines` lines and no more than `characters`; a line that alone is longer is cut. */
function lastLines(text: string, lines: number, characters: number): string {
  const least = Math.max(0, text.length - characters);
  let start = text.length;
  for (let left = lines; left > 0 && start > 0; left--) {
    const before = start < 2 ? 0 : text.lastIndexOf("\n", start - 2) + 1;
    if (before < least) return start < text.length ? text.slice(start) : `…${text.slice(least)}`;
    start = before;
  }
  return text.slice(start);
}

const number = (value: number): string => value.toLocaleString("en-US");

function bytes(value: number): string {
  const [size, unit] = value < 1e6 ? [value / 1e3, "kB"] : value < 1e9 ? [value / 1e6, "MB"] : [value / 1e9, "GB"];
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

/** Front ends make a path a link when it has no blanks in it. */
const linkable = (file: string): string => (/\s/.test(file) ? `file://${encodeURI(file)}` : file);
