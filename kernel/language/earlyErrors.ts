/**
 * Errors that the language reports before anything runs and that TypeScript's parser lets pass: `break` outside a loop,
 * a name declared twice in a block, an assignment to a call. V8 finds them; the code is compiled here and never run.
 */
import { Script } from "node:vm";
import { Mappings } from "./edits.ts";
import { CellSyntaxError } from "./syntaxError.ts";

const NAME = "gradbook:check";

export function checkEarlyErrors(code: string, mappings: string): void {
  try {
    new Script(code, { filename: NAME });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CellSyntaxError(error.message, placeOf(error, code, mappings));
  }
}

/** Node writes the place, the line and a mark above the stack: "gradbook:check:3\n  break;\n  ^^^^^\n\nSyntaxError: …". */
function placeOf(error: SyntaxError, code: string, mappings: string): { line: number; column: number; length: number } {
  const match = new RegExp(`^${NAME}:(\\d+)\\n.*\\n( *)(\\^+)`).exec(String(error.stack));
  if (!match) return { line: 1, column: 1, length: 0 };
  const [, lineText, before, marks] = match as unknown as [string, string, string, string];
  const lines = code.split("\n");
  const offset = lines.slice(0, Number(lineText) - 1).reduce((sum, line) => sum + line.length + 1, before.length);
  const original = new Mappings(code, mappings).original(offset);
  return { line: (original?.line ?? 0) + 1, column: (original?.column ?? 0) + 1, length: marks.length };
}
