import { compileElementwise, type ElementType, type ElementwiseKernel, type Numbers } from "../wasm/elementwise.ts";
import type { DType, TypedArray } from "./dtype.ts";
import { names, type Assignment, type Expression } from "./formula.ts";
import { functions } from "./functions.ts";
import type { Tensor } from "./tensor.ts";

/** One pass over `count` elements of several arrays: array k starts at `starts[k]` and moves on by `steps[k]`. */
export type Pass = (
  count: number,
  arrays: readonly TypedArray[],
  starts: readonly number[],
  steps: readonly number[],
  scalars: readonly number[],
) => void;

/** A pass over whole tensors, each of `count` elements in one line or a single one. */
export type Flat = (count: number, tensors: readonly Tensor[], scalars: readonly number[]) => void;

/** Several passes: over rows of `count` elements that lie one after the other. */
export type Rows = (rows: number, count: number, tensors: readonly Tensor[], scalars: readonly number[]) => void;

/** What a rule is about. */
export interface RuleNames {
  /** The tensors. */
  readonly operands: readonly string[];
  /** Those of them that the rule assigns. */
  readonly writes: readonly string[];
  /** Plain numbers. */
  readonly scalars: readonly string[];
  /** Allows factors and divisors that are plain numbers to be put together. */
  readonly approximate: boolean;
}

/** The rule in JavaScript. One copy per combination of dtypes keeps each copy's array accesses of one kind, which V8 compiles well. */
export function compilePass(
  assignments: readonly Assignment[],
  { operands, writes, scalars }: RuleNames,
  dtypes: readonly DType[],
): Pass {
  const known = new Set([...operands, ...scalars]);
  const used = new Set<string>();
  const locals: string[] = [];
  for (const { target, value } of assignments) {
    for (const name of names(value)) {
      if (!known.has(name))
        throw new ReferenceError(`formula: ${target} uses "${name}", which is not among ${[...known].join(", ")}.`);
      used.add(name);
    }
    if (!known.has(target)) locals.push(target);
    known.add(target);
  }
  const whole = dtypes.every((dtype) => dtype === "int32");
  const reads = operands.map((name) => used.has(name));
  const source = [
    ...operands.map((_, k) => `const A${k} = arrays[${k}], s${k} = steps[${k}]; let i${k} = starts[${k}];`),
    ...scalars.map((name, k) => `const $${name} = scalars[${k}];`),
    "for (let n = 0; n < count; n++) {",
    ...operands.map((name, k) =>
      reads[k] || writes.includes(name) ? `let $${name}${reads[k] ? ` = A${k}[i${k}]` : ""};` : "",
    ),
    ...locals.map((name) => `let $${name};`),
    ...assignments.map(({ target, value }) => `$${target} = ${toJavaScript(value, whole)};`),
    // A bool is 0 or 1, whatever was computed.
    ...operands.map((name, k) =>
      writes.includes(name) ? `A${k}[i${k}] = $${name}${dtypes[k] === "bool" ? " != 0" : ""};` : "",
    ),
    ...operands.map((_, k) => `i${k} += s${k};`),
    "}",
  ].join("\n");
  return new Function("f", `return (count, arrays, starts, steps, scalars) => {\n${source}\n}`)(functions) as Pass;
}

/** `whole`: every operand is int32, so a product wraps around as 32-bit arithmetic does. */
function toJavaScript(e: Expression, whole: boolean): string {
  const js = (x: Expression): string => toJavaScript(x, whole);
  switch (e.kind) {
    case "number":
      return e.value < 0 || Object.is(e.value, -0) ? `(${e.value})` : String(e.value);
    case "name":
      return `$${e.name}`;
    case "unary":
      return `(${e.op} ${js(e.x)})`;
    case "binary":
      if (e.op === "*" && whole) return `Math.imul(${js(e.left)}, ${js(e.right)})`;
      return `(${js(e.left)} ${e.op === "==" || e.op === "!=" ? `${e.op}=` : e.op} ${js(e.right)})`;
    case "call": {
      if (functions[e.name] === undefined) throw new ReferenceError(`formula: there is no function "${e.name}".`);
      const builtin = (Math as unknown as { [name: string]: unknown })[e.name] === functions[e.name];
      return `${builtin ? "Math" : "f"}.${e.name}(${e.args.map(js).join(", ")})`;
    }
    case "choose":
      return `(${js(e.test)} ? ${js(e.yes)} : ${js(e.no)})`;
  }
}

/** A rule in WebAssembly, for operands of certain dtypes that each stand still or step by one. */
export interface Compiled {
  readonly kernel: ElementwiseKernel;
  /** Calls the kernel on whole tensors. */
  readonly flat: Flat;
  /**
   * Calls it on rows, given as text in terms of `count` how many bytes each operand moves on from row to row. Undefined
   * where a pass may have to be done again in JavaScript.
   */
  rows(steps: readonly string[]): Rows | undefined;
  /** The numbers that the kernel takes after the addresses. */
  numbers(scalars: readonly number[]): number[];
}

