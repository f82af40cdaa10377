import { checkTensor } from "../autograd/functions.ts";
import { noGrad } from "../autograd/mode.ts";
import { mul } from "../ops/arithmetic.ts";
import { norm } from "../ops/norm.ts";
import { stack } from "../ops/cat.ts";
import { to } from "../ops/to.ts";
import { OptionError } from "../tensor/errors.ts";
import { filled } from "../tensor/create.ts";
import { checkNumber, checkOptions, is } from "../tensor/options.ts";
import { SparseTensor } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";

function gradients(who: string, parameters: Tensor | Iterable<Tensor>): Tensor[] {
  const list = parameters instanceof Tensor ? [parameters] : [...parameters];
  list.forEach((x, i) => checkTensor(who, `parameter ${i}`, x));
  for (const x of list) if (x.gradient instanceof SparseTensor) x.grad = x.gradient.coalesce();
  return list.map((x) => x.gradient).filter((g) => g !== undefined);
}

/** All elements that are not 0 for certain. */
const listed = (g: Tensor): Tensor => (g instanceof SparseTensor ? g.values : g);

/**
 * Scales all gradients together so that their common norm is at most `maxNorm`, and returns the norm from before.
 *
 * `normType`: 2 unless given, Infinity for the largest element. `errorIfNonfinite`: refuse a NaN or infinite norm.
 */
export function clipGradNorm(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options: { normType?: number; errorIfNonfinite?: boolean } = {},
): Tensor {
  checkOptions("clipGradNorm", options, { normType: is.number, errorIfNonfinite: is.flag });
  checkNumber("clipGradNorm", "maxNorm", maxNorm, "≥ 0", (x) => x >= 0);
  const { normType = 2, errorIfNonfinite = false } = options;
  return noGrad(() => {
    const grads = gradients("clipGradNorm", parameters);
    if (grads.length === 0) return filled([], 0, "float32");
    const dtype = grads.some((g) => g.dtype === "float64") ? "float64" : "float32";
    const total = norm(stack(grads.map((g) => to(norm(listed(g), normType), dtype))), normType);
    if (errorIfNonfinite && !Number.isFinite(total.item())) {
      throw new OptionError(
        `clipGradNorm: the norm of the gradients is ${total.item()}. Look for NaN or infinite gradients.`,
      );
    }
    const scale = Math.min(1, maxNorm / (total.item() + 1e-6));
    for (const g of grads) {
      if (g instanceof SparseTensor) g.map_((x) => x * scale);
      else g.copy_(mul(g, scale));
    }
    return total;
  });
}

/** Brings each element of each gradient into ±clipValue. */
export function clipGradValue(parameters: Tensor | Iterable<Tensor>, clipValue: number): void {
  checkNumber("clipGradValue", "clipValue", clipValue, "≥ 0", (x) => x >= 0);
  noGrad(() => {
    for (const g of gradients("clipGradValue", parameters)) {
      if (g instanceof SparseTensor) g.map_((x) => Math.min(clipValue, Math.max(-clipValue, x)));
      else g.clamp_({ min: -clipValue, max: clipValue });
    }
  });
}
