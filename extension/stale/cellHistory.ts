/**
 * Which cells show what they would not show if they were run now. Pure: cells are any objects, in the order in which they
 * stand. A cell is stale when its code was edited since it ran; when a variable that it read was given another value since,
 * by the cell it had it from or by one above it; or when the cell it had it from is itself stale. What a cell below does to
 * a variable is no reason: run from top to bottom, a notebook has no stale cell. What happens inside an object is not seen.
 */
import type { CellDependencies } from "../../kernel/protocol/session.ts";

export interface Ran extends CellDependencies {
  /** The text that was run. */
  code: string;
}

export type Stale<Cell> =
  | { kind: "edited" }
  | {
      kind: "uses";
      name: string;
      /** Where the value is from; undefined when that cell was deleted. */
      from: Cell | undefined;
      because: "changed" | "edited" | "stale" | "deleted";
    };

interface Run<Cell> extends Ran {
  /** Later runs have larger numbers. */
  turn: number;
  /** The cell each name had its value from when the cell ran. */
  providers: Map<string, Cell>;
}

export class CellHistory<Cell extends object> {
  readonly #runs = new Map<Cell, Run<Cell>>();
  /** Who last gave each variable another value, and when. */
  readonly #writers = new Map<string, { cell: Cell; turn: number }>();
  readonly #declarers = new Map<string, Cell>();
  #turn = 0;
  #session: number | undefined;

  finished(cell: Cell, ran: Ran): void {
    // The kernel has put a new worker in the place of one that was lost, with everything it held.
    if (ran.session !== this.#session) this.clear();
    this.#session = ran.session;
    const turn = ++this.#turn;
    const providers = new Map<string, Cell>();
    for (const name of ran.reads) {
      const writer = this.#writers.get(name)?.cell;
      if (writer) providers.set(name, writer);
    }
    this.#runs.set(cell, { ...ran, turn, providers });
    for (const name of ran.changes) this.#writers.set(name, { cell, turn });
    for (const name of [...ran.declares, ...ran.changes]) this.#declarers.set(name, cell);
  }

  /** The cell that last declared a variable or gave it a value. */
  declarer(name: string): Cell | undefined {
    return this.#declarers.get(name);
  }

  /** Nothing that was run counts any more: the kernel is another one. */
  clear(): void {
    this.#runs.clear();
    this.#writers.clear();
    this.#declarers.clear();
  }

  /**
   * A cell that was deleted and came back, by undo or by pasting what was cut, is another object with the same code. It
   * takes the lost one's place.
   */
  #findAgain(cells: readonly Cell[], textOf: (cell: Cell) => string): void {
    const there = new Set(cells);
    const lost = [...this.#runs].filter(([cell]) => !there.has(cell));
    if (lost.length === 0) return;
    for (const cell of cells) {
      if (this.#runs.has(cell)) continue;
      const at = lost.findIndex(([, { code }]) => sameCode(textOf(cell), code));
      if (at >= 0) this.#replace(lost.splice(at, 1)[0]![0], cell);
    }
  }

  #replace(before: Cell, after: Cell): void {
    this.#runs.set(after, this.#runs.get(before)!);
    this.#runs.delete(before);
    const swap = (names: Map<string, Cell>): void => {
      for (const [name, cell] of names) if (cell === before) names.set(name, after);
    };
    swap(this.#declarers);
    for (const { providers } of this.#runs.values()) swap(providers);
    for (const writer of this.#writers.values()) if (writer.cell === before) writer.cell = after;
  }

  /** The stale ones among `cells`, which are all cells in their order, each with the first reason found. */
  stale(cells: readonly Cell[], textOf: (cell: Cell) => string): Map<Cell, Stale<Cell>> {
    this.#findAgain(cells, textOf);
    const places = new Map(cells.map((cell, i) => [cell, i]));
    const found = new Map<Cell, Stale<Cell> | undefined>();
    const visit = (cell: Cell): Stale<Cell> | undefined => {
      if (found.has(cell)) return found.get(cell);
      const run = this.#runs.get(cell);
      // Also against cells that depend on each other.
      found.set(cell, undefined);
      if (!run) return undefined;
      const reason = sameCode(textOf(cell), run.code)
        ? this.#used(cell, run, places, visit)
        : ({ kind: "edited" } as const);
      found.set(cell, reason);
      return reason;
    };
    for (const cell of cells) visit(cell);
    return new Map([...found].filter((entry): entry is [Cell, Stale<Cell>] => entry[1] !== undefined));
  }

  #used(
    cell: Cell,
    run: Run<Cell>,
    places: Map<Cell, number>,
    visit: (cell: Cell) => Stale<Cell> | undefined,
  ): Stale<Cell> | undefined {
    const here = places.get(cell)!;
    const isAbove = (other: Cell): boolean => (places.get(other) ?? Infinity) < here;
    for (const name of run.reads) {
      const writer = this.#writers.get(name);
      const provider = run.providers.get(name);
      const changed = writer !== undefined && writer.cell !== cell && writer.turn > run.turn;
      // Two cells that both count a variable up need not be run in turns for ever.
      const counts = isAbove(writer?.cell ?? cell) || (writer?.cell === provider && !run.changes.includes(name));
      if (changed && counts && places.has(writer.cell))
        return { kind: "uses", name, from: writer.cell, because: "changed" };
      if (!provider || provider === cell) continue;
      if (!places.has(provider)) {
        // Another cell may have declared it again since, with the same value.
        const isDeclared = places.has(this.#declarers.get(name)!);
        if (writer?.cell === provider && !isDeclared)
          return { kind: "uses", name, from: undefined, because: "deleted" };
        continue;
      }
      const source = isAbove(provider) ? visit(provider) : undefined;
      if (source) {
        return { kind: "uses", name, from: provider, because: source.kind === "edited" ? "edited" : "stale" };
      }
    }
    return undefined;
  }
}

/** Whether two texts are the same code: spaces around lines, empty lines and lines of comment do not count. */
export function sameCode(a: string, b: string): boolean {
  return a === b || essence(a) === essence(b);
}

function essence(text: string): string {
  const lines = text.replaceAll("\r\n", "\n");
  // Inside these a line means what it says, and to know where they end would take a parser.
  if (/[`]|\/\*|\\\n/.test(lines)) return lines.trimEnd();
  return lines
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("//"))
    .join("\n");
}
