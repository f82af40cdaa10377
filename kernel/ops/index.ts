/** Every op, as a function. What is also a method is listed in methods.ts. */
import "./methods.ts";

export { elu, gelu, hardsigmoid, hardswish, mish, selu, silu, softplus, softsign } from "./activations.ts";
export { addcdiv, addcmul, addmm, addmv, addr, baddbmm, lerp, type AddProductOptions } from "./addmm.ts";
export { add, div, mul, neg, reciprocal, sub } from "./arithmetic.ts";
export { diff, dstack, fliplr, flipud, hstack, meshgrid, repeatInterleave, rot90, tile, vstack } from "./arrange.ts";
export { scaledDotProductAttention, type AttentionOptions } from "./attention.ts";
export { clampMax, clampMin, nanToNum } from "./bounds.ts";
export { cat, chunk, split, stack, unbind } from "./cat.ts";
export { cdist } from "./cdist.ts";
export { cholesky } from "./cholesky.ts";
export { clamp, hardtanh, type ClampOptions } from "./clamp.ts";
export { eq, ge, gt, isfinite, isinf, isnan, le, lt, ne } from "./compare.ts";
export { conv1d, conv2d, convTranspose2d, type ConvOptions, type ConvTransposeOptions } from "./conv.ts";
export { cumsum } from "./cumsum.ts";
export { cummax, cummin, cumprod } from "./cumulative.ts";
export { det, logdet, slogdet } from "./determinant.ts";
export { diag, diagonal } from "./diagonal.ts";
export { floorDivide, fmod, remainder } from "./division.ts";
export { einsum } from "./einsum.ts";
export { erf } from "./erf.ts";
export { broadcastTo, expand, repeat } from "./expand.ts";
export { exp, expm1, log, log10, log1p, log2 } from "./exponential.ts";
export { maximum, minimum } from "./extremum.ts";
export { flip } from "./flip.ts";
export { gather, scatterAdd } from "./gather.ts";
export { bincount, histc, searchsorted } from "./histogram.ts";
export { embedding, indexAdd, indexSelect } from "./indexSelect.ts";
export { index, indexPut, type Index } from "./indexing.ts";
export { interpolate, type InterpolateOptions } from "./interpolate.ts";
export { allclose, equal, isclose, type IscloseOptions } from "./isclose.ts";
export * as linalg from "./linalg.ts";
export { linear } from "./linear.ts";
export { logicalAnd, logicalNot, logicalOr, logicalXor } from "./logical.ts";
export { bmm, dot, matmul, mm, mv, outer } from "./matmul.ts";
export { matrixPower } from "./matrixPower.ts";
export { all, amax, amin, any, argmax, argmin, max, min, type ValuesAndIndices } from "./max.ts";
export { median, quantile, type Median, type QuantileOptions } from "./median.ts";
export { argwhere, countNonzero, maskedSelect, nonzero } from "./nonzero.ts";
export { norm } from "./norm.ts";
export { batchNorm, groupNorm, layerNorm, type BatchNormOptions } from "./normalize.ts";
export { oneHot } from "./oneHot.ts";
export {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool2d,
  maxPool2d,
  type AvgPoolOptions,
  type MaxPoolOptions,
  type PoolOptions,
} from "./pool.ts";
export { pow, square } from "./pow.ts";
export { prod } from "./prod.ts";
export { cross, kron, tensordot, trace } from "./products.ts";
export { leakyRelu, prelu, relu, relu6 } from "./relu.ts";
export { flatten, reshape, squeeze, unflatten, unsqueeze } from "./reshape.ts";
export { roll } from "./roll.ts";
export { rsqrt, sqrt } from "./roots.ts";
export { ceil, floor, round, trunc } from "./rounding.ts";
export { bernoulli, multinomial } from "./sampling.ts";
export { scatter } from "./scatter.ts";
export { logSigmoid, sigmoid } from "./sigmoid.ts";
export { abs, sign } from "./sign.ts";
export { pad, type PadMode, type PadOptions } from "./pad.ts";
export { narrow, select, slice, type Slice } from "./slice.ts";
export { logSoftmax, logsumexp, softmax } from "./softmax.ts";
export { inverse, solve } from "./solve.ts";
export { argsort, kthvalue, sort, topk, type SortOptions, type TopkOptions } from "./sort.ts";
export { mean, sum, type Dims, type ReduceOptions } from "./sum.ts";
export { take, takeAlongDim } from "./take.ts";
export { clone, detach } from "./to.ts";
export { movedim, permute, t, transpose } from "./transpose.ts";
export { tril, triu } from "./triangle.ts";
export { solveTriangular, type TriangularOptions } from "./triangular.ts";
export { acos, asin, atan, atan2, cos, cosh, sin, sinh, tan, tanh } from "./trigonometric.ts";
export { fold, unfold, type PatchOptions } from "./unfold.ts";
export { unique, uniqueConsecutive, type UniqueOptions, type UniqueResult } from "./unique.ts";
export { std, variance as var, type VarianceOptions } from "./variance.ts";
export { maskedFill, where } from "./where.ts";
