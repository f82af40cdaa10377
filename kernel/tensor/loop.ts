import { type Assignment, type Expression, names, parseRule } from "./formula.ts";
import { functions } from "./functions.ts";
import type { DType, TypedArray } from "./dtype.ts";
import { broadcastStrides, sizeOf, type Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** One pass over `count` elements of several arrays: array k starts at `starts[k]` and moves on by `steps[k]`. */
type Pass = (
  count: number,
  arrays: readonly TypedArray[],
  starts: readonly number[],
  steps: readonly number[],
  scalars: readonly number[],
) => void;

/** A rule made runnable: its assignments are applied to each element in turn, in one loop without temporaries. */
export interface Loop {
  /**
   * Runs over `shape`; operands are tensors of that shape or ones that broadcast to it, in the order of `operands`.
   * Arithmetic is in double precision and rounded once, when an element is stored.
   */
  (shape: Shape, tensors: readonly Tensor[], scalars: readonly number[]): void;
}

/**
 * Compiles a rule.
 *
 * @param operands names of the tensors, `writes` those of them that the rule assigns, `scalars` plain numbers.
 *   Assigning to any other name makes a local.
 */
export function compileLoop(
  rule: string | readonly Assignment[],
  {
    operands,
    writes,
    scalars = [],
  }: { operands: readonly string[]; writes: readonly string[]; scalars?: readonly string[] },
): Loop {
  const assignments = typeof rule === "string" ? parseRule(rule) : rule;
  // One copy per combination of dtypes keeps each copy's array accesses of one kind, which V8 compiles well.
  const passes = new Map<string, Pass>();
  return (shape, tensors, values) => {
    let key = "";
    for (const x of tensors) key += x.dtype;
    let pass = passes.get(key);
    if (pass === undefined) {
      pass = compilePass(
        assignments,
        operands,
        writes,
        scalars,
        tensors.map((x) => x.dtype),
      );
      passes.set(key, pass);
    }
    run(pass, shape, tensors, values);
  };
}

function compilePass(
  assignments: readonly Assignment[],
  operands: readonly string[],
  writes: readonly string[],
  scalars: readonly string[],
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
    ...operands.map((name, k) => (writes.includes(name) ? `A${k}[i${k}] = $${name};` : "")),
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

function run(pass: Pass, shape: Shape, tensors: readonly Tensor[], scalars: readonly number[]): void {
  const size = sizeOf(shape);
  if (size === 0) return;
  const arrays = tensors.map((x) => x.storage.array());
  const starts = tensors.map((x) => x.offset);
  if (tensors.every((x) => (x.shape.length === shape.length && x.isContiguous()) || isSingle(x))) {
    // Same number of dims and contiguous, but perhaps stretched: only equal sizes may run as one line.
    if (tensors.every((x) => isSingle(x) || sizeOf(x.shape) === size)) {
      pass(
        size,
        arrays,
        starts,
        tensors.map((x) => (isSingle(x) ? 0 : 1)),
        scalars,
      );
      return;
    }
  }
  const { sizes, strides } = collapse(
    shape,
    tensors.map((x) => broadcastStrides(x.shape, x.strides, shape)),
  );
  const last = sizes.length - 1;
  const count = sizes[last]!;
  const steps = strides.map((s) => s[last]!);
  const index = new Array<number>(last).fill(0);
  for (;;) {
    pass(count, arrays, starts, steps, scalars);
    let d = last - 1;
    for (; d >= 0; d--) {
      const wrap = ++index[d]! === sizes[d];
      for (let k = 0; k < starts.length; k++) starts[k]! += strides[k]![d]! * (wrap ? 1 - sizes[d]! : 1);
      if (!wrap) break;
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

function isSingle(x: Tensor): boolean {
  for (const n of x.shape) if (n !== 1) return false;
  return true;
}

/** Merges neighbouring dims that all operands walk through in one go; fewer and longer inner loops. */
function collapse(shape: Shape, strides: readonly number[][]): { sizes: number[]; strides: number[][] } {
  const sizes: number[] = [];
  const merged: number[][] = strides.map(() => []);
  for (let d = 0; d < shape.length; d++) {
    if (shape[d] === 1) continue;
    const at = sizes.length - 1;
    if (at >= 0 && strides.every((s, k) => merged[k]![at] === s[d]! * shape[d]!)) {
      sizes[at]! *= shape[d]!;
      strides.forEach((s, k) => (merged[k]![at] = s[d]!));
    } else {
      sizes.push(shape[d]!);
      strides.forEach((s, k) => merged[k]!.push(s[d]!));
    }
  }
  if (sizes.length === 0) {
    sizes.push(1);
    for (const m of merged) m.push(0);
  }
  return { sizes, strides: merged };
}
