import type { Graph, Node } from "./graph.ts";
import type { FunctionBuilder, Local } from "./module.ts";

/** Where a value is wanted: for the vector at this place of the round, or for one element. */
export type Place = number | "single";

/** Emits the load of array `index` at a place; leaves four lanes on the stack. */
export type LoadEmitter = (index: number, invariant: boolean, place: Place) => void;

/**
 * Writes the values of a graph into a function: what is used once goes over the stack, what is used again is kept in a
 * local, and what is the same for all elements is computed before the loop.
 */
export class GraphEmitter {
  private readonly f: FunctionBuilder;
  private readonly graph: Graph;
  private readonly load: LoadEmitter;
  /** Parameter of the function that holds the first number. */
  private readonly numbers: Local;
  private readonly fixed = new Map<Node, Local>();
  /** What this round has computed so far. */
  private ready = new Map<Node, Local>();
  private readonly locals = new Map<string, Local>();

  constructor(f: FunctionBuilder, graph: Graph, numbers: Local, load: LoadEmitter) {
    this.f = f;
    this.graph = graph;
    this.numbers = numbers;
    this.load = load;
  }

  /** Emits a loop; what it needs of values that do not change comes before it. */
  loop(body: () => void): void {
    this.f.withPrelude(body, () => {
      const { nodes } = this.graph;
      // What the fixed ones are computed from, and is used again, is kept too: else every use would compute it anew.
      const needed = new Set(this.fixed.keys());
      for (let i = nodes.length - 1; i >= 0; i--) {
        if (needed.has(nodes[i]!)) for (const x of nodes[i]!.args) needed.add(x);
      }
      for (const node of nodes) {
        if (!needed.has(node)) continue;
        if (node.uses > 1 && node.args.length > 0) this.fix(node);
        const at = this.fixed.get(node);
        if (at === undefined) continue;
        this.compute(node, "single", true);
        this.f.set(at);
      }
    });
  }

  /** Forgets what was computed: before each copy of the computation. */
  begin(): void {
    this.ready = new Map();
  }

  /** A local that holds the value. */
  local(node: Node, place: Place): Local {
    if (node.invariant) return this.fix(node);
    let at = this.ready.get(node);
    if (at !== undefined) return at;
    this.compute(node, place, false);
    at = this.localOf(node, place);
    this.f.set(at);
    this.ready.set(node, at);
    return at;
  }

  /** The value on the stack. */
  push(node: Node, place: Place, before = false): void {
    const { f } = this;
    if (node.invariant && !before) f.get(this.fix(node));
    else if (node.invariant) {
      const at = this.fixed.get(node);
      if (at === undefined) this.compute(node, place, true);
      else f.get(at);
    } else {
      const at = this.ready.get(node);
      if (at !== undefined) f.get(at);
      else if (node.uses === 1) this.compute(node, place, false);
      else f.get(this.local(node, place));
    }
  }

  private fix(node: Node): Local {
    let at = this.fixed.get(node);
    if (at === undefined) this.fixed.set(node, (at = this.f.local("v128")));
    return at;
  }
  private localOf(node: Node, place: Place): Local {
    const key = `${node.id} ${place === "single" ? 0 : place}`;
    let at = this.locals.get(key);
    if (at === undefined) this.locals.set(key, (at = this.f.local("v128")));
    return at;
  }

  private compute(node: Node, place: Place, before: boolean): void {
    const { f } = this;
    const push = (x: Node): void => this.push(x, place, before);
    const [a, b, c] = node.args as [Node, Node, Node];
    switch (node.op) {
      case "constant":
        if (node.value === 0) f.zero();
        else f.i32(node.value).op("i32x4.splat");
        return;
      case "scalar":
        f.get(this.numbers + node.value).op("f32x4.splat");
        return;
      case "load":
        this.load(node.value, node.invariant, place);
        return;
      case "madd":
        this.madd(a, b, c, push);
        return;
      case "nmadd":
        this.nmadd(a, b, c, push);
        return;
      case "i32x4.shl":
      case "i32x4.shr_s":
      case "i32x4.shr_u":
        push(a);
        f.i32(node.value).op(node.op);
        return;
      default:
        if (node.op === "f32x4.add" && product(b)) this.madd(b.args[0]!, b.args[1]!, a, push);
        else if (node.op === "f32x4.add" && product(a)) this.madd(a.args[0]!, a.args[1]!, b, push);
        else if (node.op === "f32x4.sub" && product(b)) this.nmadd(b.args[0]!, b.args[1]!, a, push);
        else {
          node.args.forEach(push);
          f.op(node.op);
        }
    }
  }
  private madd(a: Node, b: Node, c: Node, push: (x: Node) => void): void {
    this.f.madd(
      () => push(a),
      () => push(b),
      () => push(c),
    );
  }
  private nmadd(a: Node, b: Node, c: Node, push: (x: Node) => void): void {
    const { f } = this;
    if (f.variant.fma) {
      push(a);
      push(b);
      push(c);
      f.op("f32x4.relaxed_nmadd");
    } else {
      push(c);
      push(a);
      push(b);
      f.op("f32x4.mul").op("f32x4.sub");
    }
  }
}

/** A product that nobody else reads: it can be fused with a sum. */
function product(x: Node): boolean {
  return x.op === "f32x4.mul" && x.uses === 1 && !x.invariant;
}
