import type { Instruction } from "./opcodes.ts";

/** Instructions on whole vectors, and what else a value can come from. */
export type NodeOp =
  | Instruction
  /** Four times one number, or one pattern of 32 bits (`value`). */
  | "constant"
  /** Four times number `value` of those that the caller passes. */
  | "scalar"
  /** Four elements of array `value`, or four times its one element. */
  | "load"
  /** args[0] · args[1] + args[2], fused where the variant has it. */
  | "madd"
  /** args[2] − args[0] · args[1], likewise. */
  | "nmadd";

/** A value of four lanes. */
export interface Node {
  readonly op: NodeOp;
  readonly args: readonly Node[];
  /** Bits of a constant, number of a scalar or array, distance of a shift. */
  readonly value: number;
  /** A number, or a mask: all bits of a lane or none, for true and false. */
  readonly mask: boolean;
  /** The same for every element: computed once, before the loop. */
  readonly invariant: boolean;
  /** Position in the order of making: arguments come first. */
  readonly id: number;
  /** How many others, or results, read it. */
  uses: number;
}

const words = new Int32Array(1);
const floats = new Float32Array(words.buffer);
export function bitsOf(x: number): number {
  floats[0] = x;
  return words[0]!;
}
export function numberOf(bits: number): number {
  words[0] = bits;
  return floats[0]!;
}

/**
 * Values and what they are computed from. The same computation on the same values is made once, so what a formula
 * repeats costs nothing.
 */
export class Graph {
  readonly nodes: Node[] = [];
  private readonly known = new Map<string, Node>();

  make(op: NodeOp, args: readonly Node[], value = 0, mask = false, invariant = true): Node {
    const key = `${op} ${value} ${args.map((x) => x.id).join(" ")}`;
    let node = this.known.get(key);
    if (node === undefined) {
      const same = invariant && args.every((x) => x.invariant);
      node = { op, args, value, mask, invariant: same, id: this.nodes.length, uses: 0 };
      for (const x of args) x.uses++;
      this.nodes.push(node);
      this.known.set(key, node);
    }
    return node;
  }

  number(x: number): Node {
    return this.make("constant", [], bitsOf(x));
  }
  bits(n: number): Node {
    return this.make("constant", [], n | 0);
  }
  scalar(index: number): Node {
    return this.make("scalar", [], index);
  }
  /** `step` 0: the array is one element. */
  load(index: number, step: 0 | 1, mask: boolean): Node {
    return this.make("load", [], index, mask, step === 0);
  }
  op(name: Instruction, ...args: readonly Node[]): Node {
    return this.make(name, args);
  }
  compare(name: "lt" | "le" | "gt" | "ge" | "eq" | "ne", a: Node, b: Node): Node {
    return this.make(`f32x4.${name}`, [a, b], 0, true);
  }
  logic(name: "and" | "or" | "xor" | "andnot", a: Node, b: Node): Node {
    return this.make(`v128.${name}`, [a, b], 0, a.mask && b.mask);
  }
  not(a: Node): Node {
    return this.make("v128.not", [a], 0, a.mask);
  }
  shift(name: "shl" | "shr_s" | "shr_u", a: Node, distance: number): Node {
    return this.make(`i32x4.${name}`, [a], distance);
  }

  add(a: Node, b: Node): Node {
    return this.op("f32x4.add", a, b);
  }
  sub(a: Node, b: Node): Node {
    return this.op("f32x4.sub", a, b);
  }
  mul(a: Node, b: Node): Node {
    return this.op("f32x4.mul", a, b);
  }
  div(a: Node, b: Node): Node {
    return this.op("f32x4.div", a, b);
  }
  abs(a: Node): Node {
    return this.op("f32x4.abs", a);
  }
  /** a · b + c */
  madd(a: Node, b: Node, c: Node): Node {
    return this.make("madd", [a, b, c]);
  }
  /** c − a · b */
  nmadd(a: Node, b: Node, c: Node): Node {
    return this.make("nmadd", [a, b, c]);
  }
  /** c₀ + c₁ x + c₂ x² + … by Horner's rule. */
  polynomial(x: Node, coefficients: readonly number[]): Node {
    const [last, ...others] = coefficients.map((c) => this.number(c)).reverse();
    return others.reduce((sum, c) => this.madd(sum, x, c), last!);
  }

  /** Lane by lane: `yes` where the mask is set, else `no`. Zeros need no choice, a mask is enough. */
  select(mask: Node, yes: Node, no: Node): Node {
    if (yes === no) return yes;
    const zero = (x: Node): boolean => x.op === "constant" && x.value === 0;
    if (zero(yes)) return this.make("v128.andnot", [no, mask], 0, no.mask);
    if (zero(no)) return this.make("v128.and", [yes, mask], 0, yes.mask);
    return this.make("v128.bitselect", [yes, no, mask], 0, yes.mask && no.mask);
  }
  /** a with the sign of b; only where a's sign bit is not set. */
  signed(a: Node, b: Node): Node {
    return this.logic("or", a, this.logic("and", b, this.bits(0x80000000)));
  }
  /** x within [low, high]; NaN stays NaN. */
  within(x: Node, low: number, high: number): Node {
    // pmin(a, b) is b < a ? b : a, so NaN stays; one instruction each, where min and max take eight.
    return this.op("f32x4.pmax", this.op("f32x4.pmin", x, this.number(high)), this.number(low));
  }
}
