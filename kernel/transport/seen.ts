/** Remembers names, the newest at least; memory stays bounded. */
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
    if (this.newer.has(name) || this.older.has(name)) return false;
    if (this.newer.size >= this.size) {
      this.older = this.newer;
      this.newer = new Set();
    }
    this.newer.add(name);
    return true;
  }
}
