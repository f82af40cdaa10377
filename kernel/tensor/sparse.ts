import { arrayOf, type DType, type TypedArray } from "./dtype.ts";
import { OptionError, ShapeError } from "./errors.ts";
import { fromFlat } from "./create.ts";
import { sameShape, show, sizeOf, type Shape } from "./shape.ts";
import type { Storage } from "./storage.ts";
import { copyElements, Tensor } from "./tensor.ts";

/**
 * A tensor of which only some rows (places of dim 0) are kept; the others are 0. The gradient of
 * `new nn.Embedding(n, d, { sparse: true })` is one: with a vocabulary of 50,000 words a batch touches a few hundred.
 *
 * `shape` is that of the whole. Optimizers that say so take it (SparseAdam, SGD, Adagrad); any other operation refuses
 * it by name, and `toDense()` gives what it stands for. As torch's sparse tensors with one sparse dim.
 *
 * The numbers are in JavaScript's memory, not the engine's: a gradient outlives the backward() that made it.
 */
export class SparseTensor extends Tensor {
  // The bundler calls a class that speaks of itself _SparseTensor.
  static {
    Object.defineProperty(this, "name", { value: "SparseTensor" });
  }

  /** @internal Row numbers; ascending and each once when coalesced. */
  readonly rows: Int32Array;
  /** @internal The rows' elements, one row after the other. */
  readonly numbers: Float32Array | Float64Array;
  /** Whether each row is there once. */
  readonly isCoalesced: boolean;

  /** @internal */
  constructor(rows: Int32Array, numbers: Float32Array | Float64Array, shape: Shape, isCoalesced = false) {
    super(unreachable(numbers instanceof Float64Array ? "float64" : "float32", shape, rows.length), shape);
    const width = sizeOf(shape.slice(1));
    if (shape.length === 0 || numbers.length !== rows.length * width) {
      throw new ShapeError(
        `SparseTensor: ${rows.length} rows of ${show(shape)} need ${rows.length * width} numbers, got ${numbers.length}.`,
      );
    }
    this.rows = rows;
    this.numbers = numbers;
    this.isCoalesced = isCoalesced;
  }

  /** The rows `index` (int32) of a tensor `[rows, …]` with the values `[k, …]`, copied. */
  static of(index: Tensor, values: Tensor, shape: Shape): SparseTensor {
    const rows = Int32Array.from(index.toTypedArray());
    const bad = rows.find((i) => i < 0 || i >= shape[0]!);
    if (bad !== undefined) throw new ShapeError(`SparseTensor: row ${bad} is outside ${show(shape)}.`);
    if (!sameShape(values.shape, [rows.length, ...shape.slice(1)])) {
      throw new ShapeError(
        `SparseTensor: ${rows.length} rows of ${show(shape)} need values ${show([rows.length, ...shape.slice(1)])}, got ${show(values.shape)}.`,
      );
    }
    const numbers = new arrayOf[values.dtype](values.numel());
    copyElements(values, numbers, 0);
    return new SparseTensor(rows, numbers as Float32Array, shape);
  }

  /** The row numbers, int32 [k]. */
  get indices(): Tensor {
    return fromFlat(this.rows, [this.rows.length], "int32");
  }
  /** The rows themselves [k, …]. */
  get values(): Tensor {
    return fromFlat(this.numbers, [this.rows.length, ...this.shape.slice(1)], this.dtype);
  }

  /** The same with each row once, in ascending order: rows that were there several times are added up. */
  coalesce(): SparseTensor {
    if (this.isCoalesced) return this;
    const width = sizeOf(this.shape.slice(1));
    const rows = Int32Array.from(new Set(this.rows)).sort();
    const place = new Map(Array.from(rows, (row, k) => [row, k]));
    const numbers = new (this.numbers.constructor as Float32ArrayConstructor)(rows.length * width);
    this.rows.forEach((row, k) => {
      const at = place.get(row)! * width;
      for (let j = 0; j < width; j++) numbers[at + j]! += this.numbers[k * width + j]!;
    });
    return new SparseTensor(rows, numbers, this.shape, true);
  }

