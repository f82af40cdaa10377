import { elementwise } from "../autograd/elementwise.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { within } from "../autograd/mode.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { DTypeError } from "../tensor/errors.ts";
import { isFloating } from "../tensor/dtype.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { compileLoop } from "../tensor/loop.ts";
import { lined, reducedShape } from "../tensor/reduce.ts";
import { checkDims } from "../tensor/shape.ts";
import { addressOf, empty, type Tensor } from "../tensor/tensor.ts";
import { normalizeKernels } from "../wasm/normalize.ts";
import { reduceKernels } from "../wasm/reduce.ts";
import { mul, sub } from "./arithmetic.ts";
import { square } from "./pow.ts";
import { mean, stretchBack, sum, type Dims, type ReduceOptions } from "./sum.ts";

export interface VarianceOptions extends ReduceOptions {
  /** The divisor is count − correction. Default 1 (Bessel's); 0 for the plain mean of squares. */
  correction?: number;
}

interface Spread {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
  readonly divisor: number;
}
const scale = compileLoop("y = y * factor", { operands: ["y"], writes: ["y"], scalars: ["factor"] });

/** Σ (x − mean)² / divisor over the dims. Gradient: 2 (x − mean) / divisor; what goes through the mean cancels. */
const squaredSpread: Op<Spread> = defineOp({
  name: "var",
  forward([x], { dims, keepdim, divisor }) {
    const rows = x!.dtype === "float32" ? lined(x!, dims) : undefined;
    if (rows === undefined || rows.inner !== 1 || x!.numel() === 0) {
      return within(false, "var", () => {
        const squares = square(sub(x!, mean(x!, dims, { keepdim: true })));
        return mul(sum(squares, dims, { keepdim }), 1 / divisor);
      });
    }
    const { source, outer, count } = rows;
    const [centre, y] = [empty([outer], "float32"), empty(reducedShape(x!.shape, dims, keepdim), "float32")];
    reduceKernels().sumRows(outer, count, addressOf(source), addressOf(centre), count);
    normalizeKernels().squares(1, outer, count, addressOf(source), addressOf(centre), addressOf(y));
    scale(y.shape, [y], [1 / divisor]);
    return y;
  },
  keep: (_y, [x]) => [x!],
  gradient: (g, { saved: [x], attributes: { dims, divisor } }) => [
    mul(mul(stretchBack(g, x!.shape, dims), sub(x!, mean(x!, dims, { keepdim: true }))), 2 / divisor),
  ],
});

function spread(who: string, x: Tensor, dim: Dims, options: VarianceOptions): Tensor {
  checkTensor(who, "x", x);
  checkOptions(who, options, { keepdim: is.flag, correction: is.number });
  if (!isFloating(x.dtype))
    throw new DTypeError(`${who}: needs float32 or float64, got ${x.dtype}. Use x.to("float32").`);
  const dims = checkDims(who, dim, x.ndim);
  const count = dims.reduce((n, d) => n * x.shape[d]!, 1);
  const divisor = Math.max(0, count - (options.correction ?? 1));
  return squaredSpread([x], { dims, keepdim: options.keepdim ?? false, divisor });
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
