import { copyStrided } from "./copy.ts";
import { arrayOf, isFloating, type DType, type TypedArray } from "./dtype.ts";
import { displayBundle } from "./display.ts";
import { AutogradError, describe, DTypeError, OptionError, ShapeError } from "./errors.ts";
import { format } from "./print.ts";
import { checkDim, contiguousStrides, isContiguous, sameShape, show, sizeOf, type Shape } from "./shape.ts";
import { allocate, bytesOf, type Storage } from "./storage.ts";

/** Where a tensor comes from, as autograd recorded it. */
export interface History {
  /** Name of the op, or "leaf" for a tensor that gradients are accumulated into. */
  readonly opName: string;
  readonly isLeaf: boolean;
}

/** Numbers, or arrays of them, nested as deep as the tensor has dims. */
export type Nested = number | boolean | readonly Nested[];

/**
 * A rectangular array of numbers of one dtype, and, where a gradient is wanted, the record of how it was computed.
 *
 * Made by `tensor(…)`, `zeros(…)`, `rand(…)` and by operations, not with `new`. Methods that compute are declared in
 * kernel/ops/methods.ts.
 */
export class Tensor {
  // The bundler calls a class that speaks of itself _Tensor.
  static {
    Object.defineProperty(this, "name", { value: "Tensor" });
  }

  /** Sizes, outermost first; `[]` for a single number. */
  readonly shape: Shape;
  /** @internal */ readonly storage: Storage;
  /** @internal Steps in elements, per dim. */
  readonly strides: readonly number[];
  /** @internal First element in the storage. */
  readonly offset: number;
  /** @internal Whether the elements lie row by row without gaps. */
  readonly isPacked: boolean;
  /** @internal What `grad` gives, for code that does not keep it. */
  gradient: Tensor | undefined = undefined;
  /** @internal Whether nobody else can hold `gradient`, so that its memory can be used again at once. */
  gradientIsOurs = false;
  /** @internal */ history: History | undefined = undefined;
  /** @internal `storage.rewrites` when `history` was written. */
  historyRewrites = 0;
  /** @internal Whether this looks at memory that another tensor owns. */
  readonly isView: boolean;
  /** @internal The tensor whose memory this view looks at, if autograd knows it: a change here is one there. */
  base: Tensor | undefined = undefined;
  private wantsGrad = false;

  /** @internal */
  constructor(storage: Storage, shape: Shape, strides?: readonly number[], offset = 0, isView = false) {
    this.storage = storage;
    this.shape = shape;
    this.strides = strides ?? contiguousStrides(shape);
    this.offset = offset;
    this.isPacked = strides === undefined || isContiguous(shape, strides);
    this.isView = isView;
  }

  /** Gradient that `backward()` accumulated here. What is assigned must have this shape and dtype; undefined drops it. */
  get grad(): Tensor | undefined {
    this.gradientIsOurs = false;
    return this.gradient;
  }
  set grad(value: Tensor | undefined) {
    // null as in Python's p.grad = None, from code that is not type-checked.
    const gradient = (value as Tensor | null | undefined) ?? undefined;
    if (gradient !== undefined) {
      const needed = `${this.dtype} ${show(this.shape)}`;
      if (!(gradient instanceof Tensor) || !sameShape(gradient.shape, this.shape))
        throw new ShapeError(`grad: the gradient of this tensor must be a tensor ${needed}, got ${describe(value)}.`);
      if (gradient.dtype !== this.dtype)
        throw new DTypeError(
          `grad: the gradient of this tensor must be ${needed}, got ${describe(value)}. Use to("${this.dtype}").`,
        );
    }
    this.dropGradient();
    this.gradient = gradient;
  }

  /** @internal Forgets the gradient; gives its memory back at once if nobody has seen it. */
  dropGradient(): void {
    if (this.gradientIsOurs) {
      this.gradient!.storage.free();
      this.gradientIsOurs = false;
    }
    this.gradient = undefined;
  }

  get dtype(): DType {
    return this.storage.dtype;
  }

  /** Whether `backward()` computes a gradient for this tensor. Can be set on leaves of a floating dtype. */
  get requiresGrad(): boolean {
    return this.wantsGrad;
  }
  set requiresGrad(value: boolean) {
    if (typeof value !== "boolean")
      throw new OptionError(`requiresGrad: must be true or false, got ${describe(value)}.`);
    if (this.history !== undefined && !this.history.isLeaf) {
      throw new AutogradError(
        `requiresGrad: this tensor is the result of ${this.history.opName}; only leaves can be changed. Use detach() for a copy without history.`,
      );
    }
    if (value && !isFloating(this.dtype)) {
      throw new DTypeError(`requiresGrad: only float32 and float64 tensors have gradients, this is ${this.dtype}.`);
    }
    this.wantsGrad = value;
  }

  /** @internal Called by autograd on the result of a recorded op. */
  setHistory(history: History): void {
    this.history = history;
    this.historyRewrites = this.storage.rewrites;
    this.wantsGrad = true;
  }

  /** @internal Called when a recorded result was overwritten by something without history. */
  dropHistory(): void {
    this.history = undefined;
    this.wantsGrad = false;
  }

