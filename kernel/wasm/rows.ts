import { GraphEmitter, type Place } from "./emit.ts";
import { Graph, type Node } from "./graph.ts";
import type { FunctionBuilder, Local, ModuleBuilder, ValueType } from "./module.ts";

/** What a pass over a row does with each element. */
export interface RowPass {
  /** Arrays that step along with the row. */
  readonly inputs: number;
  /** Numbers (four times the same in a vector) that are the same for the row. */
  readonly fixed: number;
  /** What is stored and what is summed up, in terms of the elements and the fixed numbers. */
  compute(g: Graph, inputs: readonly Node[], fixed: readonly Node[]): { store?: Node; sums?: readonly Node[] };
}

const blockRounds = 64;

/**
 * A function over one row: `(count, [output,] …inputs, …fixed)` → the sums as f64.
 *
 * Sums run in eight lanes over blocks of 512 elements, the blocks in double precision: an order that depends on the count
 * only. The output may be one of the inputs.
 */
export function rowPass(module: ModuleBuilder, name: string, pass: RowPass): FunctionBuilder {
  const graph = new Graph();
  const inputNodes = Array.from({ length: pass.inputs }, (_, i) => graph.load(i, 1, false));
  const fixedNodes = Array.from({ length: pass.fixed }, (_, i) => graph.load(pass.inputs + i, 0, false));
  const { store, sums = [] } = pass.compute(graph, inputNodes, fixedNodes);
  for (const node of [...(store ? [store] : []), ...sums]) node.uses++;

  const outputs = store === undefined ? [] : ["i32" as const];
  const f = module.func(
    name,
    ["i32", ...outputs, ...inputNodes.map(() => "i32" as const), ...fixedNodes.map(() => "v128" as const)],
    sums.map(() => "f64" as const),
  );
  const count = 0;
  const output = 1;
  const input = (i: number): Local => 1 + outputs.length + i;
  const pointers = [...outputs.map(() => output), ...inputNodes.map((_, i) => input(i))];
  const values = new GraphEmitter(f, graph, 0, (index, invariant, place) => {
    f.get(input(index));
    if (invariant) return;
    if (place === "single") f.memory("v128.load32_splat");
    else f.memory("v128.load", 16 * place);
  });
  const lanes = sums.map(() => f.many(2, "v128"));
  const totals = sums.map(() => f.local("f64"));
  const firstLane = f.local("v128");

  const round = (places: readonly Place[]): void => {
    const stored = places.map((place, i) => {
      values.begin();
      const at = store === undefined ? undefined : values.local(store, place);
      sums.forEach((sum, k) => {
        const into = lanes[k]![i]!;
        f.get(into);
        values.push(sum, place);
        if (place === "single") f.get(firstLane).op("v128.and");
        f.op("f32x4.add").set(into);
      });
      return at;
    });
    stored.forEach((at, i) => {
      if (at === undefined) return;
      const place = places[i]!;
      f.get(output).get(at);
      if (place === "single") f.laneMemory("v128.store32_lane", 0);
      else f.memory("v128.store", 16 * place);
    });
    for (const pointer of pointers) f.advance(pointer, places[0] === "single" ? 4 : 16 * places.length);
  };
  const clear = (): void => lanes.flat().forEach((lane) => f.zero().set(lane));
  const finish = (): void =>
    lanes.forEach(([a, b], k) => {
      f.get(a!).get(b!).op("f32x4.add").set(a!);
      addLanes(f, a!, totals[k]!);
    });
  const rest = (): void => {
    f.countDown(count, 8, () => round([0, 1]));
    f.countDown(count, 4, () => round([0]));
    f.countDown(count, 1, () => round(["single"]));
  };
  values.loop(() => {
    if (sums.length === 0) return rest();
    f.i32(-1).op("i32x4.splat").f32(0).lane("f32x4.replace_lane", 1).f32(0).lane("f32x4.replace_lane", 2);
    f.f32(0).lane("f32x4.replace_lane", 3).set(firstLane);
    const rounds = f.local("i32");
    f.countDown(count, 8 * blockRounds, () => {
      clear();
      f.i32(blockRounds).set(rounds);
      f.countDown(rounds, 1, () => round([0, 1]), { atLeastOnce: true });
      finish();
    });
    clear();
    rest();
    finish();
  });
  for (const total of totals) f.get(total);
  return f;
}

/** Adds the four lanes of `vector` to an f64; overwrites the vector. */
export function addLanes(f: FunctionBuilder, vector: Local, total: Local): void {
  f.get(vector).op("f64x2.promote_low_f32x4");
  f.get(vector).get(vector).shuffle([2, 3, 0, 1]).op("f64x2.promote_low_f32x4").op("f64x2.add").set(vector);
  f.get(total);
  f.get(vector).lane("f64x2.extract_lane", 0).get(vector).lane("f64x2.extract_lane", 1).op("f64.add");
  f.op("f64.add").set(total);
}

/** An f64 on the stack becomes four floats. */
export function splatOf(f: FunctionBuilder): FunctionBuilder {
  return f.op("f32.demote_f64").op("f32x4.splat");
}

/** A function of one vector. */
export function vectorFunction(
  module: ModuleBuilder,
  name: string,
  compute: (g: Graph, x: Node) => Node,
): FunctionBuilder {
  const graph = new Graph();
  const result = compute(graph, graph.load(0, 1, false));
  const f = module.func(name, ["v128"], ["v128"]);
  const values = new GraphEmitter(f, graph, 0, () => f.get(0));
  values.loop(() => values.push(result, 0));
  return f;
}

/**
 * A function over rows of x[rows, count], whose first parameters are `rows` and `count`: runs the body for each row and
 * moves the pointers `arrays` on by a row, those in `more` by bytes of their own.
 */
export function eachRow(
  module: ModuleBuilder,
  name: string,
  params: readonly ValueType[],
  arrays: readonly Local[],
  body: (f: FunctionBuilder) => () => void,
  more: readonly (readonly [pointer: Local, step: number | { readonly local: Local }])[] = [],
): void {
  const f = module.func(name, params);
  const [rows, count] = [0, 1];
  const row = body(f);
  const step = f.local("i32");
  f.get(count).i32(2).op("i32.shl").set(step);
  f.countDown(rows, 1, () => {
    row();
    for (const pointer of arrays) f.advanceBy(pointer, step);
    for (const [pointer, by] of more) {
      if (typeof by === "number") f.advance(pointer, by);
      else f.advanceBy(pointer, by.local);
    }
  });
}
