/** What TypeScript says, where its advice does not fit a notebook. */
import type ts from "typescript";
import type { CellFile } from "./cellFile.ts";

/** @param said TypeScript's message. */
export function messageFor({ code, start = 0, length = 0 }: ts.Diagnostic, said: string, file: CellFile): string {
  const there = file.code.slice(start, start + length);
  return MESSAGES[code]?.(there, file, said) ?? said;
}

type Rewrite = (there: string, file: CellFile, said: string) => string | undefined;

const cannotAssign: Rewrite = (name, file) => {
  const kind = file.aliases.get(name)?.provider.cell.declares.get(name)?.kind;
  return kind === undefined || kind === "import" ? undefined : `Cannot assign to '${name}' because it is a ${kind}.`;
};
const noDom: Rewrite = (name) => `Cannot find name '${name}'. Cells run in Node, which has no DOM.`;
const noFile: Rewrite = (quoted) => `Cannot find module ${quoted.replaceAll('"', "'")}.`;
const notInstalled: Rewrite = (quoted, _file, said) => {
  const name = /^["'](@[^/]+\/[^/"']+|[^./"'][^/"']*)/.exec(quoted)?.[1];
  if (name === undefined || name.startsWith("node:")) return undefined;
  return `${said.split("\n")[0]} Install it with !npm install ${name}`;
};

const MESSAGES: { readonly [code: number]: Rewrite } = {
  2632: cannotAssign,
  2584: noDom,
  2834: noFile,
  2835: noFile,
  2307: notInstalled,
  2882: notInstalled,
};
