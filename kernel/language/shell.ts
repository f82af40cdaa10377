/**
 * Commands in a cell: `!npm install x`. A line that begins with `!` where a statement may begin is a command for the
 * shell, unless it is TypeScript whose first name is known (`!done && start()`).
 *
 * Only text in, text out: the transform, `isComplete` and the language service ask here which lines are commands.
 */
import ts from "typescript";
import { parse } from "./parse.ts";

/** A name that the session, an earlier cell or the runtime knows. Names of the cell itself are found here. */
export type IsKnown = (name: string) => boolean;

export interface Command {
  /** Offsets in the cell, from the `!` to the end of its line, or of its last line where lines end with a backslash. */
  start: number;
  end: number;
  /** What the shell gets, in turn: text as it is, and expressions (`{name}`, `${name}`) whose values are put in. */
  parts: (string | Expression)[];
  /** It stands in a function that is not async, where nothing can wait for it. */
  inSyncFunction: boolean;
}

export interface Expression {
  start: number;
  end: number;
  text: string;
}

/** How the code of a cell begins to call a command. The session puts the function on the cell's `import.meta`, out of sight. */
export const COMMAND = "import.meta.command(";

const CANDIDATE = /^[ \t]*!(?!=|[ \t\r]*$)/gm;
const MASK = "debugger;";
const ESCAPED_NEWLINE = /\\\r?\n/g;
/** How many closing braces are tried for one opening brace. */
const BRACES = 8;

interface Candidate {
  start: number;
  end: number;
  /** Where its mask stands in the text that is parsed. */
  masked: number;
}

export function findCommands(text: string, isKnown: IsKnown): Command[] {
  let left = candidates(text);
  while (left.length > 0) {
    const { file, errors } = parse(mask(text, left));
    const statements = statementsAt(file, new Set(left.map(({ masked }) => masked)));
    const wrong = new Set(errors.map(({ start }) => start));
    const known: IsKnown = (name) => isKnown(name) || declaredIn(file).has(name);
    // In a comment, a template, a class: what is there is no statement. It changes nothing for the others.
    const [stays, goes] = partition(left, ({ masked }) => statements.has(masked));
    // In the middle of an expression it would spoil what follows, so the text is read again without it.
    const refused = stays.find(({ masked, start }) => wrong.has(masked) || isTypeScript(text, start, known));
    left = stays.filter((candidate) => candidate !== refused);
    if (refused || goes.length > 0) continue;
    return left.map(({ start, end, masked }) => ({
      start,
      end,
      parts: partsOf(text, start + 1, end, known),
      inSyncFunction: statements.get(masked)!,
    }));
  }
  return [];
}

/** The cell with something else in place of each command: as many lines, so that every other line stays where it is. */
export function replaceCommands(text: string, commands: readonly Command[], by: (command: Command) => string): string {
  let out = "";
  let at = 0;
  for (const command of commands) {
    const lines = text.slice(command.start, command.end).split("\n").length - 1;
    out += text.slice(at, command.start) + by(command) + "\n".repeat(lines);
    at = command.end;
  }
  return out + text.slice(at);
}

/** The cell with commands blanked: as long as before, and expressions in commands stay where they are, as statements. */
export function blankCommands(text: string, commands: readonly Command[]): string {
  let out = text;
  for (const { start, end, parts } of commands) {
    let line = ";" + text.slice(start + 1, end).replace(/[^\r\n]/g, " ");
    for (const part of parts) {
      if (typeof part === "string") continue;
      const from = part.start - start;
      line = `${line.slice(0, from - 1)};${part.text};${line.slice(from + part.text.length + 1)}`;
    }
    out = out.slice(0, start) + line + out.slice(end);
  }
  return out;
}

