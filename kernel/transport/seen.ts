/** Remembers names, the newest at least; memory stays bounded, however long they are. */
import { hash } from "node:crypto";

export class Seen {
  private readonly size: number;
  private newer = new Set<string>();
  private older = new Set<string>();

  /** The newest `size` names are never forgotten, and never more than twice as many are kept. */
  constructor(size: number) {
    this.size = size;
  }

  /** False: it was here before. */
  add(name: string): boolean {
    // A front end chooses its ids; a hundred thousand of a kilobyte each would be a lot to keep.
    const key = hash("sha256", name, "base64");
    if (this.newer.has(key) || this.older.has(key)) return false;
    if (this.newer.size >= this.size) {
      this.older = this.newer;
      this.newer = new Set();
    }
    this.newer.add(key);
    return true;
  }
}
