/**
 * `console`, `process.stdout` and `process.stderr` of the worker write to the cell that the writing code belongs to. They
 * are no terminal, so that libraries write plain lines; what moves the cursor within a line works all the same.
 */
import { Console } from "node:console";
import { Writable } from "node:stream";
import { currentCell } from "./cellContext.ts";
import type { Output } from "./output.ts";

/** What programs that lay out their text may count on. */
const [COLUMNS, ROWS] = [100, 40];

/** Deeper groups than anybody reads. */
const GROUPS = 32;

let ours: Console | undefined;

/** A cell that failed inside a group would indent all later ones. */
export function endGroups(): void {
  for (let i = 0; i < GROUPS; i++) ours?.groupEnd();
}

export function installConsole(output: Output): void {
  const stdout = cellStream(output, "stdout");
  const stderr = cellStream(output, "stderr");
  Object.defineProperty(process, "stdout", { value: stdout, configurable: true });
  Object.defineProperty(process, "stderr", { value: stderr, configurable: true });
  globalThis.console = ours = new Console({
    stdout,
    stderr,
    colorMode: false,
    // Otherwise each line brings a callback, which piles up while a loop prints, and what a stream throws is swallowed.
    ignoreErrors: false,
    inspectOptions: { depth: 4, maxArrayLength: 100 },
    groupIndentation: 2,
  });
  // Only the console that Node itself makes has it, and libraries make consoles of their own with it.
  Object.defineProperty(ours, "Console", { value: Console, writable: true, enumerable: true, configurable: true });
}

function cellStream(output: Output, name: "stdout" | "stderr"): Writable {
  const decoder = new TextDecoder();
  /** Half of a character at the end of the last text. */
  let half = "";
  const put = (chunk: unknown, encoding: unknown): void => {
    const cell = currentCell();
    if (!cell || cell.silent) return;
    const text = half + textOf(chunk, encoding, decoder);
    const last = text.charCodeAt(text.length - 1);
    half = last >= 0xd800 && last < 0xdc00 ? text.at(-1)! : "";
    output.write(cell, name, half === "" ? text : text.slice(0, -1));
  };
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, encoding, callback) => (put(chunk, encoding), callback()),
  });
  // A synchronous loop never lets the stream's own machinery run, so that text would pile up in its buffer: write through.
  stream.write = (chunk: unknown, ...rest: unknown[]): boolean => {
    put(chunk, rest[0]);
    const callback = rest.find((argument) => typeof argument === "function");
    if (callback) queueMicrotask(callback as () => void);
    return true;
  };
  return Object.assign(
    stream,
    { fd: name === "stdout" ? 1 : 2, isTTY: false, columns: COLUMNS, rows: ROWS },
    terminal(stream),
  );
}

/** What a terminal's stream has: the cursor moves within the line only, and colours are those of the theme. */
function terminal(stream: Writable): object {
  const write = (text: string, callback: unknown): boolean => {
    stream.write(text);
    if (typeof callback === "function") queueMicrotask(callback as () => void);
    return true;
  };
  return {
    cursorTo: (x: number, ...rest: unknown[]) => write(x === 0 ? "\r" : "", rest.at(-1)),
    moveCursor: (dx: number, _dy: number, callback: unknown) =>
      write(dx < 0 ? "\b".repeat(Math.min(-dx, 1000)) : "", callback),
    clearLine: (direction: number, callback: unknown) =>
      write(direction < 0 ? "\x1b[1K" : direction > 0 ? "\x1b[K" : "\x1b[2K", callback),
    clearScreenDown: (callback: unknown) => write("\x1b[K", callback),
    getWindowSize: () => [COLUMNS, ROWS],
    getColorDepth: () => (process.env["NO_COLOR"] ? 1 : 4),
    hasColors: (count: unknown = 16) => !process.env["NO_COLOR"] && (typeof count !== "number" || count <= 16),
  };
}

function textOf(chunk: unknown, encoding: unknown, decoder: InstanceType<typeof TextDecoder>): string {
  if (typeof chunk === "string") {
    const isText = typeof encoding !== "string" || /^(utf-?8|utf-?16le|ucs-?2|buffer)$/i.test(encoding);
    return isText ? chunk : decoder.decode(Buffer.from(chunk, encoding as BufferEncoding), { stream: true });
  }
  if (chunk instanceof Uint8Array) return decoder.decode(chunk, { stream: true });
  const name = chunk === null ? "null" : typeof chunk;
  throw new TypeError(`write: the chunk must be a string or bytes (Buffer, Uint8Array), got ${name}.`);
}