const typeOf: { readonly [D in DType]: ElementType | undefined } = {
  float32: "f32",
  int32: "i32",
  bool: "bool",
  float64: undefined,
};
const bytes = { f32: 4, i32: 4, bool: 1 } as const;

/** From so many elements on, the 80 ns that leaving 256-bit code costs are small. */
const longCount = 8192;
/** From so many on, threads may be worth asking. */
const sharedCount = 1 << 18;

/** The rule in WebAssembly; undefined where it stays in JavaScript. */
export function compileKernel(
  assignments: readonly Assignment[],
  about: RuleNames,
  dtypes: readonly DType[],
  steps: readonly (0 | 1)[],
  pass: Pass,
): Compiled | undefined {
  const { operands, writes, scalars, approximate } = about;
  const types = dtypes.map((dtype) => typeOf[dtype]);
  // Whole numbers lose digits as floats: where only such are compared or computed, JavaScript does it.
  const floats = operands.some((name, k) => types[k] === "f32" && (writes.includes(name) || dtypes.includes("int32")));
  if (types.includes(undefined) || (!floats && types.includes("i32"))) return undefined;
  const described = operands.map((name, k) => ({
    name,
    type: types[k]!,
    step: steps[k]!,
    written: writes.includes(name),
  }));
  const bind = ({ lines }: Numbers): string =>
    [
      ...scalars.map((name, k) => `const $${name} = scalars[${k}];`),
      ...lines.map(({ target, value }) => `const $${target} = ${toJavaScript(value, false)};`),
    ].join(" ");
  const list = ({ numbers }: Numbers): string => numbers.map((e) => `+${toJavaScript(e, false)}`).join(", ");
  const numbersOf = (wanted: Numbers): ((scalars: readonly number[]) => number[]) =>
    new Function("f", `return (scalars) => { ${bind(wanted)} return [${list(wanted)}]; }`)(functions) as (
      scalars: readonly number[],
    ) => number[];
  const kernel = compileElementwise(
    { assignments, operands: described, scalars, approximate },
    { run: pass, numbers: (wanted, values) => numbersOf(wanted)(values) },
  );
  if (kernel === undefined) return undefined;
  // Spelled out for this number of operands: no array is made and no loop is run for a call.
  const fetch = operands.map((_, k) => `const x${k} = tensors[${k}];`).join(" ");
  const addresses = described.map(({ type }, k) => `x${k}.storage.address + x${k}.offset * ${bytes[type]}`);
  const bound = bind(kernel.numbers);
  const last = kernel.numbers.numbers.length > 0 ? [list(kernel.numbers)] : [];
  const caller = (which: string, parameters: string, args: readonly string[]): unknown =>
    new Function(
      "kernel",
      "f",
      `const { run, rows: each, long, shared } = kernel; return (${parameters}, tensors, scalars) => { ${bound} ${fetch} return ${which}(${[...args, ...last].join(", ")}); }`,
    )(kernel, functions);
  // Where a pass may fail, its answer is needed: threads give none.
  const many = kernel.limited ? "long" : "shared";
  const flat = caller(`(count < ${longCount} ? run : count < ${sharedCount} ? long() : ${many}())`, "count", [
    "count",
    ...addresses,
  ]) as (...args: Parameters<Flat>) => number;
  return {
    kernel,
    rows: (steps) =>
      kernel.limited ? undefined : (caller("each", "rows, count", ["rows", "count", ...addresses, ...steps]) as Rows),
    numbers: numbersOf(kernel.numbers),
    flat: kernel.limited ? withFallback(flat, pass, steps, accesses(assignments, about)) : flat,
  };
}

/** Runs again in JavaScript where the kernel says that it could not; at once where that would come too late. */
function withFallback(
  flat: (...args: Parameters<Flat>) => number,
  pass: Pass,
  steps: readonly number[],
  access: readonly Access[],
): Flat {
  return (count, tensors, scalars) => {
    if (!overwrites(tensors, access) && flat(count, tensors, scalars) === 0) return;
    pass(
      count,
      tensors.map((x) => x.storage.array()),
      tensors.map((x) => x.offset),
      steps,
      scalars,
    );
  };
}

/** Which operands a rule writes, and whether it reads those before. */
export interface Access {
  readonly written: boolean;
  readonly read: boolean;
}
export function accesses(assignments: readonly Assignment[], { operands, writes }: RuleNames): Access[] {
  const found = new Set<string>();
  for (const { value } of assignments) names(value, found);
  return operands.map((name) => ({ written: writes.includes(name), read: found.has(name) }));
}

/** Whether what is written was an operand too, so that the rule cannot run a second time. */
export function overwrites(tensors: readonly Tensor[], access: readonly Access[]): boolean {
  return tensors.some(
    (x, k) => access[k]!.written && (access[k]!.read || tensors.some((y, j) => j !== k && y.storage === x.storage)),
  );
}
