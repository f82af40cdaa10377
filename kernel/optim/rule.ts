import { filled } from "../tensor/create.ts";
import { compileLoop, type Loop } from "../tensor/loop.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { ParamState } from "./optimizer.ts";

/** A rule with its operands, compiled. */
interface Compiled {
  readonly rule: readonly (string | false)[];
  readonly operands: readonly string[];
  readonly numbers: readonly string[];
  readonly single: boolean;
  readonly loop: Loop;
}
const known: Compiled[] = [];
let last: Compiled | undefined;

/**
 * Runs one optimizer rule over the elements of a parameter: one fused loop, in place.
 *
 * The rule is lines of formula (tensor/formula.ts); `false` lines are left out, so exactly the options in use are
 * computed. What it assigns among `tensors` is written back, except `g`, whose changed value is only used.
 */
export function run(
  rule: readonly (string | false)[],
  tensors: { readonly [name: string]: Tensor },
  scalars: { readonly [name: string]: number },
): void {
  // Called for every parameter at every step, nearly always with the rule of the call before.
  if (last === undefined || !fits(last, rule, tensors, scalars)) {
    last = known.find((compiled) => fits(compiled, rule, tensors, scalars)) ?? compile(rule, tensors, scalars);
  }
  const operands: Tensor[] = [];
  for (const name in tensors) operands.push(tensors[name]!);
  const numbers: number[] = [];
  for (const name in scalars) numbers.push(scalars[name]!);
  last.loop((tensors["w"] ?? operands[0]!).shape, operands, numbers);
}

function fits(
  { rule, operands, numbers, single }: Compiled,
  lines: readonly (string | false)[],
  tensors: { readonly [name: string]: Tensor },
  scalars: { readonly [name: string]: number },
): boolean {
  if (lines.length !== rule.length) return false;
  for (let i = 0; i < rule.length; i++) if (lines[i] !== rule[i]) return false;
  return sameNames(tensors, operands) && sameNames(scalars, numbers) && isSingle(tensors) === single;
}
/** Whether the elements are float32. */
function isSingle(tensors: { readonly [name: string]: Tensor }): boolean {
  for (const name in tensors) return tensors[name]!.dtype === "float32";
  return false;
}
function sameNames(object: object, names: readonly string[]): boolean {
  let i = 0;
  for (const name in object) if (names[i++] !== name) return false;
  return i === names.length;
}

/**
 * Numbers below 1.2e-38, which float32 holds with fewer digits, cost a processor a hundred times the time of others, and
 * a training that has come to its end is full of them: averages fade by a factor at each step and never reach 0. So in
 * float32 an average below 7.5e-37 becomes 0: nothing that a step could show. (PyTorch leaves this to
 * torch.set_flush_denormal.)
 */
const tiny = 2 ** -120;
function flushed(writes: readonly string[]): string[] {
  return writes.filter((name) => name !== "w").map((name) => `${name} = abs(${name}) < ${tiny} ? 0 : ${name}`);
}

function compile(
  rule: readonly (string | false)[],
  tensors: { readonly [name: string]: Tensor },
  scalars: object,
): Compiled {
  const single = isSingle(tensors);
  const lines = rule.filter((line) => line !== false);
  const operands = Object.keys(tensors);
  const numbers = Object.keys(scalars);
  const writes = operands.filter(
    (name) => name !== "g" && lines.some((line) => new RegExp(`^\\s*${name}\\s*[-+*/]?=`).test(line)),
  );
  const all = single ? [...lines, ...flushed(writes)] : lines;
  const loop = compileLoop(all.join("\n"), { operands, writes, scalars: numbers, approximate: true });
  const compiled = { rule: [...rule], operands, numbers, single, loop };
  known.push(compiled);
  return compiled;
}

/** A tensor of the state, made (filled with `value`) the first time. */
export function slot(state: ParamState, name: string, like: Tensor, value = 0): Tensor {
  return (state[name] ??= filled(like.shape, value, like.dtype)) as Tensor;
}

/** Counts this step: 1 the first time. */
export function nextStep(state: ParamState): number {
  return (state["step"] = ((state["step"] as number | undefined) ?? 0) + 1);
}

/** A new tensor computed element by element: for effective learning rates. */
export function compute(
  formula: string,
  tensors: { readonly [name: string]: Tensor },
  scalars: { readonly [name: string]: number },
): Tensor {
  const like = Object.values(tensors)[0]!;
  const w = empty(like.shape, like.dtype);
  run([`w = ${formula}`], { w, ...tensors }, scalars);
  return w;
}
