import { parse, type Expression } from "../tensor/formula.ts";

/** Derivative of each function by its argument `u`, `v` being the second one and `w` the value itself. */
const derivatives: { readonly [name: string]: readonly string[] } = {
  exp: ["exp(u)"],
  expm1: ["exp(u)"],
  log: ["1 / u"],
  log1p: ["1 / (1 + u)"],
  log2: ["1.4426950408889634 / u"],
  log10: ["0.4342944819032518 / u"],
  sqrt: ["0.5 / sqrt(u)"],
  sin: ["cos(u)"],
  cos: ["-sin(u)"],
  tan: ["1 + tan(u) ** 2"],
  asin: ["1 / sqrt(1 - u * u)"],
  acos: ["-1 / sqrt(1 - u * u)"],
  atan: ["1 / (1 + u * u)"],
  atan2: ["v / (u * u + v * v)", "-u / (u * u + v * v)"],
  sinh: ["cosh(u)"],
  cosh: ["sinh(u)"],
  tanh: ["1 - tanh(u) ** 2"],
  // Made of factors that are at most 1, so derivatives of any order are: 0 · ∞ cannot come of them.
  sigmoid: ["sigmoid(u) * sigmoid(-u)"],
  softplus: ["sigmoid(u)"],
  abs: ["sign(u)"],
  sign: ["0"],
  floor: ["0"],
  ceil: ["0"],
  round: ["0"],
  trunc: ["0"],
  erf: ["1.1283791670955126 * exp(-u * u)"],
  normalPdf: ["-u * normalPdf(u)"],
  normalCdf: ["normalPdf(u)"],
  // Equal values share the gradient, as in PyTorch's maximum and minimum.
  max: ["u > v ? 1 : u == v ? 0.5 : 0", "v > u ? 1 : u == v ? 0.5 : 0"],
  min: ["u < v ? 1 : u == v ? 0.5 : 0", "v < u ? 1 : u == v ? 0.5 : 0"],
  mod: ["1", "-floor(u / v)"],
};

export const zero = number(0);
export const one = number(1);

/**
 * The derivative of a formula by one of its names, as a formula, simplified.
 *
 * Conditions count as constant, so the derivative at a kink is that of the branch taken.
 */
export function differentiate(e: Expression, by: string): Expression {
  const d = (x: Expression): Expression => differentiate(x, by);
  switch (e.kind) {
    case "number":
      return zero;
    case "name":
      return e.name === by ? one : zero;
    case "unary":
      return e.op === "-" ? negative(d(e.x)) : zero;
    case "choose":
      return choose(e.test, d(e.yes), d(e.no));
    case "call": {
      const known = derivatives[e.name];
      if (known === undefined)
        throw new ReferenceError(
          `formula: the derivative of ${e.name} is not known; add it to kernel/autograd/differentiate.ts.`,
        );
      const [u, v] = e.args;
      const values = { u: u!, v: v ?? zero };
      return e.args.map((arg, i) => times(substitute(parse(known[i]!), values), d(arg))).reduce(plus);
    }
    case "binary": {
      const { left: a, right: b } = e;
      switch (e.op) {
        case "+":
          return plus(d(a), d(b));
        case "-":
          return minus(d(a), d(b));
        case "*":
          return plus(times(d(a), b), times(a, d(b)));
        case "/":
          return minus(divided(d(a), b), divided(times(e, d(b)), b));
        case "**": {
          const byBase = times(times(b, binary("**", a, minus(b, one))), d(a));
          return plus(byBase, times(times(e, { kind: "call", name: "log", args: [a] }), d(b)));
        }
        case "%":
          throw new ReferenceError("formula: write mod(a, b) in a formula that is differentiated.");
        default:
          return zero;
      }
    }
  }
}

/** Puts expressions in the place of names. */
export function substitute(e: Expression, values: { readonly [name: string]: Expression }): Expression {
  const s = (x: Expression): Expression => substitute(x, values);
  switch (e.kind) {
    case "number":
      return e;
    case "name":
      return values[e.name] ?? e;
    case "unary":
      return e.op === "-" ? negative(s(e.x)) : { ...e, x: s(e.x) };
    case "binary":
      return { ...e, left: s(e.left), right: s(e.right) };
    case "call":
      return { ...e, args: e.args.map(s) };
    case "choose":
      return choose(s(e.test), s(e.yes), s(e.no));
  }
}

export function number(value: number): Expression {
  return { kind: "number", value };
}
export function is(e: Expression, value: number): boolean {
  return e.kind === "number" && e.value === value;
}
function binary(op: "**" | "+" | "-" | "*" | "/", left: Expression, right: Expression): Expression {
  if (left.kind === "number" && right.kind === "number") {
    const [a, b] = [left.value, right.value];
    return number(op === "**" ? a ** b : op === "+" ? a + b : op === "-" ? a - b : op === "*" ? a * b : a / b);
  }
  if (op === "**" && is(right, 1)) return left;
  return { kind: "binary", op, left, right };
}
function negative(a: Expression): Expression {
  if (a.kind === "number") return number(-a.value);
  if (a.kind === "unary" && a.op === "-") return a.x;
  return { kind: "unary", op: "-", x: a };
}
function plus(a: Expression, b: Expression): Expression {
  return is(a, 0) ? b : is(b, 0) ? a : binary("+", a, b);
}
function minus(a: Expression, b: Expression): Expression {
  return is(b, 0) ? a : is(a, 0) ? negative(b) : binary("-", a, b);
}
/** A factor moves into a choice, so that 0 · ∞ cannot come from the branch not taken. */
export function times(a: Expression, b: Expression): Expression {
  if (is(a, 0) || is(b, 0)) return zero;
  if (is(a, 1)) return b;
  if (is(b, 1)) return a;
  if (is(a, -1)) return negative(b);
  if (is(b, -1)) return negative(a);
  if (b.kind === "choose") return choose(b.test, times(a, b.yes), times(a, b.no));
  if (a.kind === "choose") return choose(a.test, times(a.yes, b), times(a.no, b));
  return binary("*", a, b);
}
function divided(a: Expression, b: Expression): Expression {
  return is(a, 0) ? zero : is(b, 1) ? a : binary("/", a, b);
}
function choose(test: Expression, yes: Expression, no: Expression): Expression {
  if (yes.kind === "number" && no.kind === "number" && yes.value === no.value) return yes;
  return { kind: "choose", test, yes, no };
}
