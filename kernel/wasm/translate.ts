import type { Assignment, BinaryOp, Expression } from "../tensor/formula.ts";
import { Graph, type Node } from "./graph.ts";
import { angular, binaryFunctions, generalPower, isSimplePower, largestAngle, power, unaryFunctions } from "./math.ts";

/** How the elements of an operand are stored. */
export type ElementType = "f32" | "i32" | "bool";

/** A tensor that a formula reads or writes, as one pass sees it. */
export interface Operand {
  readonly name: string;
  readonly type: ElementType;
  /** From one element to the next: 0 where one element serves all. */
  readonly step: 0 | 1;
  readonly written: boolean;
}

export interface ElementwiseRule {
  readonly assignments: readonly Assignment[];
  readonly operands: readonly Operand[];
  /** Names of plain numbers. */
  readonly scalars: readonly string[];
  /**
   * Allows x / s = x · (1 / s) for a number s, and factors that are numbers to be multiplied first: for optimizer rules,
   * where a unit in the last place does not matter and a division in the loop does.
   */
  readonly approximate: boolean;
}

/** A rule as values to compute. */
export interface Translation {
  readonly graph: Graph;
  /** What each written operand becomes; by number of the operand. */
  readonly results: readonly { readonly operand: number; readonly value: Node }[];
  /** Lines of the rule that have to do with plain numbers only, each with a name of its own, for `numbers`. */
  readonly lines: readonly Assignment[];
  /**
   * What the caller passes after the addresses: parts of the rule that are the same for every element, in terms of its
   * scalars and of `lines`. Computed once, in double precision.
   */
  readonly numbers: readonly Expression[];
  /** Set in lanes where an argument is so large that the result is not accurate. */
  readonly bad: Node | undefined;
}

/** Thrown inside, where a formula has no translation. */
class Unsupported extends Error {}

/** A plain number while it stays one, a value of the graph as soon as an element comes in. */
type Value = { readonly scalar: Expression } | Node;
const isScalar = (x: Value): x is { readonly scalar: Expression } => "scalar" in x;