  /** This and another sparse tensor of the same shape; rows are listed, not added up yet. */
  plus(other: SparseTensor): SparseTensor {
    const rows = Int32Array.from([...this.rows, ...other.rows]);
    const numbers = new (this.numbers.constructor as Float32ArrayConstructor)(
      this.numbers.length + other.numbers.length,
    );
    numbers.set(this.numbers);
    numbers.set(other.numbers, this.numbers.length);
    return new SparseTensor(rows, numbers, this.shape);
  }

  /** @internal The same without a row. */
  without(row: number): SparseTensor {
    const width = sizeOf(this.shape.slice(1));
    const kept = [...this.rows.keys()].filter((k) => this.rows[k] !== row);
    const numbers = new (this.numbers.constructor as Float32ArrayConstructor)(kept.length * width);
    kept.forEach((k, to) => numbers.set(this.numbers.subarray(k * width, (k + 1) * width) as Float32Array, to * width));
    return new SparseTensor(
      Int32Array.from(kept, (k) => this.rows[k]!),
      numbers,
      this.shape,
      this.isCoalesced,
    );
  }

  /** @internal Changes all numbers, in place. */
  map_(f: (x: number) => number): void {
    for (let i = 0; i < this.numbers.length; i++) this.numbers[i] = f(this.numbers[i]!);
  }
  /** @internal The same shape without any row. */
  zeroed(): SparseTensor {
    return new SparseTensor(new Int32Array(0), this.numbers.slice(0, 0), this.shape, true);
  }

  /** An ordinary tensor with zeros where no row is kept. */
  toDense(): Tensor {
    return fromFlat(this.toTypedArray(), this.shape, this.dtype);
  }
  /** All elements, row-major, zeros included. */
  override toTypedArray(): TypedArray {
    const all = new arrayOf[this.dtype](sizeOf(this.shape));
    const width = sizeOf(this.shape.slice(1));
    this.rows.forEach((row, k) => {
      for (let j = 0; j < width; j++) all[row * width + j]! += this.numbers[k * width + j]!;
    });
    return all;
  }

  override toString(): string {
    const one = this.coalesce();
    return `SparseTensor(${this.dtype} ${show(this.shape)}, ${one.rows.length} of ${this.shape[0]} rows\n indices=${String(one.indices)}\n values=${String(one.values)})`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
  [Symbol.for("Jupyter.display")](): { [mime: string]: string } {
    return { "text/plain": this.toString() };
  }
}

/** The sum of two gradients of which at least one is sparse. A dense one gives a dense sum. */
export function sumOfSparse(a: Tensor, b: Tensor): Tensor {
  if (a instanceof SparseTensor && b instanceof SparseTensor) return a.plus(b);
  const [sparse, dense] = (a instanceof SparseTensor ? [a, b] : [b, a]) as [SparseTensor, Tensor];
  const sum = dense.toTypedArray();
  const width = sizeOf(sparse.shape.slice(1));
  sparse.rows.forEach((row, k) => {
    for (let j = 0; j < width; j++) sum[row * width + j]! += sparse.numbers[k * width + j]!;
  });
  const total = fromFlat(sum, dense.shape, dense.dtype);
  // Not to be given back before a sweep: it may be on its way into a leaf's grad.
  total.storage.holders = -1;
  return total;
}

/** In the place of memory: whoever asks for it is an operation that knows only dense tensors. */
function unreachable(dtype: DType, shape: Shape, count: number): Storage {
  const refuse = (): never => {
    throw new OptionError(
      `a sparse gradient ${show(shape)} with ${count} rows (of an Embedding with { sparse: true }) cannot be used here, only a dense tensor. ` +
        `Use its toDense(), its indices and values, or leave out { sparse: true }.`,
    );
  };
  const storage = { dtype, length: 0, version: 0, rewrites: 0, holders: -1, array: refuse, at: refuse, free() {} };
  return Object.defineProperty(storage, "address", { get: refuse }) as unknown as Storage;
}
