/** One cell's text, read once: what it declares and assigns, and what of it TypeScript must not see as it stands. */
import ts from "typescript";
import { topDeclarations, type Declaration } from "../declarations.ts";
import { objectAtEnd, readOriginal } from "../original.ts";
import { parse } from "../parse.ts";
import { blankCommands, findCommands, type Command } from "../shell.ts";
import { isAssigned } from "../uses.ts";
import { GLOBALS } from "../variables.ts";
import { Lines } from "./lines.ts";

export interface Declared {
  kind: Declaration["kind"];
  /** Offset of the name where it is first declared. */
  at: number;
  /** By the cell itself, under this name. */
  exported: boolean;
}

let made = 0;

export class CellText {
  /** No other text has it. */
  readonly serial = ++made;
  readonly text: string;
  /** As long as `text`; what is no TypeScript is blank. */
  readonly code: string;
  /** As long as `text`; lines for the shell are comments, which a formatter leaves alone. */
  readonly formatted: string;
  /** Lines for the shell. */
  readonly commands: readonly Command[];
  readonly lines: Lines;
  readonly declares = new Map<string, Declared>();
  /** Names that something in the cell assigns, whoever declares them. */
  readonly assigns = new Set<string>();
  /** The end of the cell where it reads as a block and is meant as an object. */
  readonly object: { start: number; end: number } | undefined;
  /** Where an import that the editor adds is put. */
  readonly importsAt: number;
  readonly quote: "single" | "double" | undefined;

  /** @param isKnown whether other cells declare a name, which may make TypeScript of a line that begins with `!`. */
  constructor(text: string, isKnown: (name: string) => boolean = () => false) {
    this.text = text;
    this.commands = findCommands(text, (name) => GLOBALS.has(name) || isKnown(name));
    this.code = blankCommands(text, this.commands)
      .replace(/^\uFEFF/, " ")
      .replace(/^ ?#!.*/, (line) => `//${line.slice(2)}`);
    this.formatted = withComments(text, this.commands);
    this.lines = new Lines(text);
    const { file, errors } = parse(this.code, { parents: true });
    const exported = exportedNames(file);
    for (const { name, kind } of topDeclarations(file)) {
      if (name.text === "" || this.declares.has(name.text)) continue;
      this.declares.set(name.text, { kind, at: name.getStart(file), exported: exported.has(name.text) });
    }
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && isAssigned(node)) this.assigns.add(node.text);
      ts.forEachChild(node, visit);
    };
    visit(file);
    this.object = errors.length > 0 ? objectAtEnd(file) : readOriginal(file).object;
    const imports = file.statements.filter((statement) => ts.isImportDeclaration(statement));
    const last = imports.at(-1);
    this.importsAt = last ? afterLine(this.code, last.end) : 0;
    const specifier = imports[0]?.moduleSpecifier.getText(file);
    this.quote = specifier === undefined ? undefined : specifier.startsWith("'") ? "single" : "double";
  }

  /** Whether an offset is in a line for the shell, and in no expression that is put in there. */
  isForShell(offset: number): boolean {
    const within = ({ start, end }: { start: number; end: number }): boolean => start <= offset && offset <= end;
    const command = this.commands.find(within);
    return command !== undefined && !command.parts.some((part) => typeof part !== "string" && within(part));
  }
}

function withComments(text: string, commands: readonly Command[]): string {
  let out = text;
  for (const { start, end } of commands) {
    const lines = text.slice(start, end).replace(/^(?:..|.$)/gm, (begin) => (begin.length === 2 ? "//" : " "));
    out = out.slice(0, start) + lines + out.slice(end);
  }
  return out;
}

function exportedNames(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement)) {
      const { exportClause } = statement;
      if (exportClause && ts.isNamedExports(exportClause)) {
        for (const { name } of exportClause.elements) names.add(name.text);
      } else if (exportClause) names.add(exportClause.name.text);
      continue;
    }
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
    const has = (kind: ts.SyntaxKind): boolean => modifiers?.some((modifier) => modifier.kind === kind) ?? false;
    if (!has(ts.SyntaxKind.ExportKeyword) || has(ts.SyntaxKind.DefaultKeyword)) continue;
    const alone = ts.factory.updateSourceFile(file, [statement]);
    for (const { name } of topDeclarations(alone)) names.add(name.text);
  }
  return names;
}

/** The offset of the line below; the end of the text when there is none. */
function afterLine(text: string, offset: number): number {
  const end = /\r\n|\n|\r/g;
  end.lastIndex = offset;
  const found = end.exec(text);
  return found ? found.index + found[0].length : text.length;
}
