/**
 * An array of records as a table: a heading of the keys, numbers at the right with one count of decimals, the middle left
 * out of a long one. Runs no code of the values but custom inspectors: getters are not called, proxies are not touched.
 */
import { inspect, types } from "node:util";
import type { MimeBundle } from "../protocol/messages.ts";
import { escapeHtml } from "../text/escapeHtml.ts";

/** More rows than this are shown as the first and the last HALF. */
const MOST_ROWS = 20;
const HALF = 10;
const MOST_COLUMNS = 30;
/** Rows that decide whether it is a table, and which columns it has. */
const LOOKED_AT = 1000;
/** Characters of a text that are shown. */
const LONGEST = 60;
/** Significant digits of a number. */
const DIGITS = 6;

type Row = { [column: string]: unknown };
interface Column {
  name: string;
  cells: string[];
  right: boolean;
}

/** The value as a table, or undefined when it is none. */
export function tableBundle(value: unknown): MimeBundle | undefined {
  if (!Array.isArray(value) || types.isProxy(value) || value.length === 0) return undefined;
  const names = columnsOf(value);
  if (!names) return undefined;
  const shown = rowsOf(value.length);
  if (!shown.every((i) => i < 0 || isRecord(value[i]))) return undefined;
  const columns = names.slice(0, MOST_COLUMNS).map((name) => column(name, value as Row[], shown));
  const index: Column = { name: "", cells: shown.map((i) => (i < 0 ? "…" : String(i))), right: true };
  const left = names.length - columns.length;
  const size = `${count(value.length, "row")} × ${count(names.length, "column")}${left > 0 ? `, ${left} of them not shown` : ""}`;
  return { "text/plain": plainTable([index, ...columns], size), "text/html": htmlTable(index, columns, size) };
}

/** The keys of the rows, in the order in which they come; undefined when these are no rows of one table. */
function columnsOf(rows: unknown[]): string[] | undefined {
  const names = new Set<string>();
  const looked = rows.slice(0, LOOKED_AT);
  let filled = 0;
  for (const row of looked) {
    if (!isRecord(row)) return undefined;
    const keys = Object.keys(row);
    filled += keys.length;
    for (const key of keys) names.add(key);
  }
  // Objects of different kinds would make a table of holes.
  return names.size > 0 && filled >= (names.size * looked.length) / 2 ? [...names] : undefined;
}

