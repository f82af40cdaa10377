import { elementwise } from "../autograd/elementwise.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { DTypeError } from "../tensor/errors.ts";
import { isFloating } from "../tensor/dtype.ts";
import { checkOptions } from "../tensor/options.ts";
import { checkDims } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul, sub } from "./arithmetic.ts";
import { square } from "./pow.ts";
import { mean, sum, type Dims, type ReduceOptions } from "./sum.ts";

export interface VarianceOptions extends ReduceOptions {
  /** The divisor is count − correction. Default 1 (Bessel's); 0 for the plain mean of squares. */
  correction?: number;
}

function spread(who: string, x: Tensor, dim: Dims, options: VarianceOptions): Tensor {
  checkTensor(who, "x", x);
  checkOptions(who, options, ["keepdim", "correction"]);
  if (!isFloating(x.dtype))
    throw new DTypeError(`${who}: needs float32 or float64, got ${x.dtype}. Use x.to("float32").`);
  const dims = checkDims(who, dim, x.ndim);
  const count = dims.reduce((n, d) => n * x.shape[d]!, 1);
  const centred = sub(x, mean(x, dims, { keepdim: true }));
  const divisor = Math.max(0, count - (options.correction ?? 1));
  return mul(sum(square(centred), dims, { keepdim: options.keepdim ?? false }), 1 / divisor);
}

/** Variance over the dims (all by default): Σ (x − mean)² / (count − correction). */
export const variance = named("var", (x: Tensor, dim?: Dims, options: VarianceOptions = {}): Tensor =>
  spread("var", x, dim, options),
);

/** Square root whose gradient at 0 is 0: constant elements have a standard deviation without a direction. */
const root = elementwise({
  name: "std",
  formula: "sqrt(x)",
  inputs: ["x"],
  derivatives: { x: "y == 0 ? 0 : 0.5 / y" },
});

/** Standard deviation over the dims (all by default): √var. */
export const std = named("std", (x: Tensor, dim?: Dims, options: VarianceOptions = {}): Tensor =>
  root([spread("std", x, dim, options)]),
);
