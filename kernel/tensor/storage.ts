import { arrayOf, type DType, type TypedArray } from "./dtype.ts";

/**
 * The elements behind one or more tensors.
 *
 * Nobody outside this file knows who allocated the memory. `array()` is the only way to the elements, and what it
 * returns is good until the next allocation: an op allocates its output first and asks for the arrays afterwards.
 */
export interface Storage {
  readonly dtype: DType;
  /** Number of elements. */
  readonly length: number;
  /** Counts every change in place. A saved value is compared with it before a gradient uses it. */
  version: number;
  /** Counts the changes in place that autograd recorded. Another view of this storage is stale after one. */
  rewrites: number;
  array(): TypedArray;
}

/** Where storages come from. WebAssembly memory is another allocator; a test uses one whose memory is dirty. */
export interface Allocator {
  /** Elements that may hold anything: whoever asks writes all of them. */
  allocate(dtype: DType, length: number): Storage;
}

class HeapStorage implements Storage {
  readonly dtype: DType;
  readonly length: number;
  version = 0;
  rewrites = 0;
  private readonly elements: TypedArray;

  constructor(dtype: DType, elements: TypedArray) {
    this.dtype = dtype;
    this.length = elements.length;
    this.elements = elements;
  }

  array(): TypedArray {
    return this.elements;
  }
}

export const heap: Allocator = {
  allocate: (dtype, length) => new HeapStorage(dtype, new arrayOf[dtype](length)),
};

let allocator: Allocator = heap;

/** Replaces the allocator and returns the one before. */
export function setAllocator(next: Allocator): Allocator {
  const before = allocator;
  allocator = next;
  return before;
}

export function allocate(dtype: DType, length: number): Storage {
  return allocator.allocate(dtype, length);
}

/** A storage over elements that exist already and that nobody else will change. */
export function adopt(dtype: DType, elements: TypedArray): Storage {
  if (allocator === heap) return new HeapStorage(dtype, elements);
  const storage = allocate(dtype, elements.length);
  storage.array().set(elements);
  return storage;
}