function isRecord(value: unknown): value is Row {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Indices of the rows that are shown; -1 stands for those left out. */
function rowsOf(length: number): number[] {
  const first = (n: number, from: number): number[] => Array.from({ length: n }, (_, i) => from + i);
  return length <= MOST_ROWS ? first(length, 0) : [...first(HALF, 0), -1, ...first(HALF, length - HALF)];
}

function column(name: string, rows: Row[], shown: number[]): Column {
  const values = shown.filter((i) => i >= 0).map((i) => Object.getOwnPropertyDescriptor(rows[i]!, name));
  const known = values.flatMap((property) => (property && "value" in property ? [property.value as unknown] : []));
  const numbers = known.filter((value) => typeof value === "number");
  const write = numberFormat(numbers);
  const right =
    known.length > 0 && known.every((value) => value == null || ["number", "bigint"].includes(typeof value));
  const cells = values.map((property) => {
    if (!property) return "";
    return "value" in property ? cellText(property.value, write) : "[Getter]";
  });
  const gap = shown.indexOf(-1);
  if (gap >= 0) cells.splice(gap, 0, "…");
  return { name: cut(name), cells, right };
}

function cellText(value: unknown, write: (value: number) => string): string {
  if (value === undefined) return "";
  if (typeof value === "number") return write(value);
  if (typeof value === "string") return cut(value);
  if (value instanceof Date && !types.isProxy(value)) {
    return Number.isNaN(value.getTime())
      ? "Invalid Date"
      : value.toISOString().replace(/T00:00:00\.000Z$|\.000Z$/, (end) => (end.startsWith("T") ? "" : "Z"));
  }
  return cut(inspected(value).replace(/\n\s*/g, " "));
}

/** As the inspector prints it on one line; a tensor, for one, says itself how it is printed. */
function inspected(value: unknown): string {
  const options = { depth: 1, breakLength: Infinity, maxArrayLength: 5 };
  try {
    return inspect(value, options);
  } catch {
    return inspect(value, { ...options, customInspect: false });
  }
}

/** One way to write all numbers of a column: as many decimals as six significant digits need, or powers of ten. */
function numberFormat(numbers: number[]): (value: number) => string {
  const finite = numbers.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  const largest = Math.max(0, ...finite);
  if (finite.every(Number.isInteger) && largest < 1e15) return String;
  if (largest >= 1e9 || Math.min(...finite) < 1e-5)
    return (value) => (Number.isFinite(value) && value !== 0 ? value.toExponential(3) : String(value));
  const most = Math.max(0, DIGITS - 1 - Math.floor(Math.log10(largest)));
  const needed = Math.max(
    ...finite.map((value) => (value.toFixed(most).replace(/0+$/, "").split(".")[1] ?? "").length),
  );
  return (value) => (Number.isFinite(value) ? value.toFixed(needed) : String(value));
}

/** On one line, with what a terminal would obey made visible. */
function cut(text: string): string {
  const line = text
    .slice(0, 4 * LONGEST)
    .replace(/[\x00-\x1f\x7f]/g, (c) => (c === "\n" ? "⏎" : c === "\t" ? " " : "·"));
  const characters = [...line];
  return characters.length > LONGEST || text.length > 4 * LONGEST
    ? `${characters.slice(0, LONGEST - 1).join("")}…`
    : line;
}

const count = (n: number, what: string): string => `${n.toLocaleString("en-US")} ${what}${n === 1 ? "" : "s"}`;

function plainTable(columns: Column[], size: string): string {
  const width = ({ name, cells }: Column): number => Math.max(...[name, ...cells].map((cell) => [...cell].length));
  const widths = columns.map(width);
  const line = (text: (column: Column) => string): string =>
    columns
      .map((each, k) => {
        const blanks = " ".repeat(widths[k]! - [...text(each)].length);
        return each.right ? blanks + text(each) : text(each) + blanks;
      })
      .join("  ")
      .trimEnd();
  const rows = columns[0]!.cells.map((_, i) => line(({ cells }) => cells[i]!));
  return [line(({ name }) => name), ...rows, `[${size}]`].join("\n");
}

/** Lines and letters take the colours of whatever page it stands in, light or dark. */
const STYLE =
  ".gradbook-table{border-collapse:collapse;border:0;font-variant-numeric:tabular-nums;line-height:1.45}" +
  ".gradbook-table :is(th,td){padding:.15em .8em;border:0;border-bottom:1px solid rgba(128,128,128,.25);text-align:left;white-space:pre;color:inherit;background:none}" +
  ".gradbook-table thead th{border-bottom:1px solid rgba(128,128,128,.7);font-weight:600}" +
  ".gradbook-table tbody th{font-weight:400;opacity:.65}.gradbook-table tbody tr:hover{background:rgba(128,128,128,.12)}" +
  ".gradbook-table .n{text-align:right}.gradbook-table caption{caption-side:bottom;text-align:left;padding:.4em .8em;opacity:.65;color:inherit}";

function htmlTable(index: Column, columns: Column[], size: string): string {
  const cell = (tag: string, text: string, right: boolean): string =>
    `<${tag}${right ? ' class="n"' : ""}>${escapeHtml(text)}</${tag.split(" ")[0]}>`;
  const head = columns.map(({ name, right }) => cell('th scope="col"', name, right)).join("");
  const rows = index.cells.map(
    (number, i) =>
      `<tr>${cell('th scope="row"', number, true)}${columns.map(({ cells, right }) => cell("td", cells[i]!, right)).join("")}</tr>`,
  );
  return `<style>${STYLE}</style><table class="gradbook-table"><caption>${size}</caption><thead><tr><th></th>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}
