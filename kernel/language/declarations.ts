/** What a cell's text declares at its top, types among it. */
import ts from "typescript";
import { boundNames, syntaxOf } from "./scope.ts";

export type DeclarationKind = "const" | "let" | "var" | "function" | "class" | "enum" | "namespace" | "import";
type TypeKind = "interface" | "type";

export interface Declaration {
  name: ts.Identifier;
  kind: DeclarationKind | TypeKind;
  /** By `declare`: something that TypeScript is told of, and that nobody makes. */
  ambient: boolean;
}

/** In the order of the text; a name comes as often as it is declared. */
export function topDeclarations(file: ts.SourceFile): Declaration[] {
  const found: Declaration[] = [];
  /** `var` below the top belongs to the top. */
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return;
    if (ts.isVariableDeclarationList(node) && syntaxOf(node) === "var") {
      for (const name of node.declarations.flatMap((declaration) => boundNames(declaration.name))) {
        found.push({ name, kind: "var", ambient: false });
      }
    }
    ts.forEachChild(node, visit);
  };
  for (const statement of file.statements) {
    const ambient = isDeclare(statement);
    for (const [name, kind] of declaredBy(statement)) found.push({ name, kind, ambient });
    if (!ambient && !ts.isVariableStatement(statement)) visit(statement);
  }
  return found;
}

function declaredBy(statement: ts.Statement): [ts.Identifier, Declaration["kind"]][] {
  if (ts.isVariableStatement(statement)) {
    const syntax = syntaxOf(statement.declarationList);
    const kind = syntax === "using" ? "const" : syntax;
    return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name)).map((name) => [name, kind]);
  }
  if (ts.isFunctionDeclaration(statement)) return statement.name ? [[statement.name, "function"]] : [];
  if (ts.isClassDeclaration(statement)) return statement.name ? [[statement.name, "class"]] : [];
  if (ts.isEnumDeclaration(statement)) return [[statement.name, "enum"]];
  if (ts.isInterfaceDeclaration(statement)) return [[statement.name, "interface"]];
  if (ts.isTypeAliasDeclaration(statement)) return [[statement.name, "type"]];
  if (ts.isModuleDeclaration(statement)) {
    let { name }: { name: ts.ModuleName } = statement;
    while (!ts.isIdentifier(name) && !ts.isStringLiteral(name)) name = (name as { left: ts.ModuleName }).left;
    // `declare global` adds to what is there.
    const isName = ts.isIdentifier(name) && (statement.flags & ts.NodeFlags.GlobalAugmentation) === 0;
    return isName ? [[name as ts.Identifier, "namespace"]] : [];
  }
  if (ts.isImportEqualsDeclaration(statement)) return [[statement.name, "import"]];
  if (!ts.isImportDeclaration(statement)) return [];
  const { name, namedBindings } = statement.importClause ?? {};
  const names = name ? [name] : [];
  if (namedBindings && ts.isNamespaceImport(namedBindings)) names.push(namedBindings.name);
  else namedBindings?.elements.forEach((element) => names.push(element.name));
  return names.map((identifier) => [identifier, "import"]);
}

export function isDeclare(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false)
  );
}
