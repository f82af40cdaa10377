/**
 * Text with separators into records of fields.
 *
 * Source: RFC 4180; beyond it, any one separator, and lines that end with a line feed or a carriage return alone.
 */
import { poll } from "../tensor/poll.ts";

export interface CsvRecord {
  /** Line of the file on which the record begins, from 1. */
  line: number;
  fields: string[];
}

const QUOTE = '"';
/** Records between two looks at whether the user wants to stop. */
const POLL_EVERY = 4096;

/**
 * The records of `text`. Empty lines and, if `comment` is given, lines that begin with it are left out. Spaces around a
 * field that is not quoted do not belong to it. `fail` makes the error from a line and what is wrong there.
 */
export function csvRecords(
  text: string,
  { delimiter, comment, fail }: { delimiter: string; comment: string; fail: (line: number, what: string) => Error },
): CsvRecord[] {
  const records: CsvRecord[] = [];
  // A byte order mark, as spreadsheets write it, is not part of the first name.
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  let quote = text.indexOf(QUOTE); // the next one
  while (at < text.length) {
    if (records.length % POLL_EVERY === 0) poll();
    const end = lineEnd(text, at);
    const first = line;
    if (skipSpaces(text, at, delimiter) === end || (comment !== "" && text.startsWith(comment, at))) {
      at = afterLine(text, end);
      line++;
      continue;
    }
    if (quote >= 0 && quote < at) quote = text.indexOf(QUOTE, at);
    if (quote < 0 || quote >= end) {
      records.push({ line: first, fields: text.slice(at, end).split(delimiter).map(trim) });
      at = afterLine(text, end);
      line++;
      continue;
    }
    const fields: string[] = [];
    for (;;) {
      const start = skipSpaces(text, at, delimiter);
      if (text[start] === QUOTE) {
        const { value, next } = quoted(text, start, () =>
          fail(line, `the quoted field ${fields.length + 1} is never closed`),
        );
        for (let i = 0; i < value.length; i++)
          if (value[i] === "\n" || (value[i] === "\r" && value[i + 1] !== "\n")) line++;
        fields.push(value);
        at = skipSpaces(text, next, delimiter);
        if (at < text.length && text[at] !== delimiter && !isEnd(text[at]!)) {
          throw fail(
            line,
            `field ${fields.length} goes on after its closing quote; a quote inside a quoted field is written twice`,
          );
        }
      } else {
        const stop = fieldEnd(text, at, delimiter);
        fields.push(text.slice(at, stop).trim());
        at = stop;
      }
      if (text[at] !== delimiter) break;
      at++;
    }
    records.push({ line: first, fields });
    at = afterLine(text, at);
    line++;
  }
  return records;
}

const trim = (field: string): string => field.trim();
const isEnd = (character: string) => character === "\n" || character === "\r";

function lineEnd(text: string, at: number): number {
  const feed = text.indexOf("\n", at);
  const end = feed < 0 ? text.length : feed;
  // Only in this line: a search over a long file without carriage returns would look at all of it each time.
  for (let i = at; i < end; i++) if (text.charCodeAt(i) === 13) return i;
  return end;
}

/** Where the next line begins; `at` is at the end of one. */
const afterLine = (text: string, at: number): number => (text[at] === "\r" && text[at + 1] === "\n" ? at + 2 : at + 1);

function fieldEnd(text: string, at: number, delimiter: string): number {
  let i = at;
  while (i < text.length && text[i] !== delimiter && !isEnd(text[i]!)) i++;
  return i;
}

function skipSpaces(text: string, at: number, delimiter: string): number {
  let i = at;
  while ((text[i] === " " || text[i] === "\t") && text[i] !== delimiter) i++;
  return i;
}

/** The field whose quote opens at `start`, and the place after the one that closes it. */
function quoted(text: string, start: number, fail: () => Error): { value: string; next: number } {
  let value = "";
  for (let at = start + 1; ;) {
    const close = text.indexOf(QUOTE, at);
    if (close < 0) throw fail();
    value += text.slice(at, close);
    if (text[close + 1] !== QUOTE) return { value, next: close + 1 };
    value += QUOTE;
    at = close + 2;
  }
}
