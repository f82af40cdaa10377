import { sizesAndOptions, type Sizes, type TensorOptions } from "./create.ts";
import { checkDType, isFloating, type DType } from "./dtype.ts";
import { describe, DTypeError, OptionError } from "./errors.ts";
import { MT19937 } from "./mt19937.ts";
import { checkOptions, is } from "./options.ts";
import { sizeArguments, type Shape } from "./shape.ts";
import { empty, packed, Tensor, view } from "./tensor.ts";

/** The stream that everything random draws from. Until `manualSeed` it starts from the clock. */
const stream = new MT19937(Date.now() ^ (Math.random() * 2 ** 32));

/**
 * Starts the stream of random numbers anew. The same seed gives the same numbers, and the same as `torch.manual_seed`
 * on the CPU.
 */
export function manualSeed(seed: number): void {
  if (!Number.isSafeInteger(seed))
    throw new OptionError(`manualSeed: seed must be a whole number, got ${describe(seed)}.`);
  // PyTorch keeps the low 32 bits, also of a negative seed.
  stream.seed(Number(BigInt.asUintN(32, BigInt(seed))));
}

function floating(who: string, options: TensorOptions): DType {
  const dtype = checkDType(who, options.dtype ?? "float32");
  if (!isFloating(dtype))
    throw new DTypeError(
      `${who}: dtype must be "float32" or "float64", got "${dtype}". For whole numbers use randint.`,
    );
  return dtype;
}

/** Evenly distributed in [0, 1): 24 random bits in float32, 53 in float64. */
export function rand(...sizes: Sizes): Tensor {
  const [shape, options] = sizesAndOptions("rand", sizes);
  const x = empty(shape, floating("rand", options));
  fillUniform(x, 0, 1);
  if (options.requiresGrad) x.requiresGrad = true;
  return x;
}

/** Normally distributed, mean 0 and variance 1. */
export function randn(...sizes: Sizes): Tensor {
  const [shape, options] = sizesAndOptions("randn", sizes);
  const x = empty(shape, floating("randn", options));
  fillNormal(x, 0, 1);
  if (options.requiresGrad) x.requiresGrad = true;
  return x;
}

/** Whole numbers from `low` (default 0) up to, without, `high`; int32 unless a dtype is given. */
export function randint(high: number, shape: Shape, options?: TensorOptions): Tensor;
export function randint(low: number, high: number, shape: Shape, options?: TensorOptions): Tensor;
export function randint(...args: readonly (number | Shape | TensorOptions | undefined)[]): Tensor {
  const [low, high, shape, options = {}] = (Array.isArray(args[1]) ? [0, ...args] : args) as [
    number,
    number,
    Shape,
    TensorOptions?,
  ];
  checkOptions("randint", options, { dtype: is.any, requiresGrad: is.flag });
  if (!Number.isInteger(low) || !Number.isInteger(high) || low >= high || high - low > 2 ** 32) {
    throw new OptionError(`randint: needs whole numbers low < high, got ${describe(low)} and ${describe(high)}.`);
  }
  const x = empty(sizeArguments("randint", [shape]), checkDType("randint", options.dtype ?? "int32"));
  const data = x.storage.array();
  for (let i = 0; i < data.length; i++) data[i] = low + (stream.next32() % (high - low));
  return x;
}

/** The numbers 0 … n-1 in random order, int32. */
export function randperm(n: number, options: TensorOptions = {}): Tensor {
  checkOptions("randperm", options, { dtype: is.any });
  const x = empty(sizeArguments("randperm", [n]), checkDType("randperm", options.dtype ?? "int32"));
  const data = x.storage.array();
  for (let i = 0; i < n; i++) data[i] = i;
  for (let i = 0; i < n - 1; i++) {
    const j = i + (stream.next32() % (n - i));
    const held = data[i]!;
    data[i] = data[j]!;
    data[j] = held;
  }
  return x;
}

/** Like `rand`, with the shape and dtype of `x`. */
export function randLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return drawnLike("randLike", x, options, (fresh) => fillUniform(fresh, 0, 1));
}
/** Like `randn`, with the shape and dtype of `x`. */
export function randnLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return drawnLike("randnLike", x, options, (fresh) => fillNormal(fresh, 0, 1, !x.isContiguous()));
}

