import { GraphEmitter, type Place } from "./emit.ts";
import { sharedPass } from "./elementwiseShared.ts";
import {
  attempt,
  type Bench,
  type Compiled,
  type Exports,
  type KernelDefinition,
  type WasmFunction,
} from "./kernel.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";
import { translate, type ElementwiseRule, type Operand, type Translation } from "./translate.ts";

export type { ElementType, ElementwiseRule, Operand } from "./translate.ts";

/**
 * A rule of formulas (tensor/formula.ts) as WebAssembly: one pass over all operands, four floats at a time, two vectors
 * a round so that V8 can pair them to 256 bits.
 */
export interface ElementwiseKernel {
  /**
   * `(count, …addresses, …numbers)`: one run of elements. Gives 1 where an angle was beyond what sin, cos and tan take;
   * then the whole job is to be done again in JavaScript. Any part of a job may be run by itself.
   */
  readonly run: WasmFunction;
  /** `(rows, count, …addresses, …bytes from row to row, …numbers)`: several runs. */
  readonly rows: WasmFunction;
  /** `run` for many elements: pairs of vectors, where this machine has them. Compiled when it is first asked for. */
  readonly long: () => WasmFunction;
  /** As `long`, for so many elements that threads may share them; never gives 1. */
  readonly shared: () => WasmFunction;
  /** What the numbers are, in terms of the rule's scalars. */
  readonly numbers: Numbers;
  /** Whether `run` can give 1. */
  readonly limited: boolean;
}

/** What a kernel takes as numbers. */
export type Numbers = Pick<Translation, "lines" | "numbers">;

/** The same rule in JavaScript, for comparison; starts and steps are in elements. */
export interface Reference {
  run(
    count: number,
    arrays: readonly (Float32Array | Int32Array | Uint8Array)[],
    starts: readonly number[],
    steps: readonly number[],
    scalars: readonly number[],
  ): void;
  /** The numbers that the kernel wants, for these scalars. */
  numbers(wanted: Numbers, scalars: readonly number[]): number[];
}

const bytesOf = { f32: 4, i32: 4, bool: 1 } as const;
const copies = [0, 1] as const;

/**
 * Compiles a rule. Undefined where it has to stay in JavaScript, because of what it computes or because this engine
 * computes it wrong.
 */
export function compileElementwise(rule: ElementwiseRule, reference: Reference): ElementwiseKernel | undefined {
  // A written operand that stays in place sums up: that depends on the order.
  if (rule.operands.some(({ written, step }) => written && step === 0)) return undefined;
  const translation = translate(rule);
  if (translation === undefined || translation.results.length === 0) return undefined;
  const definition: KernelDefinition<Functions> = {
    name: `formula of ${rule.operands.map(({ name }) => name).join(", ")}`,
    build: (module) => emit(module, rule.operands, translation),
    check: (functions, bench) => check(functions, bench, rule, translation, reference),
  };
  const made = attempt(definition);
  if (made === undefined) return undefined;
  let long: Compiled<Functions> | undefined;
  let shared: WasmFunction | undefined;
  const longKernel = (): Compiled<Functions> => (long ??= attempt({ ...definition, wide: true }) ?? made);
  const read = new Set(translation.graph.nodes.filter(({ op }) => op === "load").map(({ value }) => value));
  const repeatable = !translation.results.some(({ operand }) => read.has(operand));
  return {
    ...made.exports,
    long: () => longKernel().exports.run,
    shared: () =>
      (shared ??= sharedPass(
        longKernel(),
        rule.operands,
        translation.numbers.length,
        translation.graph.nodes.length,
        repeatable,
      )),
    numbers: translation,
    limited: translation.bad !== undefined,
  };
}
type Functions = { readonly run: WasmFunction; readonly rows: WasmFunction } & Exports;

function emit(module: ModuleBuilder, operands: readonly Operand[], translation: Translation): void {
  const arrays = operands.map(() => "i32" as const);
  const numbers = translation.numbers.map(() => "f32" as const);
  const run = module.func("run", ["i32", ...arrays, ...numbers], ["i32"]);
  emitRun(run, operands, translation);

  const rows = module.func("rows", ["i32", "i32", ...arrays, ...arrays, ...numbers], ["i32"]);
  const n = operands.length;
  const result = rows.local("i32");
  rows.countDown(0, 1, () => {
    for (let i = 1; i <= n + 1; i++) rows.get(i);
    numbers.forEach((_, i) => rows.get(2 + 2 * n + i));
    rows.call(run).get(result).op("i32.or").set(result);
    operands.forEach((_, i) => rows.advanceBy(2 + i, 2 + n + i));
  });
  rows.get(result);
}

function emitRun(f: FunctionBuilder, operands: readonly Operand[], { graph, results, bad }: Translation): void {
  const count = 0;
  const address = (operand: number): Local => 1 + operand;
  const values = new GraphEmitter(f, graph, 1 + operands.length, (index, invariant, place) => {
    f.get(address(index));
    emitLoad(f, operands[index]!, invariant, place);
  });
  const anyBad = f.local("v128");
  const bytes = f.local("v128");

  const round = (places: readonly Place[]): void => {
    const computed = places.map((place) => {
      values.begin();
      const locals = results.map(({ value }) => values.local(value, place));
      if (bad !== undefined) {
        values.push(bad, place);
        f.get(anyBad).op("v128.or").set(anyBad);
      }
      return locals;
    });
    // All is read before anything is written, and neighbours are written one after the other.
    results.forEach(({ operand }, r) => {
      const vectors = computed.map((locals) => locals[r]!);
      if (operands[operand]!.type === "bool") storeBytes(f, address(operand), vectors, places, bytes);
      else vectors.forEach((vector, i) => store(f, address(operand), vector, places[i]!));
    });
    const elements = places[0] === "single" ? 1 : 4 * places.length;
    operands.forEach(({ type, step }, i) => f.advance(address(i), elements * step * bytesOf[type]));
  };
  values.loop(() => {
    f.countDown(count, 4 * copies.length, () => round(copies));
    f.get(count).i32(4).op("i32.ge_s");
    f.if(() => {
      round([0]);
      f.advance(count, -4);
    });
    f.countDown(count, 1, () => round(["single"]));
  });
  f.get(anyBad).op("v128.any_true");
}

