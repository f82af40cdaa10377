/**
 * Word to the notebook while a download runs, through the host that a notebook puts on `globalThis` (its shape is in
 * kernel/plot/host.ts). In a plain script there is none, and nothing happens.
 */
import { randomUUID } from "node:crypto";
import type { Progress } from "./download.ts";

interface Host {
  display(bundle: { [mime: string]: unknown }, options?: { id?: string }): void;
  update(bundle: { [mime: string]: unknown }, id: string): void;
}
const host = () => (globalThis as { [key: symbol]: Host | undefined })[Symbol.for("gradbook.host")];

/** At most this often, in milliseconds: a fast connection would send thousands of lines. */
const INTERVAL_MS = 200;

export interface ProgressLine {
  show(progress: Progress): void;
  /** The last word, shown whatever the time. */
  end(text: string): void;
}

/** One line of text under the running cell that keeps changing; it appears with the first progress. */
export function progressLine(who: string, clock: () => number = Date.now): ProgressLine {
  const id = randomUUID();
  let shown = false;
  let last = -Infinity;
  const write = (text: string) => {
    const bundle = { "text/plain": `${who}: ${text}` };
    if (shown) host()?.update(bundle, id);
    else host()?.display(bundle, { id });
    shown = true;
  };
  return {
    show({ file, loaded, total }) {
      const now = clock();
      if (now - last < INTERVAL_MS) return;
      last = now;
      write(`downloading ${file}: ${megabytes(loaded)}${total === undefined ? "" : ` of ${megabytes(total)}`}`);
    },
    end: write,
  };
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
