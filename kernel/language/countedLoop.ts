/**
 * Loops that count: `for (let i = 0; i < n; i++)`. Their own counter says when to poll, so that nothing else needs to be
 * counted beside it; and where the bound is the same during the whole loop, nothing else needs to be compared either.
 */
import ts from "typescript";
import { firstFrom, syntaxOf, type Analysis, type Loop } from "./scope.ts";

export interface CountedLoop {
  counter: ts.Identifier;
  up: boolean;
  /** Of `counter < bound` and `counter <= bound`, when the bound cannot change while the loop runs. */
  bound?: { operator: "<" | "<="; expression: ts.Identifier | ts.NumericLiteral };
}

/**
 * @param isSteady whether a name, which nothing in the loop assigns, means a variable that nothing else assigns meanwhile.
 */
export function countedLoop(
  { node, headCaptured }: Loop,
  analysis: Analysis,
  isSteady: (identifier: ts.Identifier) => boolean,
): CountedLoop | undefined {
  if (!ts.isForStatement(node) || headCaptured) return undefined;
  const counter = counterOf(node);
  const step = counter && stepOf(node.incrementor!);
  if (!counter || step === undefined || !Number.isInteger(step) || step === 0) return undefined;
  const start = startOf(node, counter.text);
  if (!start || !isInteger(start, analysis)) return undefined;
  const { condition, statement } = node;
  if (isAssignedIn(counter.text, statement, analysis)) return undefined;
  if (condition && isAssignedIn(counter.text, condition, analysis)) return undefined;
  const up = step > 0;
  if (!condition || !up || !ts.isBinaryExpression(condition)) return { counter, up };
  const { left, operatorToken, right } = condition;
  const operator = ts.tokenToString(operatorToken.kind);
  if ((operator !== "<" && operator !== "<=") || !ts.isIdentifier(left) || left.text !== counter.text)
    return { counter, up };
  const steady =
    ts.isNumericLiteral(right) ||
    (ts.isIdentifier(right) && !isAssignedDuring(right.text, node, analysis) && isSteady(right));
  return steady ? { counter, up, bound: { operator, expression: right } } : { counter, up };
}

function counterOf({ incrementor }: ts.ForStatement): ts.Identifier | undefined {
  if (!incrementor) return undefined;
  const counter =
    ts.isPostfixUnaryExpression(incrementor) || ts.isPrefixUnaryExpression(incrementor)
      ? incrementor.operand
      : ts.isBinaryExpression(incrementor)
        ? incrementor.left
        : undefined;
  return counter && ts.isIdentifier(counter) ? counter : undefined;
}

/** What the counter grows by; undefined when that is no constant. */
function stepOf(incrementor: ts.Expression): number | undefined {
  if (ts.isPostfixUnaryExpression(incrementor) || ts.isPrefixUnaryExpression(incrementor)) {
    if (incrementor.operator === ts.SyntaxKind.PlusPlusToken) return 1;
    return incrementor.operator === ts.SyntaxKind.MinusMinusToken ? -1 : undefined;
  }
  const { operatorToken, right } = incrementor as ts.BinaryExpression;
  if (!ts.isNumericLiteral(right)) return undefined;
  if (operatorToken.kind === ts.SyntaxKind.PlusEqualsToken) return Number(right.text);
  return operatorToken.kind === ts.SyntaxKind.MinusEqualsToken ? -Number(right.text) : undefined;
}

/** With what the counter begins, when the loop's own `let` declares it. */
function startOf({ initializer }: ts.ForStatement, counter: string): ts.Expression | undefined {
  if (!initializer || !ts.isVariableDeclarationList(initializer) || syntaxOf(initializer) !== "let") return undefined;
  return initializer.declarations.find(({ name }) => ts.isIdentifier(name) && name.text === counter)?.initializer;
}

/** Certainly a whole number of moderate size: from `0` up to `i + 1`, where a loop around this one counts `i`. */
function isInteger(expression: ts.Expression, analysis: Analysis): boolean {
  if (ts.isNumericLiteral(expression))
    return Number.isInteger(Number(expression.text)) && Number(expression.text) < 2 ** 31;
  if (ts.isIdentifier(expression)) return isCounterAround(expression, analysis);
  if (!ts.isBinaryExpression(expression)) return false;
  const { left, operatorToken, right } = expression;
  if (operatorToken.kind !== ts.SyntaxKind.PlusToken && operatorToken.kind !== ts.SyntaxKind.MinusToken) return false;
  return isInteger(left, analysis) && isInteger(right, analysis);
}

function isCounterAround({ text, parent }: ts.Identifier, analysis: Analysis): boolean {
  for (let at: ts.Node = parent; at; at = at.parent) {
    if (ts.isFunctionLike(at)) return false;
    // A block between that declares the name again would be an early use of it; no need to look.
    const loop = analysis.loops.get(at);
    if (loop && ts.isForStatement(at) && counterOf(at)?.text === text)
      return countedLoop(loop, analysis, () => false) !== undefined;
  }
  return false;
}

/** By name only: an inner variable of the same name costs a little speed, never the meaning. */
function isAssignedIn(name: string, node: ts.Node, { assigned, bound }: Analysis): boolean {
  return [assigned, bound].some((all) => {
    const list = all.get(name) ?? [];
    const first = list[firstFrom(list, node.pos)];
    return first !== undefined && first.end <= node.end;
  });
}

/** Also by a function that the loop may call: by any that is not around the loop. */
function isAssignedDuring(name: string, loop: ts.ForStatement, analysis: Analysis): boolean {
  if (isAssignedIn(name, loop.statement, analysis) || isAssignedIn(name, loop.condition!, analysis)) return true;
  return analysis.assigned.get(name)?.some((identifier) => !isAround(functionAround(identifier), loop)) ?? false;
}

function functionAround(node: ts.Node): ts.Node | undefined {
  let at: ts.Node | undefined = node.parent;
  while (at && !ts.isFunctionLike(at) && !ts.isClassLike(at)) at = at.parent;
  return at;
}

function isAround(outer: ts.Node | undefined, node: ts.Node): boolean {
  return outer === undefined || (outer.pos <= node.pos && node.end <= outer.end);
}
