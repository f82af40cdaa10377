import { checkOptions } from "../tensor/options.ts";
import { AutogradError, DTypeError } from "../tensor/errors.ts";
import { fromFlat } from "../tensor/create.ts";
import { MT19937 } from "../tensor/mt19937.ts";
import { elements, type Tensor } from "../tensor/tensor.ts";
import { grad } from "./backward.ts";
import { enableGrad, noGrad } from "./mode.ts";

export interface GradcheckOptions {
  /** Step of the finite difference. Default 1e-6. */
  eps?: number;
  /** Allowed difference, absolute. Default 1e-5. */
  atol?: number;
  /** Allowed difference, relative to the finite difference. Default 1e-3. */
  rtol?: number;
}

/**
 * Compares the gradient of `f` with central differences, element by element; an error names the first that differs.
 *
 * The output is contracted with fixed random numbers, so one gradient is checked for all its elements at once. Inputs
 * must be float64: in float32 a difference cannot tell a wrong rule from rounding.
 */
export function gradcheck(
  f: (...inputs: any[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  checkOptions("gradcheck", options, ["eps", "atol", "rtol"]);
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3 } = options;
  const name = (f as { opName?: string }).opName ?? (f.name || "f");
  const checked = inputs.map((x, i) => [x, i] as const).filter(([x]) => x.requiresGrad);
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
  const output = f(...inputs);
  const weights = weightsFor(output, 20);
  const contraction = fromFlat(weights, output.shape, "float64");
  const rules = grad(
    output,
    checked.map(([x]) => x),
    { gradOutputs: contraction, allowUnused: true },
  );

  const value = (): number => {
    const { data, start } = elements(noGrad(() => f(...inputs)));
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i]! * data[start + i]!;
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
  f: (...inputs: any[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  const wanted = inputs.filter((x) => x.requiresGrad);
  const output = noGrad(() => f(...inputs));
  const contraction = fromFlat(weightsFor(output, 21), output.shape, "float64");
  contraction.requiresGrad = true;
  const name = (f as { opName?: string }).opName ?? (f.name || "f");
  for (let k = 0; k < wanted.length; k++) {
    const first = (...all: Tensor[]): Tensor =>
      grad(f(...all.slice(0, -1)), wanted, { gradOutputs: all.at(-1)!, createGraph: true })[k]!;
    Object.defineProperty(first, "name", { value: `gradient of ${name} by input ${k}` });
    // In noGrad, as for finite differences, the gradient itself must still be had.
    gradcheck((...all: Tensor[]) => enableGrad(() => first(...all)), [...inputs, contraction], options);
  }
  return true;
}

/** Fixed random numbers to contract an output with; 1 for a single number, so that messages show its own derivative. */
function weightsFor(output: Tensor, seed: number): Float64Array {
  const random = new MT19937(seed);
  const size = output.numel();
  return Float64Array.from({ length: size }, () => (size === 1 ? 1 : random.uniform53() + 0.5));
}
