/** How an identifier is used, from where it stands in the syntax tree. */
import ts from "typescript";

function outsideParentheses(node: ts.Node): ts.Node {
  while (ts.isParenthesizedExpression(node.parent)) node = node.parent;
  return node;
}

function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

/** `=`, `||=`, `&&=` and `??=` give an anonymous function on their right the name on their left. */
export function isNamingOperator(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.EqualsToken ||
    kind === ts.SyntaxKind.BarBarEqualsToken ||
    kind === ts.SyntaxKind.AmpersandAmpersandEqualsToken ||
    kind === ts.SyntaxKind.QuestionQuestionEqualsToken
  );
}

export function isAssigned(identifier: ts.Node): boolean {
  const node = outsideParentheses(identifier);
  const { parent } = node;
  if (ts.isBinaryExpression(parent)) {
    if (parent.left !== node || !isAssignment(parent.operatorToken.kind)) return false;
    return true;
  }
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) {
    return parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken;
  }
  return isPatternTarget(node);
}

/** Assigned without being read: the target of `=`, or of a pattern. */
export function isOnlyAssigned(identifier: ts.Node): boolean {
  const node = outsideParentheses(identifier);
  const { parent } = node;
  if (ts.isBinaryExpression(parent) && parent.left === node) {
    return parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  }
  return isPatternTarget(node);
}

/** Inside `[a, { b: c }] = …` or the head of `for … of`. */
function isPatternTarget(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) return parent.initializer === node;
  if (ts.isBinaryExpression(parent)) {
    if (parent.left !== node || parent.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return false;
    const isPattern = ts.isArrayLiteralExpression(node) || ts.isObjectLiteralExpression(node);
    return isPattern || isPatternTarget(outsideParentheses(parent));
  }
  if (ts.isShorthandPropertyAssignment(parent)) return parent.name === node && isPatternTarget(parent.parent);
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node && isPatternTarget(parent.parent);
  if (ts.isSpreadAssignment(parent)) return isPatternTarget(parent.parent);
  if (ts.isSpreadElement(parent) || ts.isArrayLiteralExpression(parent))
    return isPatternTarget(outsideParentheses(parent));
  return false;
}

export function isCalled(identifier: ts.Node): boolean {
  const node = outsideParentheses(identifier);
  const { parent } = node;
  return (
    (ts.isCallExpression(parent) && parent.expression === node) ||
    (ts.isTaggedTemplateExpression(parent) && parent.tag === node)
  );
}

export function isTypeofOperand(identifier: ts.Node): boolean {
  return ts.isTypeOfExpression(outsideParentheses(identifier).parent);
}

export function isAnonymousFunction(expression: ts.Expression): boolean {
  while (ts.isParenthesizedExpression(expression)) ({ expression } = expression);
  if (ts.isArrowFunction(expression)) return true;
  return (ts.isFunctionExpression(expression) || ts.isClassExpression(expression)) && !expression.name;
}

export function namesAnonymous(identifier: ts.Node): boolean {
  const { parent } = identifier;
  return (
    ts.isBinaryExpression(parent) && isNamingOperator(parent.operatorToken.kind) && isAnonymousFunction(parent.right)
  );
}
