/**
 * Errors that the language reports before anything runs and that TypeScript's parser lets pass: `break` outside a loop,
 * a name declared twice in a block, an assignment to a call. V8 finds them; the code is compiled here and never run.
 */
import { Script } from "node:vm";
import ts from "typescript";
import { Mappings } from "./edits.ts";
import type { Erased } from "./erase.ts";
import { parseJavaScript } from "./parse.ts";
import { CellSyntaxError } from "./syntaxError.ts";

const NAME = "gradbook:check";

export function checkEarlyErrors(code: string, mappings: string, erased: Pick<Erased, "js" | "mappings">): void {
  const error = errorOf(code);
  if (!error) return;
  // V8 speaks of what it sees: in our code perhaps of something that we have written.
  const before = 'async () => { "use strict"; ';
  const own = errorOf(`${before}${asScript(erased.js)}\n}`);
  const place = own
    ? erased.mappings.original(Math.max(0, own.offset - before.length))
    : new Mappings(code, mappings).original(error.offset);
  const { message, length } = own ?? error;
  throw new CellSyntaxError(message, { line: (place?.line ?? 0) + 1, column: (place?.column ?? 0) + 1, length });
}

/** Node writes the place, the line and a mark above the stack: "gradbook:check:3\n  break;\n  ^^^^^\n\nSyntaxError: …". */
function errorOf(code: string): { message: string; offset: number; length: number } | undefined {
  try {
    new Script(code, { filename: NAME });
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const match = new RegExp(`^${NAME}:(\\d+)\\n.*\\n( *)(\\^+)`).exec(String(error.stack));
    if (!match) return { message: error.message, offset: 0, length: 0 };
    const [, lineText, before, marks] = match as unknown as [string, string, string, string];
    const lines = code.split(/[\n\u2028\u2029]/);
    const offset = lines.slice(0, Number(lineText) - 1).reduce((sum, line) => sum + line.length + 1, before.length);
    return { message: error.message, offset, length: marks.length };
  }
}

/** A module's text with everything at its place and nothing in it that a function may not have. */
function asScript(js: string): string {
  const file = parseJavaScript(js);
  let text = js;
  const put = (start: number, end: number, by: string): void => {
    text = text.slice(0, start) + by.padEnd(end - start) + text.slice(end);
  };
  for (const statement of file.statements) {
    const start = statement.getStart(file);
    if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) put(start, statement.end, "");
    else if (ts.isExportAssignment(statement)) put(start, statement.expression.getStart(file), "void");
    else if (ts.canHaveModifiers(statement)) {
      const last = ts
        .getModifiers(statement)
        ?.findLast(({ kind }) => kind === ts.SyntaxKind.ExportKeyword || kind === ts.SyntaxKind.DefaultKeyword);
      const isNamed = !(ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) || statement.name;
      if (last) put(start, last.end, isNamed ? "" : "void");
    }
  }
  const visit = (node: ts.Node): void => {
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
      put(node.getStart(file), node.end, "$meta");
    ts.forEachChild(node, visit);
  };
  visit(file);
  return text;
}
