import { checkTensor, named } from "../autograd/functions.ts";
import { describe, OptionError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { checkDims } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { amax, amin } from "./max.ts";
import { norm } from "./norm.ts";
import { squeeze } from "./reshape.ts";
import { abs } from "./sign.ts";
import { sum, type Dims, type ReduceOptions } from "./sum.ts";

/** (Σ |x|ᵖ)^(1/p) over the dims, all by default; as `norm`, under torch.linalg's name. */
export const vectorNorm = named("vectorNorm", (x: Tensor, p = 2, dim?: Dims, options: ReduceOptions = {}): Tensor =>
  norm(x, p, dim, options),
);

/**
 * As torch.linalg.norm: without `order` the root of the sum of squares; with a number that vector norm over one dim, and
 * over two dims (or of a matrix) 1, −1, ±Infinity: the largest or smallest sum of sizes of a column or a row, "fro".
 */
export const linalgNorm = named(
  "linalgNorm",
  (x: Tensor, order?: number | "fro" | null, dim?: Dims, options: ReduceOptions = {}): Tensor => {
    checkTensor("linalg.norm", "x", x);
    checkOptions("linalg.norm", options, { keepdim: is.flag });
    const dims = dim === undefined || dim === null ? undefined : typeof dim === "number" ? [dim] : dim;
    if (order === undefined || order === null) return norm(x, 2, dims, options);
    const over = dims ?? x.shape.map((_, d) => d);
    if (over.length <= 1 && typeof order === "number")
      return norm(x, order, over.length === 0 ? undefined : over, options);
    if (over.length !== 2) {
      throw new OptionError(
        `linalg.norm: order ${describe(order)} needs one dim (a vector) or two (a matrix), got ${over.length}. For all elements as one vector use linalg.vectorNorm.`,
      );
    }
    if (order === "fro") return norm(x, 2, over, options);
    const [rows, columns] = over.map((d) => checkDims("linalg.norm", d, x.ndim)[0]!) as [number, number];
    if (![1, -1, Infinity, -Infinity].includes(order)) {
      throw new OptionError(
        `linalg.norm: the order of a matrix norm must be 1, −1, Infinity, −Infinity or "fro", got ${describe(order)}.`,
      );
    }
    const [added, compared] = Math.abs(order) === 1 ? [rows, columns] : [columns, rows];
    const sums = sum(abs(x), added, { keepdim: true });
    const found = (order > 0 ? amax : amin)(sums, compared, { keepdim: true });
    return (options.keepdim ?? false) ? found : squeeze(found, [rows, columns]);
  },
);
