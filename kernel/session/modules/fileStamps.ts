/** Whether files have another content than when they were read: a look at their times, and at the content only if those differ. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";

interface Stamp {
  file: string;
  times: string | undefined;
  hash: string;
}

export class FileStamps {
  private readonly stamps = new Map<string, Stamp>();

  read(key: string, file: string): string {
    // The times first: a change after it is then seen the next time.
    const times = timesOf(file);
    const text = readFileSync(file, "utf8");
    this.stamps.set(key, { file, times, hash: hashOf(text) });
    return text;
  }

  /** Keys of files that have changed. A file that is gone has not: an editor may be about to write it. */
  changed(): Set<string> {
    const changed = new Set<string>();
    for (const [key, stamp] of this.stamps) {
      const times = timesOf(stamp.file);
      if (times === undefined || times === stamp.times) continue;
      let text: string;
      try {
        text = readFileSync(stamp.file, "utf8");
      } catch {
        continue;
      }
      if (hashOf(text) === stamp.hash) stamp.times = times;
      else changed.add(key);
    }
    return changed;
  }

  keepOnly(keys: { has(key: string): boolean }): void {
    for (const key of this.stamps.keys()) if (!keys.has(key)) this.stamps.delete(key);
  }
}

function timesOf(file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.mtimeNs} ${stat.ctimeNs} ${stat.size} ${stat.ino}`;
}

function hashOf(text: string): string {
  return createHash("sha1").update(text).digest("base64");
}
