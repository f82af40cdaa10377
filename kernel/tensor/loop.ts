import { parseRule, type Assignment } from "./formula.ts";
import type { DType } from "./dtype.ts";
import {
  accesses,
  compileKernel,
  compilePass,
  overwrites,
  type Access,
  type Compiled,
  type Flat,
  type Pass,
  type RuleNames,
} from "./pass.ts";
import { broadcastStrides, isContiguous, sameShape, sizeOf, type Shape } from "./shape.ts";
import { bytesOf } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

/** A rule made runnable: its assignments are applied to each element in turn, in one loop without temporaries. */
export interface Loop {
  /**
   * Runs over `shape`; operands are tensors of that shape or ones that broadcast to it, in the order of `operands`.
   *
   * float32 is computed in WebAssembly, in single precision; anything that takes no part there in JavaScript, in double
   * precision and rounded once, when an element is stored.
   */
  (shape: Shape, tensors: readonly Tensor[], scalars: readonly number[]): void;
}

/**
 * Compiles a rule.
 *
 * @param operands names of the tensors, `writes` those of them that the rule assigns, `scalars` plain numbers.
 *   Assigning to any other name makes a local.
 * @param approximate allows plain numbers to be multiplied and divided among themselves first.
 */
export function compileLoop(
  rule: string | readonly Assignment[],
  { operands, writes, scalars = [], approximate = false }: Pick<RuleNames, "operands" | "writes"> & Partial<RuleNames>,
): Loop {
  const assignments = typeof rule === "string" ? parseRule(rule) : rule;
  const program = new Program(assignments, { operands, writes, scalars, approximate });
  let lastKey = -1;
  let lastFlat: Flat | undefined;
  return (shape, tensors, values) => {
    const size = sizeOf(shape);
    if (size === 0) return;
    let key = 0;
    for (let k = 0; k < tensors.length; k++) {
      const x = tensors[k]!;
      const step = flatStep(x, shape, size);
      if (step < 0) {
        walk(program, shape, tensors, values);
        return;
      }
      key = key * 8 + code(x.storage.dtype) * 2 + step;
    }
    if (key !== lastKey) {
      lastFlat = program.flat(key, tensors);
      lastKey = key;
    }
    lastFlat!(size, tensors, values);
  };
}

/** How an operand goes along when all elements form one line: 1 a step for each, 0 one element for all, −1 not at all. */
function flatStep(x: Tensor, shape: Shape, size: number): number {
  const own = x.shape;
  if (own === shape || sameShape(own, shape)) return isContiguous(own, x.strides) ? 1 : -1;
  for (let d = 0; d < own.length; d++) if (own[d] !== 1) return -1;
  return size === 1 ? 1 : 0;
}
function code(dtype: DType): number {
  return dtype === "float32" ? 0 : dtype === "float64" ? 1 : dtype === "int32" ? 2 : 3;
}

/** A rule in all the forms that were asked for. */
class Program {
  readonly access: readonly Access[];
  private readonly names: RuleNames;
  private readonly assignments: readonly Assignment[];
  private readonly passes = new Map<string, Pass>();
  private readonly kernels = new Map<string, Compiled | undefined>();
  private readonly flats = new Map<number, Flat>();

  constructor(assignments: readonly Assignment[], names: RuleNames) {
    this.assignments = assignments;
    this.names = names;
    this.access = accesses(assignments, names);
  }

  pass(dtypes: readonly DType[]): Pass {
    const key = dtypes.join();
    let pass = this.passes.get(key);
    if (pass === undefined) this.passes.set(key, (pass = compilePass(this.assignments, this.names, dtypes)));
    return pass;
  }
  kernel(dtypes: readonly DType[], steps: readonly number[]): Compiled | undefined {
    if (steps.some((step) => step !== 0 && step !== 1)) return undefined;
    const key = `${dtypes.join()} ${steps.join()}`;
    if (!this.kernels.has(key)) {
      const pass = this.pass(dtypes);
      this.kernels.set(key, compileKernel(this.assignments, this.names, dtypes, steps as (0 | 1)[], pass));
    }
    return this.kernels.get(key);
  }
  flat(key: number, tensors: readonly Tensor[]): Flat {
    let flat = this.flats.get(key);
    if (flat === undefined) {
      const dtypes = tensors.map((x) => x.dtype);
      const steps = tensors.map((_, k) => Math.floor(key / 8 ** (tensors.length - 1 - k)) % 2);
      flat = this.kernel(dtypes, steps)?.flat ?? inJavaScript(this.pass(dtypes), steps);
      this.flats.set(key, flat);
    }
    return flat;
  }
}

function inJavaScript(pass: Pass, steps: readonly number[]): Flat {
  return (count, tensors, scalars) =>
    pass(
      count,
      tensors.map((x) => x.storage.array()),
      tensors.map((x) => x.offset),
      steps,
      scalars,
    );
}

/** The general case: loops over the outer dims, a pass over the innermost one (in WebAssembly over the innermost two). */
function walk(program: Program, shape: Shape, tensors: readonly Tensor[], scalars: readonly number[]): void {
  const { sizes, strides } = collapse(
    shape,
    tensors.map((x) => broadcastStrides(x.shape, x.strides, shape)),
  );
  const last = sizes.length - 1;
  const count = sizes[last]!;
  const steps = strides.map((s) => s[last]!);
  const dtypes = tensors.map((x) => x.dtype);
  const compiled = program.kernel(dtypes, steps);
  if (compiled !== undefined && !(compiled.kernel.limited && overwrites(tensors, program.access))) {
    const widths = dtypes.map((dtype) => bytesOf[dtype]);
    const numbers = compiled.numbers(scalars);
    const addresses = tensors.map((x, k) => x.storage.address + x.offset * widths[k]!);
    const rowSteps = strides.map((s, k) => (last > 0 ? s[last - 1]! * widths[k]! : 0));
    const rows = last > 0 ? sizes[last - 1]! : 1;
    let limited = 0;
    odometer(sizes, strides, last - 2, addresses, widths, () => {
      limited |= compiled.kernel.rows(rows, count, ...addresses, ...rowSteps, ...numbers) as number;
    });
    if (limited === 0) return;
  }
  const pass = program.pass(dtypes);
  const arrays = tensors.map((x) => x.storage.array());
  const starts = tensors.map((x) => x.offset);
  odometer(sizes, strides, last - 1, starts, undefined, () => pass(count, arrays, starts, steps, scalars));
}

/** Calls `f` for every place in the dims up to `innermost`, with `at` moved there: by elements, or by `widths` bytes each. */
function odometer(
  sizes: readonly number[],
  strides: readonly (readonly number[])[],
  innermost: number,
  at: number[],
  widths: readonly number[] | undefined,
  f: () => void,
): void {
  const index = new Array<number>(Math.max(0, innermost + 1)).fill(0);
  for (;;) {
    f();
    let d = innermost;
    for (; d >= 0; d--) {
      const wrap = ++index[d]! === sizes[d];
      const places = wrap ? 1 - sizes[d]! : 1;
      for (let k = 0; k < at.length; k++) at[k]! += strides[k]![d]! * places * (widths?.[k] ?? 1);
      if (!wrap) break;
      index[d] = 0;
    }
    if (d < 0) return;
  }
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