/** Drawn in the order in which the elements of `x` lie in memory, which a transposed tensor shows, as in PyTorch. */
function drawnLike(who: string, x: Tensor, options: TensorOptions, fill: (fresh: Tensor) => void): Tensor {
  if (!(x instanceof Tensor)) throw new OptionError(`${who}: needs a tensor, got ${describe(x)}.`);
  const [, own] = sizesAndOptions(who, [x.shape, options]);
  const order = memoryOrder(x.shape, x.strides);
  const fresh = empty(
    order.map((d) => x.shape[d]!),
    floating(who, { ...own, dtype: own.dtype ?? x.dtype }),
  );
  fill(fresh);
  const y = packed(
    view(
      fresh,
      x.shape,
      x.shape.map((_, d) => fresh.strides[order.indexOf(d)]!),
    ),
  );
  if (own.requiresGrad) y.requiresGrad = true;
  return y;
}

/** Dims from the one with the largest steps to the one with the smallest. Source: ATen, infer_dense_strides. */
function memoryOrder(shape: Shape, strides: Shape): number[] {
  const order = shape.map((_, d) => d).reverse();
  for (let i = 1; i < order.length; i++) {
    for (let here = i, before = i - 1; before >= 0; before--) {
      const [a, b] = [order[before]!, order[here]!];
      // A dim that is stretched has no place of its own.
      const steps = strides[a] === 0 || strides[b] === 0 ? 0 : strides[a]! - strides[b]!;
      if (steps < 0) break;
      if (steps === 0 && !(strides[a] !== 0 && strides[a] === strides[b] && shape[a]! > shape[b]!)) continue;
      [order[before], order[here]] = [b, a];
      here = before;
    }
  }
  return order.reverse();
}

/** Fills a new or contiguous tensor from [from, to). */
export function fillUniform(x: Tensor, from: number, to: number): void {
  const { data, end } = target(x);
  if (x.dtype === "float64") {
    for (let i = x.offset; i < end; i++) data[i] = stream.uniform53() * (to - from) + from;
    return;
  }
  const low = Math.fround(from);
  const range = Math.fround(Math.fround(to) - low);
  // Multiplied and added with one rounding, as PyTorch's build for processors with FMA does; the product is exact here.
  for (let i = x.offset; i < end; i++) data[i] = stream.uniform24() * range + low;
}

/**
 * Fills a new or contiguous tensor with normal numbers.
 *
 * PyTorch draws sixteen and more by Box–Muller on blocks of sixteen uniform numbers, the last block drawn again when the
 * size is no multiple of sixteen, and fewer one by one; so the numbers depend on the size. `oneByOne` does that always.
 */
export function fillNormal(x: Tensor, mean: number, std: number, oneByOne = false): void {
  const { data, end } = target(x);
  const start = x.offset;
  const size = end - start;
  if (size < 16 || oneByOne) {
    for (let i = start; i < end; i++) data[i] = stream.normal() * std + mean;
    return;
  }
  const uniform = x.dtype === "float64" ? () => stream.uniform53() : () => stream.uniform24();
  const transform = (at: number): void => {
    for (let j = at; j < at + 8; j++) {
      const radius = Math.sqrt(-2 * Math.log(1 - data[j]!));
      const theta = 2 * Math.PI * data[j + 8]!;
      data[j] = radius * Math.cos(theta) * std + mean;
      data[j + 8] = radius * Math.sin(theta) * std + mean;
    }
  };
  for (let i = start; i < end; i++) data[i] = uniform();
  for (let i = start; i + 16 <= end; i += 16) transform(i);
  if (size % 16 !== 0) {
    for (let i = end - 16; i < end; i++) data[i] = uniform();
    transform(end - 16);
  }
}

/** 1 with probability `p`, else 0. */
export function fillBernoulli(x: Tensor, p: number): void {
  const { data, end } = target(x);
  for (let i = x.offset; i < end; i++) data[i] = stream.uniform53() < p ? 1 : 0;
}

/** A whole number from 0 to n-1 from the same stream: for shuffles. */
export function randomIndex(n: number): number {
  return stream.next32() % n;
}

/** One number in [0, 1) of 53 or 24 random bits from the same stream: for ops that draw. */
export const uniform53 = (): number => stream.uniform53();
export const uniform24 = (): number => stream.uniform24();

function target(x: Tensor) {
  if (!x.isContiguous()) throw new Error("random: fill a contiguous tensor, then copy it.");
  x.storage.version++;
  return { data: x.storage.array(), end: x.offset + x.numel() };
}
