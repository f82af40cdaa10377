/**
 * Lines such as `!npm install x` are no TypeScript: formatting must leave them as they are. This holds for the cells of all
 * notebooks, since the server that formats is not told which are ours; to a notebook of another kernel such a line is an error.
 */
import type ts from "typescript";

const FORMATTERS = [
  "getFormattingEditsForDocument",
  "getFormattingEditsForRange",
  "getFormattingEditsAfterKeystroke",
] as const;

/** `!`, a program, and words; `!done && more` has an operator instead and is TypeScript. */
const SHELL_LINE = /^[ \t]*![ \t]*[\w./~-]+([ \t]+[\w./~@${"'-].*)?$/gm;

/** The service, whose formatting does not touch shell lines in the files that `isCell` names. `textOf` gives a file's text. */
export function keepShellLines(
  service: ts.LanguageService,
  isCell: (fileName: string) => boolean,
  textOf: (fileName: string) => string,
): ts.LanguageService {
  const keeping = { ...service };
  for (const name of FORMATTERS) {
    const format = service[name] as (fileName: string, ...rest: unknown[]) => ts.TextChange[];
    (keeping as unknown as { [name: string]: unknown })[name] = (fileName: string, ...rest: unknown[]) => {
      const edits = format(fileName, ...rest);
      return isCell(fileName) ? withoutShellLines(edits, textOf(fileName)) : edits;
    };
  }
  return keeping;
}

/** The edits that change nothing on a shell line nor the ends of one. */
export function withoutShellLines(edits: ts.TextChange[], text: string): ts.TextChange[] {
  const lines = [...text.matchAll(SHELL_LINE)].map(({ index, 0: line }) => [index, index + line.length] as const);
  return edits.filter(({ span }) => !lines.some(([from, to]) => span.start <= to && span.start + span.length >= from));
}
