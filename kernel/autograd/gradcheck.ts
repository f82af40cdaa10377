import { checkOptions, is } from "../tensor/options.ts";
import { AutogradError, describe, DTypeError, OptionError } from "../tensor/errors.ts";
import { fromFlat } from "../tensor/create.ts";
import { MT19937 } from "../tensor/mt19937.ts";
import { elements, Tensor } from "../tensor/tensor.ts";
import { grad, list } from "./backward.ts";
import { enableGrad, noGrad } from "./mode.ts";

export interface GradcheckOptions {
  /** Step of the finite difference. Default 1e-6. */
  eps?: number;
  /** Allowed difference, absolute. Default 1e-5. */
  atol?: number;
  /** Allowed difference, relative to the finite difference. Default 1e-3. */
  rtol?: number;
}

/** What a function under test gives: a tensor, or several in an array or an object such as `{ values, indices }`. */
type Outputs = Tensor | readonly Tensor[] | { readonly [name: string]: Tensor };

/**
 * Compares the gradient of `f` with central differences, element by element; an error names the first that differs.
 * Of several outputs, those count that depend on an input.
 *
 * The outputs are contracted with fixed random numbers, so one gradient is checked for all its elements at once. Inputs
 * must be float64: in float32 a difference cannot tell a wrong rule from rounding.
 */
export function gradcheck(
  f: (...inputs: any[]) => Outputs,
  inputs: Tensor | readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  const given = checkCall("gradcheck", f, inputs);
  checkOptions("gradcheck", options, { eps: is.atLeast0, atol: is.atLeast0, rtol: is.atLeast0 });
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3 } = options;
  const name = (f as { opName?: string }).opName ?? (f.name || "f");
  const checked = given.map((x, i) => [x, i] as const).filter(([x]) => x.requiresGrad);
  if (checked.length === 0)
    throw new AutogradError(
      `gradcheck(${name}): no input requires a gradient; make one with { dtype: "float64", requiresGrad: true }.`,
    );
  for (const [x, i] of checked) {
    if (x.dtype !== "float64")
      throw new DTypeError(`gradcheck(${name}): input ${i} is ${x.dtype}; use { dtype: "float64" }.`);
    if (!x.isContiguous())
      throw new AutogradError(`gradcheck(${name}): input ${i} is not contiguous; pass x.contiguous().`);
  }
  const outputs = outputsOf(name, f(...given));
  const weights = outputs.map((y) => (y.requiresGrad ? weightsFor(y, 20) : undefined));
  const recorded = outputs.filter((y) => y.requiresGrad);
  // None: left to grad(), which says what to do.
  const contractions = recorded.map((y) => fromFlat(weightsFor(y, 20), y.shape, "float64"));
  const rules = grad(
    recorded.length > 0 ? recorded : outputs[0]!,
    checked.map(([x]) => x),
    { ...(recorded.length > 0 ? { gradOutputs: contractions } : {}), allowUnused: true },
  );

  const value = (): number => {
    let sum = 0;
    noGrad(() => outputsOf(name, f(...given))).forEach((y, k) => {
      const { data, start } = elements(y);
      weights[k]?.forEach((weight, i) => (sum += weight * data[start + i]!));
    });
    return sum;
  };
  checked.forEach(([x, i], k) => {
    const rule = rules[k]?.toTypedArray();
    for (let j = 0; j < x.numel(); j++) {
      // Not marked as a change in place: the value is back before anyone looks.
      const data = x.storage.array();
      const before = data[x.offset + j]!;
      data[x.offset + j] = before + eps;
      const above = value();
      data[x.offset + j] = before - eps;
      const below = value();
      data[x.offset + j] = before;
      const difference = (above - below) / (2 * eps);
      const says = rule?.[j] ?? 0;
      if (!(Math.abs(says - difference) <= atol + rtol * Math.abs(difference))) {
        throw new AutogradError(
          `gradcheck(${name}): input ${i}, element ${j}: rule says ${says}, finite difference says ${difference}. Fix the gradient of ${name}.`,
        );
      }
    }
  });
  return true;
}

/** Checks the second derivatives: `gradcheck` of the gradient. */
export function gradgradcheck(
  f: (...inputs: any[]) => Outputs,
  inputs: Tensor | readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  const given = checkCall("gradgradcheck", f, inputs);
  const wanted = given.filter((x) => x.requiresGrad);
  if (wanted.length === 0) return gradcheck(f, given, options);
  const name = (f as { opName?: string }).opName ?? (f.name || "f");
  const counts = outputsOf(name, f(...given)).map((y) => y.requiresGrad);
  const outputs = (all: Tensor[]): Tensor[] => outputsOf(name, f(...all)).filter((_, i) => counts[i]);
  const contractions = noGrad(() => outputs([...given])).map((y) => {
    const contraction = fromFlat(weightsFor(y, 21), y.shape, "float64");
    contraction.requiresGrad = true;
    return contraction;
  });
  for (let k = 0; k < wanted.length; k++) {
    const first = (...all: Tensor[]): Tensor =>
      grad(outputs(all.slice(0, given.length)), wanted, {
        gradOutputs: all.slice(given.length),
        createGraph: true,
      })[k]!;
    // In noGrad, as for finite differences, the gradient itself must still be had.
    const recording = (...all: Tensor[]): Tensor => enableGrad(() => first(...all));
    Object.defineProperty(recording, "name", { value: `gradient of ${name} by input ${k}` });
    gradcheck(recording, [...given, ...contractions], options);
  }
  return true;
}

function checkCall(who: string, f: unknown, inputs: unknown): readonly Tensor[] {
  if (typeof f !== "function")
    throw new OptionError(`${who}: needs a function of tensors first, got ${describe(f)}: ${who}(f, [x]).`);
  return list(who, "the inputs", inputs);
}

function outputsOf(name: string, y: Outputs): readonly Tensor[] {
  if (y instanceof Tensor) return [y];
  const outputs: unknown[] = typeof y === "object" && y !== null ? Object.values(y) : [];
  if (outputs.length > 0 && outputs.every((entry) => entry instanceof Tensor)) return outputs;
  throw new OptionError(
    `gradcheck(${name}): the function must return a tensor, or several in an array, got ${describe(y)}.`,
  );
}

/** Fixed random numbers to contract an output with; 1 for a single number, so that messages show its own derivative. */
function weightsFor(output: Tensor, seed: number): Float64Array {
  const random = new MT19937(seed);
  const size = output.numel();
  return Float64Array.from({ length: size }, () => (size === 1 ? 1 : random.uniform53() + 0.5));
}
