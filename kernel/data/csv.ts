import { describe, OptionError } from "../tensor/errors.ts";
import { checkOptions } from "../tensor/options.ts";
import { columnOf, type ColumnType, type Missing } from "./csvColumn.ts";
import { csvRecords, type CsvRecord } from "./csvRecords.ts";
import { Table } from "./table.ts";
import { readText, type TextSource } from "./textSource.ts";

export interface CsvOptions {
  /** Whether the first record holds the names (the default); or the names, for a file that has none. */
  header?: boolean | readonly string[];
  /** Names of the columns wanted, in this order. Default: all. */
  columns?: readonly string[];
  /** Types of columns that are not to be found out. */
  dtype?: { readonly [column: string]: ColumnType };
  /** One character between fields. Default ",". */
  delimiter?: string;
  /** What a line that is to be skipped begins with. Default: none is. */
  comment?: string;
  /** A missing number is an error ("error", the default), NaN ("nan"), this number, or its row is left out ("drop"). */
  missing?: Missing;
  /** Texts that mean "missing", beside pandas' own: the empty one, NA, N/A, NaN, null, None and the like. */
  missingValues?: readonly string[];
  /** Label of the encoding, like "latin1". Default "utf-8". */
  encoding?: string;
}
const OPTIONS = ["header", "columns", "dtype", "delimiter", "comment", "missing", "missingValues", "encoding"] as const;

/**
 * A table from a CSV file, which may be gzip, or from text. The type of a column is found out: bool (true, false), int32,
 * float32 (float64 for whole numbers beyond int32), else text.
 *
 * ```ts
 * const iris = await data.csv("iris.csv");
 * iris.columns // → ["sepal length", "petal length", "species"]
 * iris.dtypes // → { "sepal length": "float32", "petal length": "float32", species: "text" }
 * const x = iris.tensor(["sepal length", "petal length"]);
 * x.shape // → [4, 2]
 * const { labels, names } = iris.classes("species");
 * names // → ["setosa", "virginica"]
 * labels.toArray() // → [0, 0, 1, 1]
 * const few = await data.csv("a;b\n1;\n3;4", { delimiter: ";", missing: 0 });
 * few.tensor().toArray() // → [[1, 0], [3, 4]]
 * ```
 *
 * Quoted fields, with separators, line breaks and doubled quotes inside, as in RFC 4180. Rejects with the line and the
 * column when a number is missing or is none, and when a record has too few or too many fields.
 */
export async function csv(source: TextSource, options: CsvOptions = {}): Promise<Table> {
  const who = "data.csv";
  checkOptions(who, options, OPTIONS);
  const { header = true, delimiter = ",", comment = "", missing = "error", missingValues = [], dtype = {} } = options;
  if (typeof delimiter !== "string" || delimiter.length !== 1 || /["\r\n]/.test(delimiter))
    throw new OptionError(`${who}: delimiter must be one character, like ";" or "\\t", got ${describe(delimiter)}.`);
  if (typeof missing !== "number" && !["error", "nan", "drop"].includes(missing))
    throw new OptionError(`${who}: missing must be "error", "nan", "drop" or a number, got ${describe(missing)}.`);
  const { text, name } = await readText(who, source, options.encoding);
  const fail = (line: number, what: string) => new Error(`${who}: ${name}, line ${line}: ${what}.`);
  const records = csvRecords(text, { delimiter, comment, fail });
  const names = namesOf(records, header, () => `${who}: ${name}`);
  if (records.length === 0)
    throw new Error(`${who}: ${name} has no records${header === true ? " after the header" : ""}.`);
  for (const { line, fields } of records) {
    if (fields.length !== names.length) {
      const what = `${fields.length} fields, ${names.length} are needed (${names.join(", ")})`;
      throw fail(line, fields.length === 1 ? `${what}; is ${JSON.stringify(delimiter)} the delimiter` : what);
    }
  }
  const wanted = options.columns ?? names;
  for (const column of [...wanted, ...Object.keys(dtype)]) {
    if (!names.includes(column))
      throw new OptionError(
        `${who}: ${name} has no column ${describe(column)}; it has ${names.map((n) => JSON.stringify(n)).join(", ")}.`,
      );
  }
  const absent = new Set([...MISSING, ...missingValues]);
  const places = wanted.map((column) => names.indexOf(column));
  const rows =
    missing === "drop" ? records.filter(({ fields }) => places.every((p) => !absent.has(fields[p]!))) : records;
  const columns = wanted.map((column, k) =>
    columnOf(
      rows.map(({ fields }) => fields[places[k]!]!),
      {
        type: dtype[column],
        missing,
        absent,
        fail: (row, what) => fail(rows[row]!.line, `column ${JSON.stringify(column)}: ${what}`),
      },
    ),
  );
  return new Table(wanted, columns, rows.length, name);
}

/** The texts that pandas.read_csv takes for missing. */
const MISSING = [
  "",
  "#N/A",
  "#N/A N/A",
  "#NA",
  "-1.#IND",
  "-1.#QNAN",
  "-NaN",
  "-nan",
  "1.#IND",
  "1.#QNAN",
  "<NA>",
  "N/A",
  "NA",
  "NULL",
  "NaN",
  "None",
  "n/a",
  "nan",
  "null",
];

/** The names of the columns; takes the header off `records`. */
function namesOf(records: CsvRecord[], header: CsvOptions["header"], file: () => string): string[] {
  if (records.length === 0) throw new Error(`${file()} is empty.`);
  const first = records[0]!;
  if (header === false) return first.fields.map((_, k) => `column${k}`);
  const names = header === true ? records.shift()!.fields : [...(header as readonly string[])];
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice !== undefined) {
    throw new Error(
      `${file()}: two columns are called ${JSON.stringify(twice)}. Give names of your own: { header: ["a", …] }.`,
    );
  }
  return names;
}
