/** Which names a cell declares, which it reads while it runs, and which its functions read when they are called later. */
import ts from "typescript";
import type { Original } from "./original.ts";
import type { Analysis } from "./scope.ts";
import { isAnonymousFunction, isOnlyAssigned } from "./uses.ts";

export interface Dependencies {
  declares: string[];
  /** Names that it reads while it runs, globals and its own among them. */
  uses: string[];
  /** For each function and class at its top: the names that are read when it is called. */
  deferred: { [name: string]: string[] };
}

export function dependenciesOf({ top, uses }: Analysis, { kinds }: Original): Dependencies {
  const now = new Set<string>();
  const deferred = new Map<string, Set<string>>();
  for (const { identifier, name } of uses) {
    if (isOnlyAssigned(identifier)) continue;
    const owner = callee(identifier);
    if (owner === undefined) now.add(name);
    else deferred.set(owner, (deferred.get(owner) ?? new Set()).add(name));
  }
  return {
    // What TypeScript has added is in nobody's text.
    declares: [...top.keys()].filter((name) => kinds.has(name)),
    uses: [...now],
    deferred: Object.fromEntries([...deferred].map(([name, names]) => [name, [...names]])),
  };
}

/** The function or class at the top of the cell that must be called before this place is reached. */
function callee(identifier: ts.Identifier): string | undefined {
  let inner: ts.Node = identifier;
  for (let at = identifier.parent; !ts.isSourceFile(at); inner = at, at = at.parent) {
    const declared = isTop(at) ? nameOf(at) : undefined;
    if (declared === undefined) continue;
    if (ts.isClassLike(at)) return runsAtOnce(inner, identifier) ? undefined : declared;
    return declared;
  }
  return undefined;
}

/** A function or class that a statement at the top declares. */
function isTop(node: ts.Node): node is ts.FunctionLikeDeclaration | ts.ClassLikeDeclaration {
  if (!ts.isFunctionLike(node) && !ts.isClassLike(node)) return false;
  return ts.isSourceFile(statementOf(node).parent);
}

/** The statement that is nothing but the declaration of this function or class. */
function statementOf(node: ts.Node): ts.Node {
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return node;
  let at = node;
  while (ts.isParenthesizedExpression(at.parent)) at = at.parent;
  const { parent } = at;
  if (ts.isVariableDeclaration(parent) && parent.initializer === at) return parent.parent.parent;
  return node;
}

function nameOf(node: ts.FunctionLikeDeclaration | ts.ClassLikeDeclaration): string | undefined {
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return node.name?.text;
  let at: ts.Node = node;
  while (ts.isParenthesizedExpression(at.parent)) at = at.parent;
  const { parent } = at;
  return ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name) ? parent.name.text : undefined;
}

/** In a class: what it extends, its static fields and blocks, and computed names are there when it is declared. */
function runsAtOnce(member: ts.Node, identifier: ts.Identifier): boolean {
  if (ts.isHeritageClause(member) || ts.isDecorator(member) || ts.isClassStaticBlockDeclaration(member)) return true;
  if (!ts.isClassElement(member)) return true;
  const { name } = member;
  if (name && identifier.pos >= name.pos && identifier.end <= name.end) return true;
  const isStatic =
    ts.canHaveModifiers(member) && ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
  return (
    ts.isPropertyDeclaration(member) &&
    isStatic === true &&
    !(member.initializer && isAnonymousFunction(member.initializer))
  );
}
