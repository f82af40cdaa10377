/** Whether a console should run what was typed or wait for more lines. Parses, never runs. */
import { parse } from "./parse.ts";
import { blankCommands, findCommands } from "./shell.ts";
import { GLOBALS } from "./variables.ts";

export type Completeness =
  | { status: "complete" }
  | { status: "incomplete"; /** White space for the next line. */ indent: string }
  | { status: "invalid" };

const INDENT = "  ";

/** Errors of a text that stops in the middle of a token; their position is the token's beginning. */
const UNTERMINATED = new Set([
  1010, // '*/' expected.
  1160, // Unterminated template literal.
]);

/** A string ends with its line: it is reported there, and no further line helps. */
const UNTERMINATED_STRING = 1002;

export function isComplete(code: string): Completeness {
  const commands = findCommands(code, (name) => GLOBALS.has(name));
  if (commands.at(-1)?.end === code.length && code.endsWith("\\")) return { status: "incomplete", indent: INDENT };
  const { errors } = parse(blankCommands(code, commands));
  if (errors.length === 0) return { status: "complete" };
  const end = code.trimEnd().length;
  // One error before the end is enough: more lines cannot mend it.
  const mendable = errors.every(
    ({ start, code: error }) => UNTERMINATED.has(error) || (start >= end && error !== UNTERMINATED_STRING),
  );
  return mendable ? { status: "incomplete", indent: indentAfter(code) } : { status: "invalid" };
}

function indentAfter(code: string): string {
  const lines = code.trimEnd().split(/\r?\n/);
  const last = lines.at(-1) ?? "";
  const indent = /^\s*/.exec(last)![0];
  return /[{([]$/.test(last) ? indent + INDENT : indent;
}
