/** What was run in this session, for front ends that offer it again. */
export interface HistoryEntry {
  line: number;
  input: string;
  /** text/plain of the value, if there was one. */
  output: string | undefined;
}

/** The session's number in replies: there is one, and front ends count from it. */
export const SESSION = 0;

export class History {
  private readonly entries: HistoryEntry[] = [];

  add(entry: HistoryEntry): void {
    this.entries.push(entry);
  }

  tail(n: number): HistoryEntry[] {
    return n > 0 ? this.entries.slice(-n) : [];
  }

  /** Lines from `start` up to, not including, `stop`; a session of 0 or less counts back from this one. */
  range(session: number, start: number, stop: number | null): HistoryEntry[] {
    if (session !== SESSION) return [];
    return this.entries.filter(({ line }) => line >= start && (stop === null || line < stop));
  }

  /** The last `n` that match a pattern of `*` and `?`; each text once if `unique`, in its newest place. */
  search(pattern: string, n: number | undefined, unique: boolean): HistoryEntry[] {
    const glob = new RegExp(
      `^${[...pattern].map((c) => (c === "*" ? "[^]*" : c === "?" ? "[^]" : c.replace(/[\\^$.*+?()[\]{}|]/, "\\$&"))).join("")}$`,
      "u",
    );
    let found = this.entries.filter(({ input }) => glob.test(input));
    if (unique)
      found = [...new Map(found.map((entry) => [entry.input, entry])).values()].sort((a, b) => a.line - b.line);
    return n === undefined ? found : found.slice(-n);
  }
}
