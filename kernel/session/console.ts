/**
 * `console`, `process.stdout` and `process.stderr` of the worker write to the cell that the writing code belongs to.
 */
import { Console } from "node:console";
import { Writable } from "node:stream";
import { currentCell } from "./cellContext.ts";
import type { Output } from "./output.ts";

export function installConsole(output: Output): void {
  const stdout = cellStream(output, "stdout");
  const stderr = cellStream(output, "stderr");
  Object.defineProperty(process, "stdout", { value: stdout, configurable: true });
  Object.defineProperty(process, "stderr", { value: stderr, configurable: true });
  globalThis.console = new Console({
    stdout,
    stderr,
    colorMode: false,
    inspectOptions: { depth: 4, maxArrayLength: 100 },
    groupIndentation: 2,
  });
}

function cellStream(output: Output, name: "stdout" | "stderr"): Writable {
  const decoder = new TextDecoder();
  const put = (chunk: unknown): void => {
    const cell = currentCell();
    if (cell && !cell.silent) {
      output.write(
        cell,
        name,
        typeof chunk === "string" ? chunk : decoder.decode(chunk as Uint8Array, { stream: true }),
      );
    }
  };
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, callback) => (put(chunk), callback()),
  });
  // A synchronous loop never lets the stream's own machinery run, so that text would pile up in its buffer: write through.
  stream.write = (chunk: unknown, ...rest: unknown[]): boolean => {
    put(chunk);
    const callback = rest.find((argument) => typeof argument === "function");
    if (callback) queueMicrotask(callback as () => void);
    return true;
  };
  return stream;
}
