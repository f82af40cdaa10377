/**
 * What only the user's own text knows: as what each name was declared (an enum becomes a `var`), and whether the cell ends
 * in an expression.
 */
import ts from "typescript";
import { parse } from "./parse.ts";
import { boundNames, syntaxOf } from "./scope.ts";

export type DeclarationKind = "const" | "let" | "var" | "function" | "class" | "enum" | "namespace" | "import";

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
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return;
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return;
    if (ts.isVariableDeclarationList(node) && syntaxOf(node) === "var") {
      for (const { name } of node.declarations) for (const { text } of boundNames(name)) declare(text, "var");
    }
    ts.forEachChild(node, visit);
  };
  for (const statement of file.statements) {
    for (const [name, kind] of declared(statement)) declare(name, kind);
    if (!isDeclare(statement)) visit(statement);
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

function declared(statement: ts.Statement): [string, DeclarationKind][] {
  if (isDeclare(statement)) return [];
  if (ts.isVariableStatement(statement)) {
    const syntax = syntaxOf(statement.declarationList);
    const kind = syntax === "using" ? "const" : syntax;
    return statement.declarationList.declarations
      .flatMap(({ name }) => boundNames(name))
      .map(({ text }) => [text, kind]);
  }
  if (ts.isFunctionDeclaration(statement)) return statement.name ? [[statement.name.text, "function"]] : [];
  if (ts.isClassDeclaration(statement)) return statement.name ? [[statement.name.text, "class"]] : [];
  if (ts.isEnumDeclaration(statement)) return [[statement.name.text, "enum"]];
  if (ts.isModuleDeclaration(statement)) {
    let { name }: { name: ts.ModuleName } = statement;
    while (!ts.isIdentifier(name) && !ts.isStringLiteral(name)) name = (name as { left: ts.ModuleName }).left;
    return ts.isIdentifier(name) ? [[name.text, "namespace"]] : [];
  }
  if (ts.isImportEqualsDeclaration(statement)) return [[statement.name.text, "import"]];
  if (!ts.isImportDeclaration(statement)) return [];
  const { name, namedBindings } = statement.importClause ?? {};
  const names = name ? [name.text] : [];
  if (namedBindings && ts.isNamespaceImport(namedBindings)) names.push(namedBindings.name.text);
  else namedBindings?.elements.forEach((element) => names.push(element.name.text));
  return names.map((text) => [text, "import"]);
}

function isDeclare(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false)
  );
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
  return expression.properties.every(
    (property) => !ts.isShorthandPropertyAssignment(property) || !property.objectAssignmentInitializer,
  );
}
