import { fill } from "./copy.ts";
import { arrayOf, checkDType, isFloating, type DType, type TypedArray } from "./dtype.ts";
import { describe, DTypeError, OptionError, ShapeError } from "./errors.ts";
import { checkKind, checkOptions, is, type Kinds } from "./options.ts";
import { show, sizeArguments, sizeOf, type Shape } from "./shape.ts";
import { adopt } from "./storage.ts";
import { empty, Tensor, type Nested } from "./tensor.ts";

export interface TensorOptions {
  /** Element type; default float32. */
  dtype?: DType | undefined;
  /** Whether gradients are wanted for it; default false. */
  requiresGrad?: boolean | undefined;
}
/** `f([2, 3], options)` or `f(2, 3)`, also `f(2, 3, options)`. */
export type Sizes = readonly [shape: Shape, options?: TensorOptions] | readonly (number | TensorOptions)[];

const known: Kinds = { dtype: is.any, requiresGrad: is.flag };

/** Splits variadic sizes from the options at their end. */
export function sizesAndOptions(who: string, args: readonly unknown[], kinds: Kinds = known): [Shape, TensorOptions] {
  const last = args.at(-1);
  const has = typeof last === "object" && last !== null && !Array.isArray(last);
  const sizes = has || (args.length > 1 && last === undefined) ? args.slice(0, -1) : args;
  if (has) checkOptions(who, last, kinds);
  return [sizeArguments(who, sizes as readonly number[]), has ? (last as TensorOptions) : {}];
}

function finish(x: Tensor, options: TensorOptions): Tensor {
  if (options.requiresGrad) x.requiresGrad = true;
  return x;
}

/** Every element the same. */
export function filled(shape: Shape, value: number, dtype: DType): Tensor {
  const x = empty(shape, dtype);
  if (dtype === "bool") value = value === 0 ? 0 : 1;
  if (x.storage.length === 1) x.storage.setAt(0, value);
  else if (dtype === "float32" || dtype === "int32")
    fill(x.storage.address, x.storage.length, value, dtype === "int32");
  else x.storage.array().fill(value);
  return x;
}

/**
 * A tensor of the numbers given: a number, nested arrays, or a typed array (copied; its own kind decides the dtype).
 * Default dtype: float32 for numbers, bool for booleans.
 *
 * @example tensor([[1, 2], [3, 4]], { dtype: "float64", requiresGrad: true })
 */
export function tensor(data: Nested | TypedArray | Tensor, options: TensorOptions = {}): Tensor {
  checkOptions("tensor", options, known);
  const dtype = options.dtype === undefined ? undefined : checkDType("tensor", options.dtype);
  if (data instanceof Tensor) {
    return finish(fromFlat(data.toTypedArray(), data.shape, dtype ?? data.dtype), options);
  }
  if (ArrayBuffer.isView(data)) return finish(fromFlat(data, [data.length], dtype ?? kindOf(data)), options);
  const shape: number[] = [];
  for (let level: unknown = data; Array.isArray(level); level = level[0]) shape.push(level.length);
  const flat: number[] = [];
  let booleans = 0;
  const visit = (value: unknown, dim: number, path: string): void => {
    if (dim < shape.length) {
      if (!Array.isArray(value) || value.length !== shape[dim]) {
        const got = Array.isArray(value) ? `${value.length} entries` : describe(value);
        throw new ShapeError(
          `tensor: all rows must have one length: data${path} has ${got}, data${"[0]".repeat(dim)} has ${shape[dim]}.`,
        );
      }
      value.forEach((entry, i) => visit(entry, dim + 1, `${path}[${i}]`));
    } else if (typeof value === "number") flat.push(value);
    else if (typeof value === "boolean") {
      flat.push(value ? 1 : 0);
      booleans++;
    } else throw new DTypeError(`tensor: data${path} must be a number or a boolean, got ${describe(value)}.`);
  };
  visit(data, 0, "");
  return finish(
    fromFlat(flat, shape, dtype ?? (booleans > 0 && booleans === flat.length ? "bool" : "float32")),
    options,
  );
}

/** The dtype for a typed array, by its name: it may come from another realm, such as a notebook's cells. */
function kindOf(data: unknown): DType {
  const kind = (data as { [Symbol.toStringTag]: string })[Symbol.toStringTag];
  if (kind === "Float32Array") return "float32";
  if (kind === "Float64Array") return "float64";
  if (/^(Int32|Int16|Uint16|Int8|Uint8|Uint8Clamped)Array$/.test(kind)) return "int32";
  throw new DTypeError(
    `tensor: cannot take a ${kind}; give a Float32Array, Float64Array, Int32Array, a smaller integer array, or nested arrays of numbers.`,
  );
}

