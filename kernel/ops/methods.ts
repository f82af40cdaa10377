/**
 * Ops as methods: `x.matmul(w)` for `matmul(x, w)`. Attached here, by declaration merging, so that Tensor need not know
 * the ops that are built on it.
 */
import { backward, type BackwardOptions } from "../autograd/backward.ts";
import type { Operand } from "../autograd/functions.ts";
import { changeInPlace } from "../autograd/inplace.ts";
import { checkTensor, fillValue } from "../autograd/functions.ts";
import { filled } from "../tensor/create.ts";
import type { DType } from "../tensor/dtype.ts";
import { ShapeError } from "../tensor/errors.ts";
import { broadcastShapes, sameShape, show, type Shape, type SizeArguments } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import * as activations from "./activations.ts";
import * as arithmetic from "./arithmetic.ts";
import * as joining from "./cat.ts";
import "./algebraMethods.ts";
import "./selectionMethods.ts";
import { attach, attachInPlace, getter, method } from "./attach.ts";
import { clamp, type ClampOptions } from "./clamp.ts";
import * as compare from "./compare.ts";
import { cumsum } from "./cumsum.ts";
import { diag, diagonal } from "./diagonal.ts";
import { erf } from "./erf.ts";
import { broadcastTo, expand, repeat } from "./expand.ts";
import * as exponential from "./exponential.ts";
import { maximum, minimum } from "./extremum.ts";
import { flip } from "./flip.ts";
import { gather, scatterAdd } from "./gather.ts";
import { indexAdd, indexSelect } from "./indexSelect.ts";
import * as logical from "./logical.ts";
import { bmm, dot, matmul, mm, mv, outer } from "./matmul.ts";
import { all, amax, amin, any, argmax, argmin, max, min, type ValuesAndIndices } from "./max.ts";
import { norm } from "./norm.ts";
import { pow, square } from "./pow.ts";
import { prod } from "./prod.ts";
import * as relus from "./relu.ts";
import { flatten, reshape, squeeze, unflatten, unsqueeze, viewAs } from "./reshape.ts";
import { rsqrt, sqrt } from "./roots.ts";
import { ceil, floor, round, trunc } from "./rounding.ts";
import { logSigmoid, sigmoid } from "./sigmoid.ts";
import { abs, sign } from "./sign.ts";
import { narrow, select, slice, type Slice } from "./slice.ts";
import { logSoftmax, logsumexp, softmax } from "./softmax.ts";
import { mean, sum, type Dims, type ReduceOptions } from "./sum.ts";
import { clone, contiguous, detach, to } from "./to.ts";
import { movedim, permute, t, transpose } from "./transpose.ts";
import { tril, triu } from "./triangle.ts";
import * as trigonometric from "./trigonometric.ts";
import { std, variance, type VarianceOptions } from "./variance.ts";
import { maskedFill, where } from "./where.ts";

const methods = {
  ...arithmetic,
  ...compare,
  ...exponential,
  ...logical,
  ...relus,
  ...activations,
  ...trigonometric,
  ...{ bmm, dot, matmul, mm, mv, outer },
  ...{ maximum, minimum, pow, square, sqrt, rsqrt, abs, sign, erf, clamp, ceil, floor, round, trunc },
  ...{ sigmoid, logSigmoid, softmax, logSoftmax, logsumexp },
  ...{ sum, mean, prod, cumsum, var: variance, std, norm, max, min, amax, amin, argmax, argmin, any, all },
  ...{ reshape, view: viewAs, flatten, unflatten, squeeze, unsqueeze, permute, transpose, t, movedim },
  ...{ expand, broadcastTo, repeat, flip, slice, narrow, select, gather, scatterAdd, indexSelect, indexAdd },
  ...{ split: joining.split, chunk: joining.chunk, unbind: joining.unbind, tril, triu, diag, diagonal, maskedFill },
  ...{ to, clone, contiguous, detach },
};

declare module "../tensor/tensor.ts" {
  interface Tensor {
    /** x + other */
    add(other: Operand): Tensor;
    /** x − other */
    sub(other: Operand): Tensor;
    /** x · other, elementwise */
    mul(other: Operand): Tensor;
    /** x / other */
    div(other: Operand): Tensor;
    remainder(other: Operand): Tensor;
    neg(): Tensor;
    reciprocal(): Tensor;
    pow(exponent: Operand): Tensor;
    square(): Tensor;
    sqrt(): Tensor;
    rsqrt(): Tensor;
    exp(): Tensor;
    expm1(): Tensor;
    log(): Tensor;
    log1p(): Tensor;
    log2(): Tensor;
    log10(): Tensor;
    sin(): Tensor;
    cos(): Tensor;
    tan(): Tensor;
    asin(): Tensor;
    acos(): Tensor;
    atan(): Tensor;
    atan2(other: Operand): Tensor;
    sinh(): Tensor;
    cosh(): Tensor;
    tanh(): Tensor;
    abs(): Tensor;
    sign(): Tensor;
    erf(): Tensor;
    floor(): Tensor;
    ceil(): Tensor;
    round(): Tensor;
    trunc(): Tensor;
    maximum(other: Operand): Tensor;
    minimum(other: Operand): Tensor;
    clamp(bounds: ClampOptions): Tensor;

