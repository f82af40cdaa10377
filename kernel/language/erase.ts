/**
 * First pass: types away, what the runtime cannot do itself lowered, by TypeScript's own emitter.
 */
import ts from "typescript";
import { Mappings } from "./edits.ts";
import { grammarError } from "./grammar.ts";
import { parse } from "./parse.ts";
import { CellSyntaxError } from "./syntaxError.ts";

export interface Erased {
  /** JavaScript without comments, each statement ended by its semicolon. */
  js: string;
  mappings: Mappings;
  /** The user's text, parsed. */
  original: ts.SourceFile;
}

/** V8 12.4 of Node 22 does not know `using`. */
const USING_IS_NATIVE = compiles("{ using x = null; }");

export function erase(source: string, { fileName, isCell }: { fileName: string; isCell: boolean }): Erased {
  return eraseText(withoutMark(source), { fileName, isCell });
}

/** The same for a cell that ends in `{ a: 1 }`, read as an object and not as a block. */
export function eraseObject(source: string, { start, end }: { start: number; end: number }): Erased {
  const text = withoutMark(source);
  const inParentheses = `${text.slice(0, start)};(${text.slice(start, end)})${text.slice(end)}`;
  const erased = eraseText(inParentheses, { fileName: "cell.ts", isCell: true });
  // The semicolon and the parenthesis moved what follows them on their line.
  const { line, column } = placeOf(erased.original, start);
  for (const point of erased.mappings.points) if (point.line === line && point.column >= column + 2) point.column -= 2;
  return erased;
}

/** Without the byte order mark. */
function withoutMark(source: string): string {
  return source.startsWith("\uFEFF") ? source.slice(1) : source;
}

function eraseText(text: string, { fileName, isCell }: { fileName: string; isCell: boolean }): Erased {
  // Before emitting: TypeScript's emitter fails on a tree with errors.
  const { file: original, errors } = parse(text, { name: fileName, parents: true });
  if (errors.length > 0) throw syntaxError(text, errors);
  const assignment = isCell ? original.statements.find(isExportEquals) : undefined;
  if (assignment) return eraseText(withoutExportEquals(text, assignment), { fileName, isCell });
  const wrong = grammarError(original);
  if (wrong) {
    const start = wrong.node.getStart(original);
    throw errorAt(original, { start, length: wrong.node.end - start }, wrong.message);
  }
  const { outputText, sourceMapText } = ts.transpileModule(text, {
    fileName,
    compilerOptions: {
      target: keepsUsing(text) ? ts.ScriptTarget.ESNext : ts.ScriptTarget.ES2024,
      // `import` stays as it is, `import x = require()` becomes a call.
      module: ts.ModuleKind.Preserve,
      moduleDetection: isCell ? ts.ModuleDetectionKind.Force : ts.ModuleDetectionKind.Auto,
      verbatimModuleSyntax: true,
      isolatedModules: true,
      allowJs: true,
      sourceMap: true,
      removeComments: true,
      newLine: ts.NewLineKind.LineFeed,
    },
  });
  const { mappings } = JSON.parse(sourceMapText!) as { mappings: string };
  const js = outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, "");
  const mapped = new Mappings(js, mappings);
  if (UNUSUAL_LINE_END.test(text)) {
    for (const point of mapped.points)
      Object.assign(point, placeOf(original, original.getPositionOfLineAndCharacter(point.line, point.column)));
  }
  return { js, mappings: mapped, original };
}

/** Ends a line for the language, and not for an editor: it stays on the line that it is on. */
const UNUSUAL_LINE_END = /[\u2028\u2029]/;

/** Line and column as an editor counts them, 0-based. */
function placeOf(file: ts.SourceFile, offset: number): { line: number; column: number } {
  const { line, character } = file.getLineAndCharacterOfPosition(offset);
  if (!UNUSUAL_LINE_END.test(file.text)) return { line, column: character };
  const before = file.text.slice(0, offset).split(/\r\n|[\n\r]/);
  return { line: before.length - 1, column: before.at(-1)!.length };
}

function isExportEquals(statement: ts.Statement): statement is ts.ExportAssignment {
  return ts.isExportAssignment(statement) && statement.isExportEquals === true;
}

/** `export = value` would become CommonJS. In a cell it is what `export default value` is: an expression. */
function withoutExportEquals(text: string, statement: ts.ExportAssignment): string {
  const start = statement.getStart();
  const { expression } = statement;
  const gap = " ".repeat(expression.getStart() - start - 2);
  return `${text.slice(0, start)};${gap}(${expression.getText()})${text.slice(expression.end)}`;
}

export const NO_JSX =
  "JSX is not supported in a notebook. Build the value with functions, or show HTML with display().";

function syntaxError(text: string, errors: readonly ts.DiagnosticWithLocation[]): CellSyntaxError {
  const jsx = findJsx(text);
  if (jsx) return errorAt(jsx.file, jsx, NO_JSX);
  const first = errors.reduce((a, b) => (b.start < a.start ? b : a));
  return errorAt(first.file, first, ts.flattenDiagnosticMessageText(first.messageText, " "));
}

type Span = { start: number; length: number };

function errorAt(file: ts.SourceFile, { start, length }: Span, message: string): CellSyntaxError {
  const { line, column } = placeOf(file, start);
  return new CellSyntaxError(message, { line: line + 1, column: column + 1, length });
}

/** Text that is wrong as TypeScript, and right once `<` begins an element. */
export function findJsx(text: string): (Span & { file: ts.SourceFile }) | undefined {
  const { file, errors } = parse(text, { name: "cell.tsx" });
  if (errors.length > 0) return undefined;
  const find = (node: ts.Node): ts.Node | undefined =>
    ts.isJsxElement(node) || ts.isJsxSelfClosingElement(node) || ts.isJsxFragment(node)
      ? node
      : ts.forEachChild(node, find);
  const element = find(file);
  if (!element) return undefined;
  const start = element.getStart(file);
  return { file, start, length: element.end - start };
}

/**
 * Whether `using` is left to V8. TypeScript lowers it together with decorators, which no V8 knows, so that a cell with
 * both has both lowered.
 */
function keepsUsing(text: string): boolean {
  return USING_IS_NATIVE && /\busing\b/.test(text) && !/@|\baccessor\b/.test(text);
}

function compiles(code: string): boolean {
  try {
    return typeof new Function(code) === "function";
  } catch {
    return false;
  }
}
