import {
  allocate as allocateBytes,
  lastSpan,
  megabytes,
  OutOfMemory,
  rebuild,
  release,
  type Span,
} from "../wasm/allocator.ts";
import { heap, memory } from "../wasm/memory.ts";
import { drainThreads } from "../wasm/threads.ts";
import { arrayOf, type DType, type TypedArray } from "./dtype.ts";
import { MemoryError } from "./errors.ts";
import { onRecover } from "./recovery.ts";

export const bytesOf = { float32: 4, float64: 8, int32: 4, bool: 1 } as const satisfies Record<DType, number>;

// Whatever was being done to the free lists when the computation was ended: they follow from the tensors that live.
onRecover(drainThreads);
onRecover(rebuild);

/**
 * The elements behind one or more tensors, in the engine's WebAssembly memory.
 *
 * Kernels work with `address`; `array()` is for code in JavaScript. Memory is taken back when no tensor holds the storage
 * any more, which a sweep finds out (wasm/allocator.ts), or at once by `free()`, where autograd knows it earlier.
 */
export class Storage {
  readonly dtype: DType;
  /** Number of elements. */
  readonly length: number;
  /** Where the elements are, in bytes from the start of the memory; a multiple of 64. */
  readonly address: number;
  /** Counts every change in place. A saved value is compared with it before a gradient uses it. */
  version = 0;
  /** Counts the changes in place that autograd recorded. Another view of this storage is stale after one. */
  rewrites = 0;
  /** How many gradients on their way through backward() look at it; −1: nobody counts. See autograd/backward.ts. */
  holders = -1;
  /** Keeps the memory. */
  private span: Span | undefined;
  private elements: TypedArray | undefined;

  constructor(dtype: DType, length: number) {
    this.dtype = dtype;
    this.length = length;
    this.address = allocateBytes(length * bytesOf[dtype]);
    this.span = lastSpan;
    this.elements = undefined;
    if (poison !== undefined) this.array().fill(dtype === "bool" ? 1 : poison);
    if (watch !== undefined) {
      this.holders = 0;
      watch.push(this);
    }
  }

  /** A view of the elements. It never leaves the engine: what a user gets is a copy. */
  array(): TypedArray {
    if (this.elements === undefined) {
      if (this.span === undefined) throw new Error("gradbook: a tensor was used after its memory was given back.");
      // Length 0 at an address is fine, and memory.buffer always reaches what has been allocated.
      const buffer = memory.buffer as unknown as ArrayBuffer; // TypeScript's overloads know no union of array classes.
      this.elements = new arrayOf[this.dtype](buffer, this.address, this.length);
    }
    return this.elements;
  }

  /** One element; without the cost of a view. */
  at(index: number): number {
    if (this.dtype === "float32" && this.span !== undefined) return heap.f32[this.address / 4 + index]!;
    return this.array()[index]!;
  }

  /** Sets one element. */
  setAt(index: number, value: number): void {
    if (this.dtype === "float32") heap.f32[this.address / 4 + index] = value;
    else this.array()[index] = value;
  }

  /** Gives the memory back at once. Only for storages that no tensor of the user's can reach. */
  free(): void {
    if (this.span === undefined) return;
    const { span } = this;
    this.span = undefined;
    this.elements = undefined;
    release(span, this.address);
  }
}

/** For tests: what new memory is filled with, so that an op that leaves elements unwritten is found. */
let poison: number | undefined;
export function poisonMemory(value: number | undefined): void {
  poison = value;
}

/** While this is a list, every storage made is put into it and its holders are counted. */
let watch: Storage[] | undefined;
export function watchStorages(list: Storage[] | undefined): Storage[] | undefined {
  const before = watch;
  watch = list;
  return before;
}

/** Elements that may hold anything: whoever asks writes all of them. `shape` is for the message when there is no room. */
export function allocate(dtype: DType, length: number, shape: readonly number[] = [length]): Storage {
  try {
    return new Storage(dtype, length);
  } catch (error) {
    if (!(error instanceof OutOfMemory)) throw error;
    throw new MemoryError(
      `no room for a ${dtype} tensor [${shape.join(", ")}] (${megabytes(length * bytesOf[dtype])}): ${error.message}`,
    );
  }
}

/** A storage with a copy of these elements. */
export function adopt(dtype: DType, elements: TypedArray): Storage {
  const storage = allocate(dtype, elements.length);
  storage.array().set(elements);
  return storage;
}