/** Translates a rule, or gives undefined where it needs JavaScript: remainders and whole-number results. */
export function translate(rule: ElementwiseRule): Translation | undefined {
  try {
    return new Translator(rule).translation();
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

class Translator {
  private readonly rule: ElementwiseRule;
  private readonly graph = new Graph();
  private readonly values = new Map<string, Value>();
  private readonly lines: Assignment[] = [];
  private readonly numbers: Expression[] = [];
  private readonly numberKeys: string[] = [];
  private bad: Node | undefined;

  constructor(rule: ElementwiseRule) {
    this.rule = rule;
    for (const name of rule.scalars) this.values.set(name, { scalar: { kind: "name", name } });
  }

  translation(): Translation {
    const { assignments, operands } = this.rule;
    for (const { target, value } of assignments) this.values.set(target, this.line(this.value(value)));
    const results = operands.flatMap(({ name, type, written }, operand) => {
      if (!written) return [];
      const value = this.values.get(name);
      // Written, but not by this rule: nothing to do.
      if (value === undefined) return [];
      return [{ operand, value: this.result(value, type) }];
    });
    for (const { value } of results) value.uses++;
    return { graph: this.graph, results, lines: this.lines, numbers: this.numbers, bad: this.bad };
  }

  /** What a line gives: a number by name, so that lines which use it do not each repeat how it is computed. */
  private line(value: Value): Value {
    if (!isScalar(value) || value.scalar.kind === "name" || literalOf(value.scalar) !== undefined) return value;
    // No name that a formula can have.
    const target = `$${this.lines.length}`;
    this.lines.push({ target, value: value.scalar });
    return { scalar: { kind: "name", name: target } };
  }

  private result(value: Value, type: ElementType): Node {
    if (type === "f32") return this.number(value);
    // Whole numbers stay exact only in JavaScript.
    if (type === "i32") throw new Unsupported();
    const g = this.graph;
    const mask = !isScalar(value) && value.mask ? value : g.compare("ne", this.number(value), g.number(0));
    return g.logic("and", mask, g.bits(1));
  }

  private value(e: Expression): Value {
    const scalar = this.asScalar(e);
    if (scalar !== undefined) return { scalar };
    const g = this.graph;
    switch (e.kind) {
      case "number":
        return { scalar: e };
      case "name":
        return this.named(e.name);
      case "unary": {
        const x = this.value(e.x);
        if (e.op === "!") return g.not(this.truth(x));
        return g.op("f32x4.neg", this.number(x));
      }
      case "choose": {
        const [test, yes, no] = [this.value(e.test), this.value(e.yes), this.value(e.no)];
        const mask = this.truth(test);
        if (!isScalar(yes) && !isScalar(no) && yes.mask && no.mask) return g.select(mask, yes, no);
        return g.select(mask, this.number(yes), this.number(no));
      }
      case "call":
        return this.call(e.name, e.args);
      case "binary":
        return this.binary(this.rule.approximate ? this.gather(e) : e);
    }
  }

  /** The expression with names of scalars only, if that is what it is. */
  private asScalar(e: Expression): Expression | undefined {
    switch (e.kind) {
      case "number":
        return e;
      case "name": {
        const known = this.values.get(e.name);
        return known !== undefined && isScalar(known) ? known.scalar : undefined;
      }
      case "unary": {
        const x = this.asScalar(e.x);
        return x && { ...e, x };
      }
      case "binary": {
        const left = this.asScalar(e.left);
        const right = left && this.asScalar(e.right);
        return right && { ...e, left: left!, right };
      }
      case "call": {
        const args = e.args.map((x) => this.asScalar(x));
        return args.every((x) => x !== undefined) ? { ...e, args } : undefined;
      }
      case "choose": {
        const test = this.asScalar(e.test);
        const yes = test && this.asScalar(e.yes);
        const no = yes && this.asScalar(e.no);
        return no && { ...e, test: test!, yes: yes!, no };
      }
    }
  }

  private named(name: string): Value {
    const known = this.values.get(name);
    if (known !== undefined) return known;
    const index = this.rule.operands.findIndex((x) => x.name === name);
    if (index < 0) throw new Unsupported();
    const { type, step } = this.rule.operands[index]!;
    const loaded = this.graph.load(index, step, type === "bool");
    this.values.set(name, loaded);
    return loaded;
  }

  private number(x: Value): Node {
    const g = this.graph;
    if (!isScalar(x)) return x.mask ? g.logic("and", g.number(1), x) : x;
    const literal = literalOf(x.scalar);
    if (literal !== undefined) return g.number(literal);
    const key = JSON.stringify(x.scalar);
    let index = this.numberKeys.indexOf(key);
    if (index < 0) {
      index = this.numbers.length;
      this.numberKeys.push(key);
      this.numbers.push(x.scalar);
    }
    return g.scalar(index);
  }
  /** JavaScript's truth: neither 0 nor NaN. */
  private truth(x: Value): Node {
    if (!isScalar(x) && x.mask) return x;
    const g = this.graph;
    return g.compare("gt", g.abs(this.number(x)), g.number(0));
  }

  private call(name: string, args: readonly Expression[]): Value {
    const g = this.graph;
    const xs = args.map((x) => this.number(this.value(x)));
    if (angular.has(name)) {
      const large = g.compare("gt", g.abs(xs[0]!), g.number(largestAngle));
      this.bad = this.bad === undefined ? large : g.logic("or", this.bad, large);
    }
    const unary = unaryFunctions[name];
    if (unary !== undefined && xs.length === 1) return unary(g, xs[0]!);
    const binary = binaryFunctions[name];
    if (binary === undefined || xs.length < 2) throw new Unsupported();
    return xs.slice(1).reduce((a, b) => binary(g, a, b), xs[0]!);
  }

  private binary(e: Expression): Value {
    if (e.kind !== "binary") return this.value(e);
    const g = this.graph;
    const left = this.value(e.left);
    if (e.op === "**") {
      const exponent = this.asScalar(e.right);
      const literal = exponent && literalOf(exponent);
      if (literal !== undefined && isSimplePower(literal)) return power(g, this.number(left), literal);
      return generalPower(g, this.number(left), this.number(this.value(e.right)));
    }
    const right = this.value(e.right);
    const masks = !isScalar(left) && !isScalar(right) && left.mask && right.mask;
    switch (e.op) {
      case "+":
        return g.add(this.number(left), this.number(right));
      case "-":
        return g.sub(this.number(left), this.number(right));
      case "*":
        return g.mul(this.number(left), this.number(right));
      case "/":
        return g.div(this.number(left), this.number(right));
      case "%":
        throw new Unsupported();
      case "&&":
      case "||": {
        const test = this.truth(left);
        if (masks) return g.logic(e.op === "&&" ? "and" : "or", test, this.truth(right));
        const [a, b] = [this.number(left), this.number(right)];
        return e.op === "&&" ? g.select(test, b, a) : g.select(test, a, b);
      }
      case "==":
      case "!=":
        if (masks) {
          const differ = g.logic("xor", left as Node, right as Node);
          return e.op === "!=" ? differ : g.not(differ);
        }
        return g.compare(comparisons[e.op], this.number(left), this.number(right));
      default:
        return g.compare(comparisons[e.op], this.number(left), this.number(right));
    }
  }

  /** A product or quotient with its plain numbers multiplied together: s · a · b / (c · d). */
  private gather(e: Expression): Expression {
    if (e.kind !== "binary" || (e.op !== "*" && e.op !== "/")) return e;
    const above: Expression[] = [];
    const below: Expression[] = [];
    let scalar: Expression | undefined;
    const visit = (x: Expression, up: boolean): void => {
      const number = this.asScalar(x);
      if (number !== undefined) {
        if (up) scalar = scalar === undefined ? number : { kind: "binary", op: "*", left: scalar, right: number };
        else scalar = { kind: "binary", op: "/", left: scalar ?? { kind: "number", value: 1 }, right: number };
      } else if (x.kind === "binary" && x.op === "*") {
        visit(x.left, up);
        visit(x.right, up);
      } else if (x.kind === "binary" && x.op === "/") {
        visit(x.left, up);
        visit(x.right, !up);
      } else (up ? above : below).push(x);
    };
    visit(e, true);
    if (scalar !== undefined) above.unshift(scalar);
    const product = (xs: readonly Expression[]): Expression | undefined =>
      xs.length === 0 ? undefined : xs.reduce((left, right) => ({ kind: "binary", op: "*", left, right }));
    const top = product(above) ?? { kind: "number", value: 1 };
    const bottom = product(below);
    return bottom === undefined ? top : { kind: "binary", op: "/", left: top, right: bottom };
  }
}

const comparisons = {
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
  "==": "eq",
  "!=": "ne",
} as const satisfies Partial<Record<BinaryOp, string>>;

function literalOf(e: Expression): number | undefined {
  if (e.kind === "number") return e.value;
  if (e.kind === "unary" && e.op === "-") {
    const x = literalOf(e.x);
    return x === undefined ? undefined : -x;
  }
  return undefined;
}