/** A tensor over a copy of row-major numbers; int32 and bool are checked, not wrapped. */
export function fromFlat(data: ArrayLike<number>, shape: Shape, dtype: DType): Tensor {
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(
      `tensor: ${data.length} numbers do not fill the shape ${show(shape)} (${sizeOf(shape)} elements).`,
    );
  }
  const elements = new arrayOf[dtype](data.length);
  if (isFloating(dtype)) elements.set(data);
  else if (dtype === "bool") for (let i = 0; i < data.length; i++) elements[i] = data[i] === 0 ? 0 : 1;
  else {
    for (let i = 0; i < data.length; i++) {
      const value = data[i]!;
      elements[i] = value;
      if (elements[i] !== Math.trunc(value)) {
        throw new DTypeError(`tensor: ${value} at position ${i} does not fit into int32; use dtype "float64".`);
      }
    }
  }
  return new Tensor(adopt(dtype, elements), shape);
}

/** All 0. */
export function zeros(...sizes: Sizes): Tensor {
  return constant("zeros", 0, sizes);
}
/** All 1. */
export function ones(...sizes: Sizes): Tensor {
  return constant("ones", 1, sizes);
}
function constant(who: string, value: number, sizes: Sizes): Tensor {
  const [shape, options] = sizesAndOptions(who, sizes);
  return finish(filled(shape, value, checkDType(who, options.dtype ?? "float32")), options);
}
/** All `value`. */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  checkOptions("full", options, known);
  checkKind("full", "value", value, is.value);
  return finish(filled(sizeArguments("full", [shape]), value, checkDType("full", options.dtype ?? "float32")), options);
}

/** 0s with the shape and dtype of `x`. */
export function zerosLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return fullLike(x, 0, options);
}
/** 1s with the shape and dtype of `x`. */
export function onesLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return fullLike(x, 1, options);
}
/** `value` with the shape and dtype of `x`. */
export function fullLike(x: Tensor, value: number, options: TensorOptions = {}): Tensor {
  checkOptions("fullLike", options, known);
  checkKind("fullLike", "value", value, is.value);
  return finish(filled(x.shape, value, checkDType("fullLike", options.dtype ?? x.dtype)), options);
}

/** `start`, `start + step`, … up to but without `end`. `arange(5)` is 0 … 4. Whole numbers give int32. */
export function arange(end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, step: number, options?: TensorOptions): Tensor;
export function arange(...args: readonly (number | TensorOptions | undefined)[]): Tensor {
  args.forEach(
    (a, i) => a === undefined || typeof a === "object" || checkKind("arange", `argument ${i + 1}`, a, is.number),
  );
  const numbers = args.filter((a): a is number => typeof a === "number");
  const options = (args.find((a) => typeof a === "object") ?? {}) as TensorOptions;
  checkOptions("arange", options, known);
  const [start, end, step] = numbers.length === 1 ? [0, numbers[0]!, 1] : [numbers[0]!, numbers[1]!, numbers[2] ?? 1];
  if (
    !Number.isFinite(start) ||
    !Number.isFinite(end) ||
    !Number.isFinite(step) ||
    step === 0 ||
    (end - start) / step < 0
  ) {
    throw new OptionError(
      `arange: from ${start} to ${end} by ${step} has no end; step must be ≠ 0 and lead from start to end.`,
    );
  }
  const dtype = checkDType("arange", options.dtype ?? (numbers.every(Number.isInteger) ? "int32" : "float32"));
  const x = empty([Math.ceil((end - start) / step)], dtype);
  const data = x.storage.array();
  for (let i = 0; i < data.length; i++) data[i] = start + i * step;
  return finish(x, options);
}

/** `steps` numbers from `start` to `end`, both included, evenly spaced. */
export function linspace(start: number, end: number, steps: number, options: TensorOptions = {}): Tensor {
  checkOptions("linspace", options, known);
  checkKind("linspace", "start", start, is.number);
  checkKind("linspace", "end", end, is.number);
  const x = empty(sizeArguments("linspace", [steps]), checkDType("linspace", options.dtype ?? "float32"));
  const data = x.storage.array();
  const step = (end - start) / Math.max(1, steps - 1);
  // From both ends, as PyTorch does, so that the last number is exactly `end`.
  for (let i = 0; i < steps; i++) data[i] = i < steps / 2 ? start + i * step : end - (steps - 1 - i) * step;
  return finish(x, options);
}

/** The identity matrix [n, n], or [n, m] with 1s on the diagonal. */
export function eye(n: number, m: number = n, options: TensorOptions = {}): Tensor {
  checkOptions("eye", options, known);
  const x = filled(sizeArguments("eye", [n, m]), 0, checkDType("eye", options.dtype ?? "float32"));
  const data = x.storage.array();
  for (let i = 0; i < Math.min(n, m); i++) data[i * m + i] = 1;
  return finish(x, options);
}
