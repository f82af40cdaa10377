/**
 * The small language in which elementwise operations and optimizer rules are written: a subset of JavaScript's
 * expressions, so that a rule can be read at sight.
 *
 *     1 / (1 + exp(-x))                    x > 0 ? x : slope * x
 *
 * As text a rule serves several masters: it becomes one fused loop (loop.ts; WebAssembly can take the same tree), its
 * derivative is another formula (autograd/differentiate.ts), and it can be shown to the user.
 */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "unary"; readonly op: "-" | "!"; readonly x: Expression }
  | { readonly kind: "binary"; readonly op: BinaryOp; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: "choose"; readonly test: Expression; readonly yes: Expression; readonly no: Expression };
export type BinaryOp = "+" | "-" | "*" | "/" | "**" | "%" | "<" | "<=" | ">" | ">=" | "==" | "!=" | "&&" | "||";

/** `target = value`, one line of a rule. */
export interface Assignment {
  readonly target: string;
  readonly value: Expression;
}

/** Left to right, loosest first. `**` binds tighter than unary minus on its left side, as in mathematics. */
const levels: readonly (readonly BinaryOp[])[] = [
  ["||"],
  ["&&"],
  ["==", "!="],
  ["<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/", "%"],
];
const token =
  /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|([A-Za-z_]\w*)|(\*\*|<=|>=|==|!=|&&|\|\||[-+*/%<>!?:(),=]))/y;

/** Reads one expression. */
export function parse(text: string): Expression {
  const tokens = tokenize(text);
  let position = 0;
  const fail = (what: string): never => {
    throw new SyntaxError(`formula "${text}": ${what} at ${tokens[position] ?? "the end"}.`);
  };
  const take = (expected: string): boolean => tokens[position] === expected && ++position > 0;
  const need = (expected: string): void => void (take(expected) || fail(`expected "${expected}"`));

  const choose = (): Expression => {
    const test = level(0);
    if (!take("?")) return test;
    const yes = choose();
    need(":");
    return { kind: "choose", test, yes, no: choose() };
  };
  const level = (depth: number): Expression => {
    const ops = levels[depth];
    if (ops === undefined) return unary();
    let left = level(depth + 1);
    for (;;) {
      const op = ops.find((candidate) => take(candidate));
      if (op === undefined) return left;
      left = { kind: "binary", op, left, right: level(depth + 1) };
    }
  };
  const unary = (): Expression => {
    if (take("-")) return { kind: "unary", op: "-", x: unary() };
    if (take("!")) return { kind: "unary", op: "!", x: unary() };
    const base = primary();
    return take("**") ? { kind: "binary", op: "**", left: base, right: unary() } : base;
  };
  const primary = (): Expression => {
    if (take("(")) {
      const inside = choose();
      need(")");
      return inside;
    }
    const text = tokens[position] ?? "";
    if (/^[\d.]/.test(text)) {
      position++;
      return { kind: "number", value: Number(text) };
    }
    if (!/^[A-Za-z_]/.test(text)) return fail("expected a number, a name or a bracket");
    position++;
    if (!take("(")) return { kind: "name", name: text };
    const args: Expression[] = [];
    if (!take(")")) {
      do args.push(choose());
      while (take(","));
      need(")");
    }
    return { kind: "call", name: text, args };
  };

  const result = choose();
  if (position < tokens.length) fail("did not understand the rest");
  return result;
}

/** Reads a rule: one assignment per line, `x = …` or `x += …` (also -=, *=, /=). Empty lines are skipped. */
export function parseRule(text: string): Assignment[] {
  const rule: Assignment[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const match = /^\s*([A-Za-z_]\w*)\s*([-+*/]?)=(?!=)(.*)$/.exec(line);
    if (match === null) throw new SyntaxError(`formula "${line.trim()}": expected "name = …".`);
    const [, target, op, right] = match as unknown as [string, string, "" | "+" | "-" | "*" | "/", string];
    const value = parse(right);
    rule.push({
      target,
      value: op === "" ? value : { kind: "binary", op, left: { kind: "name", name: target }, right: value },
    });
  }
  return rule;
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (text.slice(token.lastIndex).trim() !== "") {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (match === null) throw new SyntaxError(`formula "${text}": did not understand "${text.slice(at).trim()}".`);
    tokens.push((match[1] ?? match[2] ?? match[3])!);
  }
  return tokens;
}

/** The names that an expression reads. */
export function names(e: Expression, found = new Set<string>()): Set<string> {
  if (e.kind === "name") found.add(e.name);
  for (const part of parts(e)) names(part, found);
  return found;
}

export function parts(e: Expression): readonly Expression[] {
  if (e.kind === "unary") return [e.x];
  if (e.kind === "binary") return [e.left, e.right];
  if (e.kind === "call") return e.args;
  if (e.kind === "choose") return [e.test, e.yes, e.no];
  return [];
}

/** An expression as text again, fully bracketed. Equal texts mean equal formulas: used as a key. */
export function write(e: Expression): string {
  switch (e.kind) {
    case "number":
      return e.value < 0 ? `(${e.value})` : String(e.value);
    case "name":
      return e.name;
    case "unary":
      return `(${e.op}${write(e.x)})`;
    case "binary":
      return `(${write(e.left)} ${e.op} ${write(e.right)})`;
    case "call":
      return `${e.name}(${e.args.map(write).join(", ")})`;
    case "choose":
      return `(${write(e.test)} ? ${write(e.yes)} : ${write(e.no)})`;
  }
}