/** Address on the stack; leaves numbers, or a mask of bools. */
function emitLoad(f: FunctionBuilder, { type }: Operand, invariant: boolean, place: Place): void {
  const one = invariant || place === "single";
  if (type === "bool") {
    if (one) f.memory("i32.load8_u").op("i32x4.splat");
    else {
      f.memory("v128.load32_zero", 4 * (place as number));
      f.op("i16x8.extend_low_i8x16_u").op("i32x4.extend_low_i16x8_u");
    }
    f.zero().op("i32x4.ne");
    return;
  }
  if (one) f.memory("v128.load32_splat");
  else f.memory("v128.load", 16 * (place as number));
  if (type === "i32") f.op("f32x4.convert_i32x4_s");
}

function store(f: FunctionBuilder, address: Local, vector: Local, place: Place): void {
  f.get(address).get(vector);
  if (place === "single") f.laneMemory("v128.store32_lane", 0);
  else f.memory("v128.store", 16 * place);
}
/** Lanes of 0 and 1 as bytes. */
function storeBytes(
  f: FunctionBuilder,
  address: Local,
  vectors: readonly Local[],
  places: readonly Place[],
  bytes: Local,
): void {
  f.get(address);
  if (places[0] === "single") {
    f.get(vectors[0]!).lane("i32x4.extract_lane", 0).memory("i32.store8");
    return;
  }
  f.get(vectors[0]!).get(vectors.at(-1)!).op("i16x8.narrow_i32x4_s").tee(bytes).get(bytes).op("i8x16.narrow_i16x8_u");
  f.set(bytes)
    .get(bytes)
    .laneMemory(vectors.length === 1 ? "v128.store32_lane" : "v128.store64_lane", 0);
}

/**
 * The same elements go through the loop for pairs, the one for a vector and the one for single elements, and must come
 * out with the same bits; and most of them near what JavaScript computes. Most: where a formula compares or cuts off, a
 * last digit can decide, and the functions have tests of their own.
 */
function check(
  { run, rows }: Functions,
  bench: Bench,
  rule: ElementwiseRule,
  translation: Translation,
  reference: Reference,
): string | undefined {
  const { operands } = rule;
  const length = 16;
  const samples = [0.5, -0.75, 1.25, 2, 0.125, -1.5, 0.9375, -0.25, 1, 0, 3.5, 0.3, -2.25, 0.7, 0.05, 1.75];
  const scalars = rule.scalars.map((_, i) => 0.75 / (i + 1));
  const numbers = reference.numbers(translation, scalars);
  const fresh = operands.map(({ type, step }, k) => {
    const value = (i: number): number => samples[(i + 5 * k) % samples.length]!;
    const size = step === 0 ? 1 : length;
    if (type === "bool") return bench.u8(size, (i) => (value(i) > 0 ? 1 : 0));
    return type === "i32" ? bench.i32(size, (i) => Math.round(value(i) * 4)) : bench.f32(size, value);
  });
  const before = fresh.map(({ data }) => data.slice());
  const restore = (): void => fresh.forEach(({ data }, k) => data.set(before[k]!));
  const after = (f: () => void): (Float32Array | Int32Array | Uint8Array)[] => {
    restore();
    f();
    return fresh.map(({ data }) => data.slice());
  };
  const from = (start: number): number[] =>
    operands.map(({ type, step }, k) => fresh[k]!.address + start * step * bytesOf[type]);
  const pairs = after(() => void run(length, ...from(0), ...numbers));
  const vectors = after(() => {
    for (let i = 0; i < length; i += 4) run(4, ...from(i), ...numbers);
  });
  const singles = after(
    () => void rows(length, 1, ...from(0), ...operands.map(({ type, step }) => step * bytesOf[type]), ...numbers),
  );
  restore();
  const wanted = fresh.map(({ data }) => data.slice());
  const zeros = operands.map(() => 0);
  reference.run(
    length,
    wanted,
    zeros,
    operands.map(({ step }) => step),
    scalars,
  );
  for (const [k, { written, name }] of operands.entries()) {
    if (!written) continue;
    const compare = (others: readonly ArrayLike<number>[], what: string): string | undefined => {
      const at = pairs[k]!.findIndex((x, i) => !Object.is(x, others[k]![i]));
      return at < 0 ? undefined : `${name}, element ${at}: ${pairs[k]![at]} in pairs, ${others[k]![at]} ${what}`;
    };
    const wrong = compare(vectors, "in a vector") ?? compare(singles, "alone");
    if (wrong !== undefined) return wrong;
    const far = pairs[k]!.findIndex((x, i) => !near(x, wanted[k]![i]!));
    if (pairs[k]!.filter((x, i) => !near(x, wanted[k]![i]!)).length > 2)
      return `${name}, element ${far} is ${pairs[k]![far]} and should be ${wanted[k]![far]}`;
  }
  return undefined;
}

function near(a: number, b: number): boolean {
  return Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(b));
}
