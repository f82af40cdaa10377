import { filled } from "../tensor/create.ts";
import { compileLoop, type Loop } from "../tensor/loop.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { ParamState } from "./optimizer.ts";

/** A rule with its operands, compiled. */
interface Compiled {
  readonly rule: readonly (string | false)[];
  readonly operands: readonly string[];
  readonly numbers: readonly string[];
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
  { rule, operands, numbers }: Compiled,
  lines: readonly (string | false)[],
  tensors: { readonly [name: string]: Tensor },
  scalars: { readonly [name: string]: number },
): boolean {
  if (lines.length !== rule.length) return false;
  for (let i = 0; i < rule.length; i++) if (lines[i] !== rule[i]) return false;
  return sameNames(tensors, operands) && sameNames(scalars, numbers);
}
function sameNames(object: object, names: readonly string[]): boolean {
  let i = 0;
  for (const name in object) if (names[i++] !== name) return false;
  return i === names.length;
}

function compile(rule: readonly (string | false)[], tensors: object, scalars: object): Compiled {
  const lines = rule.filter((line) => line !== false);
  const operands = Object.keys(tensors);
  const numbers = Object.keys(scalars);
  const writes = operands.filter(
    (name) => name !== "g" && lines.some((line) => new RegExp(`^\\s*${name}\\s*[-+*/]?=`).test(line)),
  );
  const loop = compileLoop(lines.join("\n"), { operands, writes, scalars: numbers, approximate: true });
  const compiled = { rule: [...rule], operands, numbers, loop };
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