    relu(): Tensor;
    relu6(): Tensor;
    leakyRelu(options?: { negativeSlope?: number }): Tensor;
    prelu(weight: Tensor): Tensor;
    elu(options?: { alpha?: number }): Tensor;
    selu(): Tensor;
    silu(): Tensor;
    mish(): Tensor;
    gelu(options?: { approximate?: "none" | "tanh" }): Tensor;
    softplus(options?: { beta?: number; threshold?: number }): Tensor;
    softsign(): Tensor;
    hardswish(): Tensor;
    hardsigmoid(): Tensor;
    /** 1 / (1 + e⁻ˣ) */
    sigmoid(): Tensor;
    logSigmoid(): Tensor;
    softmax(dim: number): Tensor;
    logSoftmax(dim: number): Tensor;
    logsumexp(dim?: Dims, options?: ReduceOptions): Tensor;

    eq(other: Operand): Tensor;
    ne(other: Operand): Tensor;
    lt(other: Operand): Tensor;
    le(other: Operand): Tensor;
    gt(other: Operand): Tensor;
    ge(other: Operand): Tensor;
    isnan(): Tensor;
    isfinite(): Tensor;
    isinf(): Tensor;
    logicalAnd(other: Operand): Tensor;
    logicalOr(other: Operand): Tensor;
    logicalXor(other: Operand): Tensor;
    logicalNot(): Tensor;
    maskedFill(mask: Tensor, value: Operand): Tensor;
    /** This where the condition holds, else other. */
    where(condition: Tensor, other: Operand): Tensor;

    sum(dim?: Dims, options?: ReduceOptions): Tensor;
    mean(dim?: Dims, options?: ReduceOptions): Tensor;
    prod(dim?: number | null, options?: ReduceOptions): Tensor;
    var(dim?: Dims, options?: VarianceOptions): Tensor;
    std(dim?: Dims, options?: VarianceOptions): Tensor;
    norm(p?: number | "fro", dim?: Dims, options?: ReduceOptions): Tensor;
    cumsum(dim: number): Tensor;
    max(): Tensor;
    max(dim: number, options?: ReduceOptions): ValuesAndIndices;
    max(other: Tensor): Tensor;
    min(): Tensor;
    min(dim: number, options?: ReduceOptions): ValuesAndIndices;
    min(other: Tensor): Tensor;
    amax(dim?: Dims, options?: ReduceOptions): Tensor;
    amin(dim?: Dims, options?: ReduceOptions): Tensor;
    argmax(dim?: number | null, options?: ReduceOptions): Tensor;
    argmin(dim?: number | null, options?: ReduceOptions): Tensor;
    any(dim?: Dims, options?: ReduceOptions): Tensor;
    all(dim?: Dims, options?: ReduceOptions): Tensor;

    /** Matrix product; see `matmul`. */
    matmul(other: Tensor): Tensor;
    mm(other: Tensor): Tensor;
    bmm(other: Tensor): Tensor;
    mv(other: Tensor): Tensor;
    dot(other: Tensor): Tensor;
    outer(other: Tensor): Tensor;

