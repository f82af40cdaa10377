/** The fields of one column as values of one type. */
import type { DType } from "../tensor/dtype.ts";

export type ColumnType = DType | "text";
export type Missing = "error" | "nan" | "drop" | number;

export interface Column {
  type: ColumnType;
  values: number[] | string[];
  /** Why it is text, for whoever wanted numbers: the first field that is none. */
  because?: { row: number; field: string } | undefined;
}

interface Reading {
  /** The type asked for; otherwise it is found out. */
  type: ColumnType | undefined;
  missing: Missing;
  absent: ReadonlySet<string>;
  /** An error for a row of the column. */
  fail: (row: number, what: string) => Error;
}

const BOOLEANS: { readonly [text: string]: number } = { true: 1, True: 1, TRUE: 1, false: 0, False: 0, FALSE: 0 };
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const WHOLE = /^[+-]?\d+$/;
const INFINITE = /^[+-]?inf(inity)?$/i;

const isBoolean = (field: string) => Object.hasOwn(BOOLEANS, field);
const isNumber = (field: string) => NUMBER.test(field) || INFINITE.test(field);
const isInt32 = (field: string) => WHOLE.test(field) && Number(field) === (Number(field) | 0);
const numberOf = (field: string) =>
  INFINITE.test(field) ? (field.startsWith("-") ? -Infinity : Infinity) : Number(field);

/** What each type accepts, the narrowest first. A whole number beyond int32 is kept to the digit by float64. */
const accepts: { readonly [T in ColumnType]: (field: string) => boolean } = {
  bool: isBoolean,
  int32: isInt32,
  float32: (field) => isNumber(field) && (!WHOLE.test(field) || Math.abs(Number(field)) <= 2 ** 31),
  float64: isNumber,
  text: () => true,
};

export function columnOf(fields: readonly string[], { type: asked, missing, absent, fail }: Reading): Column {
  if (asked !== undefined && !Object.hasOwn(accepts, asked))
    throw fail(0, `its dtype must be ${Object.keys(accepts).join(", ")}; got ${JSON.stringify(asked)}`);
  const there = fields.filter((field) => !absent.has(field));
  const gaps = there.length < fields.length;
  let type = asked ?? (Object.keys(accepts) as ColumnType[]).find((candidate) => there.every(accepts[candidate]))!;
  // Nothing but gaps are numbers that are missing, not truths.
  if (asked === undefined && there.length === 0) type = "float32";
  // Only floats can say "not a number"; what fills a gap must fit, too.
  if (asked === undefined && gaps && (missing === "nan" || typeof missing === "number") && type !== "text") {
    if (type === "bool" || missing === "nan" || !Number.isInteger(missing))
      type = type === "float64" ? type : "float32";
  }
  if (type === "text") {
    const row = fields.findIndex((field) => !absent.has(field) && !isNumber(field) && !isBoolean(field));
    return { type, values: [...fields], because: row < 0 ? undefined : { row, field: fields[row]! } };
  }
  const values = fields.map((field, row) => {
    if (absent.has(field)) return filled(type, missing, () => fail(row, missingText(field, type)));
    if (isBoolean(field) && (type === "bool" || asked === undefined)) return BOOLEANS[field]!;
    if (type === "bool" ? field !== "0" && field !== "1" : type === "int32" ? !isInt32(field) : !isNumber(field))
      throw fail(row, `${JSON.stringify(field)} is no ${type}`);
    return numberOf(field);
  });
  return { type, values };
}

function filled(type: ColumnType, missing: Missing, fail: () => Error): number {
  if (typeof missing === "number") return missing;
  if (missing === "nan" && (type === "float32" || type === "float64")) return NaN;
  throw fail();
}

const missingText = (field: string, type: ColumnType) =>
  `the number is missing (${JSON.stringify(field)}). Give missing: ${type === "int32" || type === "bool" ? "" : '"nan", '}"drop" or a number to put there`;
