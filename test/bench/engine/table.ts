import type { Measured } from "./interleave.ts";
import { inUnit, peersOf, type PeerName, type Row } from "./rows.ts";
import { median, spread } from "./statistics.ts";

/** One row with what everyone reached in it, runs per second. */
export interface Result {
  readonly row: Row;
  readonly ours: Measured;
  readonly peers: { readonly [name in PeerName]?: Measured };
}

/** Times tfjs that is wanted in every row. */
const WANTED_TFJS = 3;

/** Rows of a Markdown table, padded as prettier pads them. The first column is text, the others are numbers. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** Three digits that mean something, thousands apart: 0.0123, 1.23, 12.3, 123, 1,230. */
export function number(x: number): string {
  if (!Number.isFinite(x)) return "–";
  const digits = x < 1000 ? 3 : Math.max(3, Math.floor(Math.log10(x)));
  const rounded = Number(x.toPrecision(digits));
  const decimals = x < 1000 ? Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded) || 1))) : 0;
  return rounded.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** How many times as fast: below 10 with two decimals. */
export function times(x: number): string {
  if (!Number.isFinite(x)) return "–";
  return x < 10 ? x.toFixed(2) : x < 100 ? x.toFixed(1) : number(x);
}

const mark = (got: number, wanted: number) => (got >= wanted ? "✓" : "✗");
const middle = (measured: Measured | undefined) =>
  measured !== undefined && "rates" in measured ? median(measured.rates) : NaN;

function value(row: Row, measured: Measured | undefined): string {
  if (measured === undefined) return "";
  if ("error" in measured) return "cannot";
  const share = Math.round(100 * spread(measured.rates));
  return `${number(inUnit(row, median(measured.rates)))} ± ${share} %`;
}

/**
 * The table: for each row our median with its spread (half of largest − smallest), how many times PyTorch 1.13 that is
 * and is wanted to be, and each peer with the same ratio. `titles` are the columns' names; peers without one have none.
 */
export function resultTable(
  results: readonly Result[],
  titles: { readonly [name in PeerName]?: string },
  revectorize: boolean,
): string {
  const peers = (Object.keys(titles) as PeerName[]).filter((name) => results.some((result) => result.peers[name]));
  const head = ["Work", "", "Gradbook", ...peers.flatMap((name) => [titles[name]!, ...columns(name)])];
  return markdownTable(
    head,
    results.map(({ row, ours, peers: theirs }) => {
      const cells = peers.flatMap((name) => {
        const ratio = middle(ours) / middle(theirs[name]);
        return [
          value(row, peersOf(row).includes(name) ? theirs[name] : undefined),
          ...judged(name, ratio, row, revectorize),
        ];
      });
      return [row.label, row.unit, value(row, ours), ...cells];
    }),
  );
}

const columns = (peer: PeerName) => (peer === "torch1" ? ["×", "wanted"] : ["×"]);

/** The cells beside a peer's: the ratio, and where one is wanted whether it is reached. */
function judged(peer: PeerName, ratio: number, row: Row, revectorize: boolean): string[] {
  const shown = Number.isFinite(ratio) ? times(ratio) : "";
  if (peer === "tfjs") return [shown && `${shown} ${mark(ratio, WANTED_TFJS)}`];
  if (peer !== "torch1") return [shown];
  const wanted = row.wanted?.[revectorize ? "revectorized" : "plain"];
  if (wanted === undefined) return [shown, ""];
  return [shown && `${shown} ${mark(ratio, wanted)}`, String(Number(wanted.toFixed(2)))];
}

/** One line for each reason why somebody has no number in a row. */
export function failures(results: readonly Result[], titles: { readonly [name in PeerName]?: string }): string[] {
  const lines = results.flatMap(({ row, ours, peers }) => {
    const all: [string, Measured | undefined][] = [["Gradbook", ours]];
    for (const [name, measured] of Object.entries(peers)) all.push([titles[name as PeerName] ?? name, measured]);
    return all.flatMap(([name, measured]) =>
      measured !== undefined && "error" in measured ? [[`${name}: ${measured.error.trim()}`, row.id] as const] : [],
    );
  });
  const reasons = Map.groupBy(lines, ([reason]) => reason);
  return [...reasons].map(([reason, of]) => `${reason} (${of.map(([, id]) => id).join(", ")})`);
}
