/**
 * What only the user's own text knows: as what each name was declared (an enum becomes a `var`), and whether the cell ends
 * in an expression.
 */
import ts from "typescript";
import { isDeclare, topDeclarations, type DeclarationKind } from "./declarations.ts";
import { parse } from "./parse.ts";

export interface Original {
  /** Names declared at the top of the cell. */
  kinds: Map<string, DeclarationKind>;
  endsInExpression: boolean;
  /** A block at the end that reads as an object: `{ a: 1 }`. */
  object: { start: number; end: number } | undefined;
}

export function readOriginal(file: ts.SourceFile): Original {
  const kinds = new Map<string, DeclarationKind>();
  // Namespaces merge with the class, function or enum of the same name, which is what the name is.
  const declare = (name: string, kind: DeclarationKind): void => void (kinds.has(name) || kinds.set(name, kind));
  for (const { name, kind, ambient } of topDeclarations(file)) {
    if (!ambient && kind !== "interface" && kind !== "type") declare(name.text, kind);
  }
  const last = file.statements.findLast((statement) => !leavesNothing(statement));
  return {
    kinds,
    endsInExpression: last !== undefined && (ts.isExpressionStatement(last) || ts.isExportAssignment(last)),
    object:
      last && ts.isBlock(last) && readsAsObject(last.getText(file))
        ? { start: last.getStart(file), end: last.end }
        : undefined,
  };
}

/** Types, imports and bare semicolons: what stands before them is what the cell ends in. */
function leavesNothing(statement: ts.Statement): boolean {
  return (
    ts.isEmptyStatement(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isImportDeclaration(statement) ||
    ts.isExportDeclaration(statement) ||
    isDeclare(statement)
  );
}

/**
 * The block that is meant as an object, in a text that is wrong as it stands: `{ a, b: 1 }`. It must end the text.
 */
export function objectAtEnd(file: ts.SourceFile): { start: number; end: number } | undefined {
  const end = file.text.replace(/[\s;]+$/, "").length;
  for (const statement of file.statements.toReversed()) {
    const start = statement.getStart(file);
    if (ts.isBlock(statement) && readsAsObject(file.text.slice(start, end))) return { start, end };
  }
  return undefined;
}

function readsAsObject(text: string): boolean {
  const { file, errors } = parse(`(${text})`);
  const [statement, more] = file.statements;
  if (errors.length > 0 || more || !statement || !ts.isExpressionStatement(statement)) return false;
  const { expression } = statement.expression as ts.ParenthesizedExpression;
  if (!ts.isObjectLiteralExpression(expression)) return false;
  // Both are read without an error: `{ a = 1 }` is half a pattern, and `{ f() }` a call.
  return expression.properties.every((property) => {
    if (ts.isShorthandPropertyAssignment(property)) return property.objectAssignmentInitializer === undefined;
    return !ts.isMethodDeclaration(property) || property.body !== undefined;
  });
}
