import { fromFlat } from "../tensor/create.ts";
import { dtypes, type DType } from "../tensor/dtype.ts";
import { describe, DTypeError, OptionError } from "../tensor/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { escapeHtml } from "../text/escapeHtml.ts";
import type { Column, ColumnType } from "./csvColumn.ts";

/** Rows that are shown of a long table: the first and the last of them. */
const SHOWN = 10;

/** Columns with names, each of one type. Made by `data.csv`. */
export class Table {
  /** Names of the columns, in their order. */
  readonly columns: readonly string[];
  /** Number of rows. */
  readonly length: number;
  private readonly data: readonly Column[];
  private readonly source: string;

  /** @internal */
  constructor(columns: readonly string[], data: readonly Column[], length: number, source: string) {
    this.columns = [...columns];
    this.data = data;
    this.length = length;
    this.source = source;
  }

  /** Type of each column: a tensor's, or "text". */
  get dtypes(): { [column: string]: ColumnType } {
    return Object.fromEntries(this.columns.map((name, k) => [name, this.data[k]!.type]));
  }

  /** The values of one column: numbers, booleans or texts. */
  column(name: string): number[] | boolean[] | string[] {
    const { type, values } = this.find(name);
    return type === "bool" ? (values as number[]).map((value) => value !== 0) : ([...values] as number[] | string[]);
  }

  /**
   * Columns of numbers as one tensor: a name gives [n], names give [n, names], nothing gives all columns. Its dtype is the
   * widest among them.
   */
  tensor(names: string | readonly string[] = this.columns): Tensor {
    const wanted = (typeof names === "string" ? [names] : names).map((name) => ({ name, ...this.find(name) }));
    for (const { name, type, because } of wanted) {
      if (type !== "text") continue;
      const why = because === undefined ? "" : `: row ${because.row} has ${describe(because.field)}`;
      throw new DTypeError(
        `tensor: column ${JSON.stringify(name)} of ${this.source} is text${why}. Take classes(${JSON.stringify(name)}) for labels, or leave it out: tensor(["…"]).`,
      );
    }
    const dtype = wanted.reduce<DType>((widest, { type }) => {
      return dtypes.indexOf(type as DType) > dtypes.indexOf(widest) ? (type as DType) : widest;
    }, "bool");
    const width = wanted.length;
    const flat = new Float64Array(this.length * width);
    wanted.forEach(({ values }, k) => {
      for (let row = 0; row < this.length; row++) flat[row * width + k] = values[row] as number;
    });
    return fromFlat(flat, typeof names === "string" ? [this.length] : [this.length, width], dtype);
  }

  /** The distinct values of a column, sorted, and for each row the number of its value: labels [n] int32. */
  classes(name: string): { labels: Tensor; names: string[] } {
    const texts = this.column(name).map(String);
    const numbers = this.find(name).type !== "text";
    const names = [...new Set(texts)].sort(numbers ? (a, b) => Number(a) - Number(b) || (a < b ? -1 : 1) : undefined);
    const places = new Map(names.map((value, k) => [value, k]));
    return {
      labels: fromFlat(
        texts.map((value) => places.get(value)!),
        [this.length],
        "int32",
      ),
      names,
    };
  }

  private find(name: string): Column {
    const k = this.columns.indexOf(name);
    if (k < 0) {
      const list = this.columns.map((column) => JSON.stringify(column)).join(", ");
      throw new OptionError(`${this.source} has no column ${describe(name)}; it has ${list}.`);
    }
    return this.data[k]!;
  }

  toString(): string {
    const rows = this.shownRows();
    const widths = this.columns.map((name, k) => Math.max(name.length, ...rows.map((row) => row[k]!.length)));
    const line = (cells: readonly string[]) => cells.map((cell, k) => cell.padStart(widths[k]!)).join("  ");
    return [line(this.columns), ...rows.map(line), `[${this.length} rows × ${this.columns.length} columns]`].join("\n");
  }

  /** How a notebook shows it. */
  [Symbol.for("Jupyter.display")](): { [mime: string]: string } {
    const cells = (tag: string, list: readonly string[]) =>
      list.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("");
    const body = this.shownRows().map((row) => `<tr>${cells("td", row)}</tr>`);
    const types = this.data.map(({ type }) => type);
    return {
      "text/plain": this.toString(),
      "text/html":
        `<table><thead><tr>${cells("th", this.columns)}</tr><tr>${cells("td", types)}</tr></thead>` +
        `<tbody>${body.join("")}</tbody></table><p>${this.length} rows × ${this.columns.length} columns</p>`,
    };
  }

  private shownRows(): string[][] {
    const row = (i: number) =>
      this.data.map(({ type, values }) => (type === "bool" ? String(values[i] !== 0) : String(values[i])));
    if (this.length <= SHOWN) return Array.from({ length: this.length }, (_, i) => row(i));
    const half = SHOWN / 2;
    return [
      ...Array.from({ length: half }, (_, i) => row(i)),
      this.columns.map(() => "…"),
      ...Array.from({ length: half }, (_, i) => row(this.length - half + i)),
    ];
  }
}
