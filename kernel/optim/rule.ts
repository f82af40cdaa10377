import { filled } from "../tensor/create.ts";
import { compileLoop, type Loop } from "../tensor/loop.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { ParamState } from "./optimizer.ts";

const loops = new Map<string, Loop>();

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
  const lines = rule.filter((line) => line !== false);
  const operands = Object.keys(tensors);
  const numbers = Object.keys(scalars);
  const key = [...operands, "|", ...numbers, "|", ...lines].join("\n");
  let loop = loops.get(key);
  if (loop === undefined) {
    const writes = operands.filter(
      (name) => name !== "g" && lines.some((line) => new RegExp(`^\\s*${name}\\s*[-+*/]?=`).test(line)),
    );
    loop = compileLoop(lines.join("\n"), { operands, writes, scalars: numbers });
    loops.set(key, loop);
  }
  const first = tensors["w"] ?? Object.values(tensors)[0]!;
  loop(first.shape, Object.values(tensors), Object.values(scalars));
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
