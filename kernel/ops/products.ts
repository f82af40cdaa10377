/** Products and sums over dims that are made of a few other ops. */
import { checkTensor, named } from "../autograd/functions.ts";
import { OptionError, ShapeError } from "../tensor/errors.ts";
import { broadcastShapes, checkDim, show, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul, sub } from "./arithmetic.ts";
import { diagonal } from "./diagonal.ts";
import { expand } from "./expand.ts";
import { matmul } from "./matmul.ts";
import { reshape } from "./reshape.ts";
import { roll } from "./roll.ts";
import { sum } from "./sum.ts";
import { permute } from "./transpose.ts";

/** Sum of the diagonal of a matrix. */
export const trace = named("trace", (x: Tensor): Tensor => {
  if (checkTensor("trace", "x", x).ndim !== 2) throw new ShapeError(`trace: needs a matrix, got ${show(x.shape)}.`);
  return sum(diagonal(x));
});

/** Kronecker product: each element of a times the whole of b; sizes multiply. */
export const kron = named("kron", (a: Tensor, b: Tensor): Tensor => {
  checkTensor("kron", "a", a);
  checkTensor("kron", "b", b);
  const dims = Math.max(a.ndim, b.ndim);
  const padded = (x: Tensor): number[] => [...Array<number>(dims - x.ndim).fill(1), ...x.shape];
  const [left, right] = [padded(a), padded(b)];
  return reshape(
    mul(
      reshape(
        a,
        left.flatMap((n) => [n, 1]),
      ),
      reshape(
        b,
        right.flatMap((n) => [1, n]),
      ),
    ),
    left.map((n, i) => n * right[i]!),
  );
});

/**
 * Sum of products over several dims: the last `dims` of a against the first of b (default 2), or the dims named in
 * two lists. What is left of a comes first, then what is left of b.
 */
export const tensordot = named(
  "tensordot",
  (a: Tensor, b: Tensor, dims: number | readonly [readonly number[], readonly number[]] = 2): Tensor => {
    checkTensor("tensordot", "a", a);
    checkTensor("tensordot", "b", b);
    const [ofA, ofB] = (
      typeof dims === "number"
        ? [Array.from({ length: dims }, (_, i) => a.ndim - dims + i), Array.from({ length: dims }, (_, i) => i)]
        : dims
    ) as [number[], number[]];
    if (ofA.length !== ofB.length) {
      throw new OptionError(`tensordot: as many dims of a as of b are needed, got ${show(ofA)} and ${show(ofB)}.`);
    }
    const left = ofA.map((d) => checkDim("tensordot", d, a.ndim));
    const right = ofB.map((d) => checkDim("tensordot", d, b.ndim));
    left.forEach((d, i) => {
      if (a.shape[d] !== b.shape[right[i]!]) {
        throw new ShapeError(
          `tensordot: dim ${d} of a ${show(a.shape)} and dim ${right[i]} of b ${show(b.shape)} must be equal.`,
        );
      }
    });
    const freeA = [...a.shape.keys()].filter((d) => !left.includes(d));
    const freeB = [...b.shape.keys()].filter((d) => !right.includes(d));
    const sizes = (x: Tensor, list: readonly number[]): number[] => list.map((d) => x.shape[d]!);
    const common = sizeOf(sizes(a, left));
    const product = matmul(
      reshape(permute(a, [...freeA, ...left]), [sizeOf(sizes(a, freeA)), common]),
      reshape(permute(b, [...right, ...freeB]), [common, sizeOf(sizes(b, freeB))]),
    );
    return reshape(product, [...sizes(a, freeA), ...sizes(b, freeB)]);
  },
);

/** Cross product of vectors of three components along a dim (default the last); the other dims broadcast. */
export const cross = named("cross", (a: Tensor, b: Tensor, dim = -1): Tensor => {
  checkTensor("cross", "a", a);
  checkTensor("cross", "b", b);
  const shape = broadcastShapes("cross", a.shape, b.shape);
  const d = checkDim("cross", dim, shape.length);
  if (a.ndim !== b.ndim || a.shape[d] !== 3 || b.shape[d] !== 3) {
    throw new ShapeError(`cross: dim ${d} must have 3 components in both, got ${show(a.shape)} and ${show(b.shape)}.`);
  }
  const [x, y] = [expand(a, shape), expand(b, shape)];
  return sub(mul(roll(x, -1, d), roll(y, -2, d)), mul(roll(x, -2, d), roll(y, -1, d)));
});
