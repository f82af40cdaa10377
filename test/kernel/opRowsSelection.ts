/** As opRows.ts: the ops that pick, place and order elements, and those of linear algebra. */
import { noGrad, tensor, type Tensor } from "../../kernel/gradbook.ts";
import * as ops from "../../kernel/ops/index.ts";
import { unfoldPatches } from "../../kernel/ops/unfold.ts";
import { index, inside, mask, x, type Row } from "./opRows.ts";

const matrixIndex = (rows: number[][]): Tensor => tensor(rows, { dtype: "int32" });
/** A matrix far from singular, made of any. */
const regular = (a: Tensor): Tensor => a.add(ops.linalg.matrixPower(a.detach(), 0).mul(4));
/** A positive definite matrix, made of any. */
const definite = (a: Tensor): Tensor => regular(a.matmul(a.transpose(-2, -1)));
const { linalg } = ops;

export const rows: { [file: string]: Row[] } = {
  addmm: [
    ["addmm", (c, a, b) => c.addmm(a!, b!, { beta: 0.5, alpha: 2 }), x(3), x(2, 4), x(4, 3)],
    ["addmv", (c, a, b) => c.addmv(a!, b!), x(2), x(2, 3), x(3)],
    ["addr", (c, a, b) => c.addr(a!, b!, { alpha: 3 }), x(2, 3), x(2), x(3)],
    ["baddbmm", (c, a, b) => c.baddbmm(a!, b!), x(2, 2, 2), x(2, 2, 3), x(2, 3, 2)],
    ["addcmul", (c, a, b) => c.addcmul(a!, b!, { value: 0.5 }), x(2, 3), x(3), x(2, 1)],
    ["addcdiv", (c, a, b) => c.addcdiv(a!, b!, { value: 0.5 }), x(2, 3), x(3), inside(2, 3)],
    ["lerp", (a, b, w) => a.lerp(b!, w!), x(2, 3), inside(2, 3), noGrad(() => x(3).add(0.02)).requiresGrad_()],
  ],
  arrange: [
    ["tile", (a) => a.tile(2), x(2, 3)],
    ["repeatInterleave", (a) => a.repeatInterleave(index([2, 0, 3]), 1), x(2, 3)],
    ["hstack", (a, b) => ops.hstack([a, b!]), x(2, 2), x(2, 3)],
    ["vstack", (a, b) => ops.vstack([a, b!]), x(3), x(2, 3)],
    ["dstack", (a, b) => ops.dstack([a, b!]), x(3), x(3)],
    ["meshgrid", (a, b) => ops.stack(ops.meshgrid([a, b!])), x(2), x(3)],
    ["diff", (a) => a.diff(2, 1), x(2, 5)],
    ["rot90", (a) => a.rot90(3), x(2, 3)],
    ["fliplr", (a) => a.fliplr(), x(2, 3)],
    ["flipud", (a) => a.flipud(), x(2, 3)],
  ],
  bounds: [
    ["clampMin", (a) => a.clampMin(-0.5), x(6)],
    ["clampMax", (a, b) => a.clampMax(b!), x(6), inside(6)],
    ["nanToNum", (a) => a.div(tensor([1, 0, 2], { dtype: "float64" }).add(1)).nanToNum(), x(2, 3)],
  ],
  cdist: [
    ["cdist", (a, b) => ops.cdist(a, b!), x(2, 3, 2), inside(4, 2)],
    ["cdist 1", (a, b) => ops.cdist(a, b!, { p: 1 }), x(3, 2), inside(4, 2)],
    ["cdist ∞", (a, b) => ops.cdist(a, b!, { p: Infinity }), x(3, 2), inside(2, 2)],
    ["cdist 3", (a, b) => ops.cdist(a, b!, { p: 3 }), x(3, 2), inside(2, 2)],
  ],
  cholesky: [
    ["cholesky", (a) => definite(a).cholesky(), x(2, 3, 3)],
    ["cholesky upper", (a) => definite(a).cholesky({ upper: true }), x(3, 3)],
  ],
  cumulative: [
    ["cumprod", (a) => a.cumprod(1), x(2, 3, 2)],
    ["cumprod with zeros", (a) => a.mul(tensor([1, 0, 1, 0], { dtype: "float64" })).cumprod(-1), x(2, 4)],
    ["cummax", (a) => a.cummax(1).values, x(2, 5)],
    ["cummin", (a) => a.cummin(0).values, x(5)],
  ],
  determinant: [
    ["det", (a) => regular(a).det(), x(2, 3, 3)],
    ["slogdet", (a) => regular(a).slogdet().logabsdet, x(3, 3)],
    ["logdet", (a) => definite(a).logdet(), x(2, 2, 2)],
  ],
  division: [
    ["remainder", (a, b) => a.remainder(b!), x(5), noGrad(() => x(5).mul(0.4)).requiresGrad_()],
    ["fmod", (a, b) => a.fmod(b!), x(5), noGrad(() => x(5).mul(0.4)).requiresGrad_()],
  ],
  histogram: [],
  indexing: [
    ["index", (a) => a.index([index([0, -1, 1]), null, index([2, 0, 2])]), x(2, 3, 4)],
    ["index by a mask and a slice", (a) => a.index([[1, null], mask]), x(3, 3, 2)],
    ["indexPut", (a, b) => a.indexPut([index([0, 1]), [0, 2]], b!), x(3, 3), x(2, 1)],
    ["indexPut, added", (a, b) => a.indexPut([index([0, 0]), index([1, 1])], b!, { accumulate: true }), x(2, 3), x(2)],
  ],
  interpolate: [
    ["interpolate", (a) => ops.interpolate(a, { size: [3, 5] }), x(1, 2, 2, 3)],
    ["interpolate bilinear", (a) => ops.interpolate(a, { scaleFactor: 1.7, mode: "bilinear" }), x(1, 1, 3, 4)],
    [
      "interpolate bilinear, corners aligned",
      (a) => ops.interpolate(a, { size: [2, 5], mode: "bilinear", alignCorners: true }),
      x(1, 1, 3, 3),
    ],
    ["interpolate bicubic", (a) => ops.interpolate(a, { size: [5, 2], mode: "bicubic" }), x(1, 1, 3, 4)],
    ["interpolate linear", (a) => ops.interpolate(a, { size: 7, mode: "linear" }), x(1, 2, 3)],
    ["interpolate area", (a) => ops.interpolate(a, { size: 2, mode: "area" }), x(1, 1, 5, 3)],
  ],
  isclose: [],
  matrixNorm: [
    ["linalgNorm", (a) => linalg.norm(a), x(2, 3)],
    ["linalgNorm 1", (a) => linalg.norm(a, 1), x(2, 3)],
    ["linalgNorm ∞", (a) => linalg.norm(a, Infinity, [0, 2], { keepdim: true }), x(2, 2, 3)],
    ["vectorNorm", (a) => linalg.vectorNorm(a, 3, 1), x(2, 3)],
  ],
  matrixPower: [
    ["matrixPower", (a) => a.matrixPower(5), x(2, 2)],
    ["matrixPower 0", (a) => a.matrixPower(0).mul(a), x(2, 3, 3)],
    ["matrixPower −2", (a) => regular(a).matrixPower(-2), x(2, 2)],
  ],
  median: [
    ["median", (a) => a.median(), x(2, 3)],
    ["median along", (a) => a.median(1).values, x(2, 5)],
    ["quantile", (a) => a.quantile([0.1, 0.5, 0.8], 1), x(2, 5)],
  ],
  nonzero: [["maskedSelect", (a) => a.maskedSelect(mask), x(2, 3)]],
  products: [
    ["trace", (a) => a.trace(), x(3, 4)],
    ["kron", (a, b) => a.kron(b!), x(2, 2), x(3)],
    [
      "tensordot",
      (a, b) =>
        ops.tensordot(a, b!, [
          [0, 2],
          [1, 0],
        ]),
      x(2, 2, 3),
      x(3, 2, 2),
    ],
    ["cross", (a, b) => a.cross(b!, 1), x(2, 3), x(2, 3)],
  ],
  roll: [
    ["roll", (a) => a.roll([1, -2], [0, 1]), x(2, 5)],
    ["roll flattened", (a) => a.roll(4), x(2, 3)],
  ],
  sampling: [],
  scatter: [
    ["scatter", (a, b) => a.scatter(1, matrixIndex([[2], [0]]), b!), x(2, 3), x(2, 2)],
    ["scatter a number", (a) => a.scatter(0, matrixIndex([[1, 0]]), 3), x(2, 2)],
  ],
  solve: [
    ["solve", (a, b) => ops.solve(regular(a), b!), x(2, 3, 3), x(3, 2)],
    ["solve for a vector", (a, b) => ops.solve(regular(a), b!), x(3, 3), x(3)],
    ["inverse", (a) => regular(a).inverse(), x(2, 3, 3)],
  ],
  sort: [
    ["sort", (a) => a.sort(1).values, x(2, 5)],
    ["sort descending", (a) => a.sort(0, { descending: true }).values, x(5, 2)],
    ["topk", (a) => a.topk(2, 0).values, x(5, 2)],
    ["kthvalue", (a) => a.kthvalue(2).values, x(2, 4)],
  ],
  take: [
    [
      "take",
      (a) =>
        a.take(
          matrixIndex([
            [0, -1],
            [3, 3],
          ]),
        ),
      x(2, 3),
    ],
    ["takeAlongDim", (a) => a.takeAlongDim(a.detach().argsort(1), 1), x(2, 4)],
  ],
  triangular: [
    ["solveTriangular", (a, b) => ops.solveTriangular(regular(a), b!, { upper: false }), x(2, 3, 3), x(3, 2)],
    [
      "solveTriangular from the right",
      (a, b) => ops.solveTriangular(regular(a), b!, { upper: true, left: false, unitriangular: true }),
      x(3, 3),
      x(2, 3),
    ],
  ],
  unfold: [
    ["unfold", (a) => a.unfold(1, 3, 2), x(2, 7, 2)],
    [
      "unfold patches",
      (a) => unfoldPatches(a, [2, 3], { padding: 1, stride: [1, 2], dilation: [2, 1] }),
      x(1, 2, 4, 5),
    ],
    ["fold", (a) => ops.fold(a, [4, 5], [2, 3], { padding: [1, 0], stride: [1, 2], dilation: [2, 1] }), x(1, 12, 8)],
  ],
  unique: [],
};