    reshape(...sizes: SizeArguments): Tensor;
    view(...sizes: SizeArguments): Tensor;
    flatten(startDim?: number, endDim?: number): Tensor;
    unflatten(dim: number, sizes: Shape): Tensor;
    squeeze(dim?: number | readonly number[]): Tensor;
    unsqueeze(dim: number): Tensor;
    permute(...dims: SizeArguments): Tensor;
    transpose(dim0: number, dim1: number): Tensor;
    t(): Tensor;
    movedim(source: number, destination: number): Tensor;
    /** The matrix transposed: x.t(). */
    readonly T: Tensor;
    /** The last two dims exchanged: each matrix of a stack transposed. */
    readonly mT: Tensor;
    /** One dim: x.flatten(). */
    ravel(): Tensor;
    /** Stretched to the shape of `other`. */
    expandAs(other: Tensor): Tensor;
    expand(...sizes: SizeArguments): Tensor;
    broadcastTo(...sizes: SizeArguments): Tensor;
    repeat(...counts: SizeArguments): Tensor;
    flip(dims: number | readonly number[]): Tensor;
    /** `x.slice([[1, null], null, [0, 4, 2]])`: x[1:, :, 0:4:2] in Python. */
    slice(slices: readonly Slice[]): Tensor;
    narrow(dim: number, start: number, length: number): Tensor;
    select(dim: number, index: number): Tensor;
    split(size: number | readonly number[], dim?: number): Tensor[];
    chunk(chunks: number, dim?: number): Tensor[];
    unbind(dim?: number): Tensor[];
    gather(dim: number, index: Tensor): Tensor;
    scatterAdd(dim: number, index: Tensor, source: Tensor): Tensor;
    indexSelect(dim: number, index: Tensor): Tensor;
    indexAdd(dim: number, index: Tensor, source: Tensor): Tensor;
    tril(diagonal?: number): Tensor;
    triu(diagonal?: number): Tensor;
    diag(offset?: number): Tensor;
    diagonal(offset?: number, dim1?: number, dim2?: number): Tensor;

    to(dtype: DType): Tensor;
    /** to("float32") */
    float(): Tensor;
    /** to("float64") */
    double(): Tensor;
    /** to("int32") */
    int(): Tensor;
    /** to("bool") */
    bool(): Tensor;
    /** A copy with memory of its own; gradients flow through it. */
    clone(): Tensor;
    contiguous(): Tensor;
    /** The same memory without history. */
    detach(): Tensor;

    /** Adds the gradient of this tensor to `.grad` of every leaf that requires one. */
    backward(gradient?: Tensor, options?: BackwardOptions): void;
    /** Sets `requiresGrad`, by default to true. */
    requiresGrad_(value?: boolean): this;

    /** x ← x + other */
    add_(other: Operand): this;
    /** x ← x − other */
    sub_(other: Operand): this;
    /** x ← x · other */
    mul_(other: Operand): this;
    /** x ← x / other */
    div_(other: Operand): this;
    pow_(exponent: Operand): this;
    neg_(): this;
    exp_(): this;
    log_(): this;
    sqrt_(): this;
    abs_(): this;
    relu_(): this;
    sigmoid_(): this;
    tanh_(): this;
    clamp_(bounds: ClampOptions): this;
    maskedFill_(mask: Tensor, value: Operand): this;
    /** Every element becomes `value`. */
    fill_(value: number): this;
    /** Every element becomes 0. */
    zero_(): this;
    /** Takes the elements of `source`, which broadcasts and is converted. */
    copy_(source: Tensor): this;

    /** The slices along dim 0. */
    [Symbol.iterator](): IterableIterator<Tensor>;
  }
}

attach(methods);
const { add, sub, mul, div, neg } = arithmetic;
const { exp, log } = exponential;
attachInPlace({ add, sub, mul, div, neg, pow, exp, log, sqrt, abs, sigmoid, clamp, maskedFill });
attachInPlace({ relu: relus.relu, tanh: trigonometric.tanh });

method("fill_", function (value: Operand) {
  const x = fillValue("fill_", value, this.dtype);
  return changeInPlace("fill_", this, [value], () => expand(x, this.shape));
});
method("zero_", function () {
  return changeInPlace("zero_", this, [], () => filled(this.shape, 0, this.dtype));
});
method("copy_", function (source: Tensor) {
  checkTensor("copy_", "source", source);
  if (!sameShape(broadcastShapes("copy_", this.shape, source.shape), this.shape)) {
    throw new ShapeError(`copy_: ${show(source.shape)} does not fit into ${show(this.shape)}.`);
  }
  return changeInPlace("copy_", this, [source], () => expand(to(source, this.dtype), this.shape));
});
for (const [name, dtype] of Object.entries({ float: "float32", double: "float64", int: "int32", bool: "bool" })) {
  method(name, function () {
    return to(this, dtype as DType);
  });
}
method("ravel", function () {
  return flatten(this);
});
method("expandAs", function (other: Tensor) {
  return expand(this, checkTensor("expandAs", "other", other).shape);
});
getter("T", t);
getter("mT", (x) => transpose(x, -2, -1));
method("where", function (condition: Tensor, other: Operand) {
  return where(condition, this, other);
});
method("backward", function (gradient?: Tensor, options?: BackwardOptions) {
  backward(this, gradient, options);
});
method("requiresGrad_", function (value = true) {
  this.requiresGrad = value;
  return this;
});
method(Symbol.iterator, function () {
  if (this.ndim === 0) throw new ShapeError("a tensor without dims cannot be iterated over. Use item().");
  return joining.unbind(this)[Symbol.iterator]();
});
