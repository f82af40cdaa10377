/**
 * The file that takes a cell's output when it has become too much to show. All files of one kernel lie in one folder of
 * the system's temporary folder, which goes with the kernel.
 */
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const PARENT = path.join(os.tmpdir(), `gradbook-output-${os.userInfo().uid}`);
/** A folder that nobody has written to for so long belongs to a kernel that was killed, or to a run without a window. */
const FORGOTTEN_MS = 7 * 24 * 3600 * 1000;
/** All files of one kernel together may be so many times the longest. */
const FILES = 4;

/** A name for the folder of one kernel; it is made when the first file is. */
export function spillFolder(): string {
  return path.join(PARENT, `${process.pid}-${crypto.randomUUID().slice(0, 8)}`);
}

/** With the kernel's end: nothing links to its files any more. */
export function removeSpillFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export class Spill {
  readonly file: string;
  readonly #limit: number;
  #descriptor: number | undefined;
  #bytes = 0;
  #trouble: string | undefined;

  /** `limit` in bytes. Never throws: what goes wrong is in `trouble`. */
  constructor(folder: string, name: string, limit: number) {
    this.file = path.join(folder, name);
    this.#limit = limit;
    this.#attempt(() => {
      removeForgotten();
      // Outputs are nobody else's business.
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      makeRoom(folder, limit * (FILES - 1));
      this.#descriptor = openSync(this.file, "w", 0o600);
    });
  }

  /** Bytes in the file. */
  get bytes(): number {
    return this.#bytes;
  }
  /** Why something is missing at the end of the file. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  write(text: string): void {
    if (this.#descriptor === undefined) return;
    const bytes = Buffer.from(text);
    const room = this.#limit - this.#bytes;
    const part = bytes.length <= room ? bytes : bytes.subarray(0, room);
    this.#attempt(() => {
      for (let at = 0; at < part.length;) {
        const written = writeSync(this.#descriptor!, part, at);
        at += written;
        this.#bytes += written;
      }
    });
    if (part === bytes) return;
    this.#trouble ??= "is longer than a file may be (gradbook.output.maxFileSize)";
    this.close();
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#trouble = `could not be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
      if (this.#descriptor !== undefined) this.close();
    }
  }
}

function removeForgotten(): void {
  mkdirSync(PARENT, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(PARENT)) {
    const folder = path.join(PARENT, name);
    try {
      if (Date.now() - statSync(folder).mtimeMs > FORGOTTEN_MS && !isAlive(Number.parseInt(name, 10)))
        removeSpillFolder(folder);
    } catch {
      // Another user's, or gone in this moment.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The oldest files of this kernel go until the rest is no more than `limit` bytes. */
function makeRoom(folder: string, limit: number): void {
  const files = readdirSync(folder)
    .map((name) => path.join(folder, name))
    .map((file) => ({ file, stats: statSync(file) }))
    .sort((a, b) => a.stats.mtimeMs - b.stats.mtimeMs);
  let total = files.reduce((sum, { stats }) => sum + stats.size, 0);
  for (const { file, stats } of files) {
    if (total <= limit) return;
    rmSync(file, { force: true });
    total -= stats.size;
  }
}
