/**
 * What is wrong in a text although TypeScript's parser lets it pass and, once types are gone and names are the session's,
 * nobody would notice any more.
 */
import ts from "typescript";
import { isAssigned } from "./uses.ts";
import { syntaxOf } from "./scope.ts";

const PARAMETER =
  "Decorators of parameters are TypeScript's old ones (experimentalDecorators) and not supported. " +
  "Classes, methods, accessors and fields can be decorated.";

export function grammarError(file: ts.SourceFile): { node: ts.Node; message: string } | undefined {
  const find = (node: ts.Node): { node: ts.Node; message: string } | undefined => {
    if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword))
      return undefined;
    return faultOf(node) ?? ts.forEachChild(node, find);
  };
  return find(file);
}

function faultOf(node: ts.Node): { node: ts.Node; message: string } | undefined {
  if (ts.isParameter(node)) {
    const decorator = node.modifiers?.find(ts.isDecorator);
    return decorator && { node: decorator, message: PARAMETER };
  }
  if (ts.isClassDeclaration(node) && !node.name && !isDefault(node)) {
    return { node, message: "A class that is declared must have a name." };
  }
  if (ts.isVariableDeclarationList(node)) return missingInitializer(node);
  if (ts.isAwaitExpression(node) && !mayAwait(node)) {
    return { node, message: "await is only valid in async functions and at the top." };
  }
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword && isAssigned(node)) {
    return { node, message: "import.meta cannot be assigned." };
  }
  return undefined;
}

function mayAwait(node: ts.Node): boolean {
  for (let at = node; at.parent; at = at.parent) {
    const { parent } = at;
    if (ts.isParameter(at) || ts.isClassStaticBlockDeclaration(at)) return false;
    if (ts.isPropertyDeclaration(parent) && parent.initializer === at) return false;
    // A computed name belongs to what is around the class.
    if (ts.isFunctionLike(parent) && !ts.isComputedPropertyName(at))
      return (
        ts.canHaveModifiers(parent) &&
        (parent.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ?? false)
      );
  }
  return true;
}

function isDefault({ modifiers }: ts.ClassDeclaration): boolean {
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) ?? false;
}

function missingInitializer(list: ts.VariableDeclarationList): { node: ts.Node; message: string } | undefined {
  if (ts.isForInStatement(list.parent) || ts.isForOfStatement(list.parent)) return undefined;
  const isConstant = syntaxOf(list) === "const";
  const declaration = list.declarations.find(
    ({ name, initializer }) => !initializer && (isConstant || !ts.isIdentifier(name)),
  );
  if (!declaration) return undefined;
  const what = ts.isIdentifier(declaration.name) ? "const" : "destructuring";
  return { node: declaration, message: `Missing initializer in ${what} declaration.` };
}