/** What to say about a line that is a command of IPython's: `%pip install x`, `%%time`. Undefined for any other line. */
export function magicMessage(line: string): string | undefined {
  const magic = /^\s*(%%?)([A-Za-z_]\w*)(.*)$/.exec(line);
  if (!magic) return undefined;
  const [, percent, name, rest] = magic as unknown as [string, string, string, string];
  return `${percent}${name} is a command of IPython, which Gradbook has not. ${INSTEAD[name]?.(rest.trim()) ?? "A line that begins with ! goes to the shell."}`;
}

/** What does the same here. */
const INSTEAD: { readonly [magic: string]: (rest: string) => string } = {
  pip: (rest) => `For a package: !npm ${rest || "install <name>"}`,
  conda: (rest) => `For a package: !npm ${rest || "install <name>"}`,
  npm: (rest) => `Write !npm ${rest}`,
  sh: () => "Begin each line with ! to give it to the shell.",
  bash: () => "Begin each line with ! to give it to the shell.",
  time: () => 'Write console.time("a") before and console.timeEnd("a") after.',
  timeit: () => 'Write console.time("a") before and console.timeEnd("a") after.',
  cd: () => "The working folder is the notebook's; use paths from there.",
  env: () => "Write process.env.NAME.",
  load_ext: () => "There is nothing to load; changed modules are reloaded by themselves.",
  autoreload: () => "Changed modules are reloaded by themselves.",
  matplotlib: () => "Figures are shown by themselves.",
  run: (rest) => `Write import ${JSON.stringify(rest.startsWith(".") ? rest : `./${rest || "file.ts"}`)}.`,
};

function candidates(text: string): Candidate[] {
  const found: Candidate[] = [];
  for (const match of text.matchAll(CANDIDATE)) {
    const start = match.index + match[0].length - 1;
    if (start < (found.at(-1)?.end ?? 0)) continue;
    let end = start;
    do end = lineEnd(text, end + 1);
    while (end < text.length && /\\\r?$/.test(text.slice(start, end)));
    if (text[end - 1] === "\r") end--;
    found.push({ start, end, masked: 0 });
  }
  return found;
}

function lineEnd(text: string, from: number): number {
  const newline = text.indexOf("\n", from);
  return newline < 0 ? text.length : newline;
}

/** The text with each candidate as a statement that can be nothing else. */
function mask(text: string, all: readonly Candidate[]): string {
  let out = "";
  let at = 0;
  for (const candidate of all) {
    out += text.slice(at, candidate.start);
    candidate.masked = out.length;
    out += MASK + "\n".repeat(text.slice(candidate.start, candidate.end).split("\n").length - 1);
    at = candidate.end;
  }
  return out + text.slice(at);
}