  /** Whether the user made it (or it needs no gradient), as opposed to a recorded op. */
  get isLeaf(): boolean {
    return this.history === undefined || this.history.isLeaf;
  }

  /** Number of dims. */
  get ndim(): number {
    return this.shape.length;
  }
  /** Number of dims. */
  dim(): number {
    return this.shape.length;
  }
  /** Number of elements. */
  numel(): number {
    return sizeOf(this.shape);
  }
  /** The shape, or the size of one dim. */
  size(): Shape;
  size(dim: number): number;
  size(dim?: number): Shape | number {
    if (dim === undefined) return this.shape;
    if (this.shape.length === 0) throw new ShapeError(`size: a tensor without dims has no dim ${dim}.`);
    return this.shape[checkDim("size", dim, this.shape.length)]!;
  }
  isContiguous(): boolean {
    return this.isPacked;
  }

  /** The only element, as a number. */
  item(): number {
    if (sizeOf(this.shape) !== 1) {
      throw new ShapeError(
        `item: the tensor has shape ${show(this.shape)}; only one element can become a number. Use toArray(), or reduce it first.`,
      );
    }
    return this.storage.at(this.offset);
  }

  /** The elements in row-major order, copied. */
  toTypedArray(): TypedArray {
    const result = new arrayOf[this.dtype](sizeOf(this.shape));
    copyElements(this, result, 0);
    return result;
  }

  /** The elements as nested arrays; numbers, or booleans for bool. */
  toArray(): Nested {
    const flat = this.toTypedArray();
    const bool = this.dtype === "bool";
    let position = 0;
    const nest = (dim: number): Nested => {
      if (dim === this.shape.length) {
        const value = flat[position++]!;
        return bool ? value !== 0 : value;
      }
      return Array.from({ length: this.shape[dim]! }, () => nest(dim + 1));
    };
    return nest(0);
  }

  toString(): string {
    return format(this);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return format(this);
  }

  /** How a notebook shows it. */
  [Symbol.for("Jupyter.display")](): { [mime: string]: string } {
    return displayBundle(this, format(this));
  }

  /** A tensor in a template string or a comparison is its text; in arithmetic that would be nonsense. */
  [Symbol.toPrimitive](hint: string): string | number {
    if (hint === "string") return format(this);
    if (sizeOf(this.shape) === 1) return this.item();
    throw new TypeError(
      `JavaScript's + - * / cannot be used on a tensor of shape ${show(this.shape)}: write a.add(b), a.mul(b) and so on.`,
    );
  }
}

/** A new tensor whose elements may hold anything: whoever asks writes all of them. */
export function empty(shape: Shape, dtype: DType): Tensor {
  return new Tensor(allocate(dtype, sizeOf(shape), shape), shape);
}

/** The same with the shape of `x`: sizes and steps are shared, not copied. */
export function emptyLike(x: Tensor, dtype: DType): Tensor {
  const storage = allocate(dtype, x.isPacked ? elementCount(x) : sizeOf(x.shape), x.shape);
  return new Tensor(storage, x.shape, x.isPacked ? x.strides : undefined);
}
function elementCount(x: Tensor): number {
  return x.isView ? sizeOf(x.shape) : x.storage.length;
}

/** Another look at the same memory. */
export function view(x: Tensor, shape: Shape, strides: readonly number[], offset = x.offset): Tensor {
  return new Tensor(x.storage, shape, strides, offset, true);
}

/** Where the first element of `x` is in the engine's memory, in bytes: for kernels. */
export function addressOf(x: Tensor): number {
  return x.storage.address + x.offset * bytesOf[x.storage.dtype];
}

/** Writes the elements of `x`, row by row, into `target` from `start` on. */
export function copyElements(x: Tensor, target: TypedArray, start: number): void {
  const { shape, strides, offset } = x;
  const source = x.storage.array();
  const size = sizeOf(shape);
  if (size === 0) return;
  if (x.isPacked) {
    target.set(source.subarray(offset, offset + size), start);
    return;
  }
  const last = shape.length - 1;
  const run = shape[last]!;
  const step = strides[last]!;
  const index = new Array<number>(last).fill(0);
  let from = offset;
  for (let to = start; ;) {
    for (let i = 0, j = from; i < run; i++, j += step) target[to++] = source[j]!;
    let d = last - 1;
    for (; d >= 0; d--) {
      from += strides[d]!;
      if (++index[d]! < shape[d]!) break;
      from -= strides[d]! * shape[d]!;
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

/** `x` itself if its elements lie row by row, otherwise a copy that does. Not recorded: for use inside ops. */
export function packed(x: Tensor): Tensor {
  if (x.isPacked) return x;
  const { dtype } = x.storage;
  const y = empty(x.shape, dtype);
  if (dtype === "float32" || dtype === "int32") copyStrided(x.shape, x.strides, addressOf(x), addressOf(y));
  else copyElements(x, y.storage.array(), 0);
  return y;
}

/** The elements of `x`, row by row, and where they begin. Good until the next allocation. */
export function elements(x: Tensor): { data: TypedArray; start: number } {
  const y = packed(x);
  return { data: y.storage.array(), start: y.offset };
}
