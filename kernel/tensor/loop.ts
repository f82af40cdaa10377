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
  type Rows,
  type RuleNames,
} from "./pass.ts";
import { broadcastStrides, sameShape, sizeOf, type Shape } from "./shape.ts";
import { bytesOf } from "./storage.ts";
import { packed, type Tensor } from "./tensor.ts";

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
  let lastRowsKey = -1;
  let lastRows: Rows | undefined;
  return (shape, tensors, values) => {
    const size = sizeOf(shape);
    if (size === 0) return;
    // Of all operands that are the same for each row: how many elements a row has.
    let count = size;
    let key = 0;
    for (let k = 0; k < tensors.length; k++) {
      const x = tensors[k]!;
      let course = courseOf(x, shape, size);
      if (course >= row) {
        const elements = x.numel();
        const own = course === row ? elements : size / elements;
        // Only 1s were left out at the front.
        if (elements === size) course = full;
        else if (count !== size && own !== count) {
          walk(program, shape, tensors, values);
          return;
        } else count = own;
      } else if (course < 0) {
        walk(program, shape, tensors, values);
        return;
      }
      key = key * 16 + code(x.storage.dtype) * 4 + course;
    }
    if (count === size) {
      if (key !== lastKey) {
        lastFlat = program.flat(key, tensors);
        lastKey = key;
      }
      lastFlat!(size, tensors, values);
      return;
    }
    if (key !== lastRowsKey) {
      lastRows = program.rows(key, tensors);
      lastRowsKey = key;
    }
    if (lastRows === undefined) walk(program, shape, tensors, values);
    else lastRows(size / count, count, tensors, values);
  };
}

/** How an operand goes along with the elements, row by row: one element for all … */
const single = 0;
/** … one for each … */
const full = 1;
/** … the same row again and again … */
const row = 2;
/** … or one element for each row. */
const column = 3;

/** One of these, or −1 for anything else. */
function courseOf(x: Tensor, shape: Shape, size: number): number {
  const own = x.shape;
  if (own === shape || sameShape(own, shape)) return x.isPacked ? full : stretched(x) ? single : -1;
  let d = 0;
  while (d < own.length && own[d] === 1) d++;
  if (d === own.length) return size === 1 ? full : single;
  if (!x.isPacked) return -1;
  const lead = shape.length - own.length;
  while (d < own.length && own[d] === shape[lead + d]) d++;
  if (d === own.length) return row;
  // Leading dims as in the shape, then only 1s.
  if (lead !== 0) return -1;
  for (d = 0; d < own.length && own[d] === shape[d];) d++;
  while (d < own.length && own[d] === 1) d++;
  return d === own.length ? column : -1;
}
/** One element for all, as the gradient of a sum or mean is. */
function stretched({ shape, strides }: Tensor): boolean {
  for (let d = 0; d < shape.length; d++) if (strides[d] !== 0 && shape[d] !== 1) return false;
  return true;
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
  private readonly kernels = new Map<number, Compiled | undefined>();
  private readonly flats = new Map<number, Flat>();
  private readonly rowed = new Map<number, Rows | undefined>();

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
    let key = 0;
    for (let k = 0; k < steps.length; k++) {
      if (steps[k] !== 0 && steps[k] !== 1) return undefined;
      key = key * 8 + code(dtypes[k]!) * 2 + steps[k]!;
    }
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
      const steps = coursesOf(key, tensors.length);
      flat = this.kernel(dtypes, steps)?.flat ?? inJavaScript(this.pass(dtypes), steps);
      this.flats.set(key, flat);
    }
    return flat;
  }
  rows(key: number, tensors: readonly Tensor[]): Rows | undefined {
    if (!this.rowed.has(key)) {
      const courses = coursesOf(key, tensors.length);
      const steps = courses.map((course) => (course === full || course === row ? 1 : 0));
      const dtypes = tensors.map((x) => x.dtype);
      const rowSteps = courses.map((course, k) =>
        course === full ? `count * ${bytesOf[dtypes[k]!]}` : course === column ? String(bytesOf[dtypes[k]!]) : "0",
      );
      this.rowed.set(key, this.kernel(dtypes, steps)?.rows(rowSteps));
    }
    return this.rowed.get(key);
  }
}

function coursesOf(key: number, count: number): number[] {
  return Array.from({ length: count }, (_, k) => Math.floor(key / 16 ** (count - 1 - k)) % 4);
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

/** Above this size an operand whose elements lie apart is copied: the kernels want neighbours. */
const leastPacked = 64;

/** The general case: loops over the outer dims, a pass over the innermost one (in WebAssembly over the innermost two). */
function walk(program: Program, shape: Shape, given: readonly Tensor[], scalars: readonly number[]): void {
  const tensors = given.map((x, k) =>
    liesApart(x) && !program.access[k]!.written && x.numel() >= leastPacked ? packed(x) : x,
  );
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

/** Whether neighbours of the last dim are neither side by side nor one and the same, and a kernel would read them. */
function liesApart({ isPacked, shape, strides, dtype }: Tensor): boolean {
  if (isPacked || dtype === "float64" || dtype === "bool") return false;
  let d = shape.length - 1;
  while (d >= 0 && shape[d] === 1) d--;
  return d >= 0 && strides[d] !== 0 && strides[d] !== 1;
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
