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

  /** The last `n` that match a glob; each text once if `unique`, in its newest place. */
  search(pattern: string, n: number | undefined, unique: boolean): HistoryEntry[] {
    const glob = globOf(pattern);
    let found = this.entries.filter(({ input }) => matches(glob, Array.from(input)));
    if (unique)
      found = [...new Map(found.map((entry) => [entry.input, entry])).values()].sort((a, b) => a.line - b.line);
    return n === undefined ? found : found.slice(Math.max(0, found.length - n));
  }
}

/** Whether a character may stand in one place; "*": any text may. */
type Place = "*" | ((character: string) => boolean);

/** `*`, `?`, `[a-z]` and `[^a-z]`, as SQLite's GLOB has them, which IPython's history searches with. */
function globOf(pattern: string): Place[] {
  const parts = pattern.match(/\*|\?|\[\^?\]?[^\]]*\]|[^]/gu) ?? [];
  return parts.map((part): Place => {
    if (part === "*") return "*";
    if (part === "?") return () => true;
    if (part.length > 1 && part.startsWith("[")) return setOf(part.slice(1, -1));
    return (character) => character === part;
  });
}

function setOf(text: string): (character: string) => boolean {
  const not = text.startsWith("^");
  const ranges = [...(not ? text.slice(1) : text).matchAll(/([^])-([^])|([^])/gu)];
  return (character) =>
    not !==
    ranges.some(([, from, to, one]) =>
      one === undefined ? character >= from! && character <= to! : character === one,
    );
}

/** In at most as many steps as places times characters, whatever the pattern: it comes from outside. */
function matches(glob: readonly Place[], text: readonly string[]): boolean {
  let [place, at] = [0, 0];
  let star: { place: number; at: number } | undefined;
  while (at < text.length) {
    const wanted = glob[place];
    if (wanted === "*") star = { place: ++place, at };
    else if (wanted?.(text[at]!)) [place, at] = [place + 1, at + 1];
    // The last star takes one character more; what earlier stars took need not change.
    else if (star) [place, at] = [star.place, ++star.at];
    else return false;
  }
  return glob.slice(place).every((rest) => rest === "*");
}