/** Which masks are statements, and whether each stands in a function that cannot wait. */
function statementsAt(file: ts.SourceFile, masks: ReadonlySet<number>): Map<number, boolean> {
  const found = new Map<number, boolean>();
  const visit = (node: ts.Node, sync: boolean): void => {
    if (ts.isDebuggerStatement(node)) {
      const start = node.getStart(file);
      if (masks.has(start)) found.set(start, sync);
      return;
    }
    const inner = ts.isFunctionLike(node)
      ? !(ts.getCombinedModifierFlags(node as ts.FunctionDeclaration) & ts.ModifierFlags.Async)
      : sync || ts.isClassStaticBlockDeclaration(node);
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(file, false);
  return found;
}

/** Every name that the text declares, in whatever scope. */
const declared = new WeakMap<ts.SourceFile, Set<string>>();
function declaredIn(file: ts.SourceFile): Set<string> {
  let names = declared.get(file);
  if (names) return names;
  declared.set(file, (names = new Set()));
  const visit = (node: ts.Node): void => {
    const { name } = node as { name?: ts.Node };
    if (name && ts.isIdentifier(name) && !ts.isPropertyAccessExpression(node)) names.add(name.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

/** Whether the statement that begins at `start` is TypeScript, as far as it goes, and begins with a known name. */
function isTypeScript(text: string, start: number, isKnown: IsKnown): boolean {
  const rest = text.slice(start);
  const { file, errors } = parse(rest);
  const [statement] = file.statements;
  if (!statement || !ts.isExpressionStatement(statement)) return false;
  const end = lineEnd(rest, statement.end);
  const unfinished = errors.every((error) => error.start >= rest.trimEnd().length);
  if (!unfinished && errors.some((error) => error.start <= end)) return false;
  return beginsKnown(statement.expression, isKnown);
}

/** Whether the first thing in an expression is a name that is known, or something that is no name and no path. */
function beginsKnown(expression: ts.Expression, isKnown: IsKnown): boolean {
  let at = expression;
  let around = expression;
  for (;;) {
    const outer = at;
    if (ts.isPrefixUnaryExpression(at) || ts.isPostfixUnaryExpression(at)) at = at.operand;
    else if (ts.isBinaryExpression(at)) at = at.left;
    else if (ts.isConditionalExpression(at)) at = at.condition;
    else if (ts.isTaggedTemplateExpression(at)) at = at.tag;
    else if (isAround(at)) at = at.expression;
    else break;
    around = outer;
  }
  if (ts.isIdentifier(at)) return isKnown(at.text);
  // `!"/a path/tool"`, `!{tool}` and `!/bin/ls` would be nothing but `false`.
  if (ts.isStringLiteralLike(at) || ts.isObjectLiteralExpression(at)) return false;
  return !ts.isRegularExpressionLiteral(at) || ts.isPropertyAccessExpression(around);
}

function isAround(node: ts.Expression): node is ts.Expression & { expression: ts.Expression } {
  return (
    ts.isParenthesizedExpression(node) ||
    ts.isCallExpression(node) ||
    ts.isPropertyAccessExpression(node) ||
    ts.isElementAccessExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node)
  );
}

/** Cuts a command at its expressions. Braces that hold none are the shell's. */
function partsOf(text: string, from: number, to: number, isKnown: IsKnown): (string | Expression)[] {
  const parts: (string | Expression)[] = [];
  let at = from;
  const literal = (end: number): void => {
    const piece = text.slice(at, end).replace(ESCAPED_NEWLINE, "");
    if (piece !== "") parts.push(piece);
  };
  for (let i = from; i < to; i++) {
    if (text[i] === "\\") i += text.startsWith("${", i + 1) ? 2 : 1;
    else if (text.startsWith("{{", i)) i = Math.max(i + 1, text.slice(0, to).indexOf("}}", i));
    else if (text[i] === "{") {
      const expression = expressionAt(text, i + 1, to, isKnown);
      if (!expression) continue;
      literal(text[i - 1] === "$" ? i - 1 : i);
      parts.push(expression);
      at = expression.end + 1;
      i = expression.end;
    }
  }
  literal(to);
  return parts;
}

function expressionAt(text: string, start: number, limit: number, isKnown: IsKnown): Expression | undefined {
  let end = start - 1;
  for (let tries = 0; tries < BRACES; tries++) {
    end = text.indexOf("}", end + 1);
    if (end < 0 || end >= limit) return undefined;
    const inner = text.slice(start, end);
    if (inner.includes("\n")) return undefined;
    const { file, errors } = parse(`(${inner})`);
    if (errors.length > 0) continue;
    const [statement, more] = file.statements;
    if (more || !statement || !ts.isExpressionStatement(statement)) return undefined;
    const { expression } = statement.expression as ts.ParenthesizedExpression;
    // `{a,b}` is the shell's.
    const isList = ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.CommaToken;
    return !isList && beginsName(inner) && beginsKnown(expression, isKnown) ? { start, end, text: inner } : undefined;
  }
  return undefined;
}

function beginsName(text: string): boolean {
  return /^[\s(!]*[\p{ID_Start}$_]/u.test(text);
}

function partition<T>(all: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((item) => !test(item))];
}
