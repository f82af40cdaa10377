/**
 * A command with the values of its expressions put in. A value is one argument, quoted where the shell would take it
 * apart; an array is as many arguments as it has elements. Between quotes of the command a value stays between them.
 */

type Quote = "" | "'" | '"';

/** @param strings the command around its values: one more than there are values. */
export function commandLine(
  strings: readonly string[],
  values: readonly unknown[],
  platform = process.platform,
): string {
  const windows = platform === "win32";
  let line = strings[0] ?? "";
  let quote = quoteAfter(line, "", windows);
  values.forEach((value, i) => {
    const next = strings[i + 1] ?? "";
    line += put(value, quote, windows) + next;
    quote = quoteAfter(next, quote, windows);
  });
  return line;
}

function put(value: unknown, quote: Quote, windows: boolean): string {
  const parts = Array.isArray(value) ? value.map(textOf) : [textOf(value)];
  const escape = windows ? onWindows : inPosix;
  return quote === "" ? parts.map((part) => escape(part, "")).join(" ") : escape(parts.join(" "), quote);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null || typeof value === "symbol" || typeof value === "function") {
    throw new TypeError(`a value in a command must be a text, a number or an array of these, got ${kindOf(value)}.`);
  }
  const text = String(value as string);
  if (/^\[object \w+\]$/.test(text)) {
    throw new TypeError(`a value in a command must be a text, a number or an array of these, got ${kindOf(value)}.`);
  }
  if (text.includes("\0")) throw new TypeError("a value in a command must not hold the character U+0000.");
  return text;
}

function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}

function inPosix(text: string, quote: Quote): string {
  if (quote === "'") return text.replaceAll("'", `'\\''`);
  if (quote === '"') return text.replace(/[\\"$`]/g, "\\$&");
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `%NAME%` cannot be kept from cmd.exe. */
function onWindows(text: string, quote: Quote): string {
  if (quote === '"') return text.replaceAll('"', '""');
  return /^[\w@+=:./\\-]+$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
}

/** Between which quotes the command is after a piece of its text. */
function quoteAfter(text: string, before: Quote, windows: boolean): Quote {
  let quote = before;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "\\" && quote !== "'" && !windows) i++;
    else if (char === quote) quote = "";
    else if (quote === "" && (char === '"' || (char === "'" && !windows))) quote = char;
  }
  return quote;
}
