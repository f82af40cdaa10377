import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";

/**
 * Writes `pieces`, one after the other, to `path`: under a temporary name beside it, then renamed, so that a file that is
 * there is never half-written and stays as it was if anything fails.
 */
export function writeWhole(path: string, pieces: Iterable<Uint8Array>): void {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = openSync(temporary, "wx");
    try {
      for (const piece of pieces) {
        for (let done = 0; done < piece.length;)
          done += writeSync(file, piece, done, Math.min(piece.length - done, LARGEST));
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Bytes that one call to the system takes on every platform. */
const LARGEST = 2 ** 30;
