/** Element types as files store them, and what becomes of them here. Shared by safetensors and NumPy files. */
import type { DType } from "./dtype.ts";

/** Something is wrong with a file; the message says what, without the file's name. */
export class FormatError extends Error {
  override name = "FormatError";
}
/** A file is whole, and holds what there is no place for here. */
export class ContentError extends FormatError {}

interface StoredType {
  /** Bytes per element. */
  bytes: number;
  /** What it becomes: there is no int64, and no type of half a float32. */
  dtype: DType;
  /** The elements in a buffer of their own, in this machine's byte order. */
  read(buffer: ArrayBuffer): ArrayLike<number>;
}

/** By the names of the safetensors format. */
export const storedTypes: { readonly [code: string]: StoredType } = {
  F64: { bytes: 8, dtype: "float64", read: (b) => new Float64Array(b) },
  F32: { bytes: 4, dtype: "float32", read: (b) => new Float32Array(b) },
  F16: { bytes: 2, dtype: "float32", read: (b) => Float32Array.from(new Uint16Array(b), half) },
  BF16: {
    bytes: 2,
    dtype: "float32",
    read: (b) => new Float32Array(Uint32Array.from(new Uint16Array(b), widen).buffer),
  },
  I64: { bytes: 8, dtype: "int32", read: (b) => Float64Array.from(new BigInt64Array(b), Number) },
  U64: { bytes: 8, dtype: "int32", read: (b) => Float64Array.from(new BigUint64Array(b), Number) },
  I32: { bytes: 4, dtype: "int32", read: (b) => new Int32Array(b) },
  U32: { bytes: 4, dtype: "int32", read: (b) => new Uint32Array(b) },
  I16: { bytes: 2, dtype: "int32", read: (b) => new Int16Array(b) },
  U16: { bytes: 2, dtype: "int32", read: (b) => new Uint16Array(b) },
  I8: { bytes: 1, dtype: "int32", read: (b) => new Int8Array(b) },
  U8: { bytes: 1, dtype: "int32", read: (b) => new Uint8Array(b) },
  BOOL: { bytes: 1, dtype: "bool", read: (b) => new Uint8Array(b) },
};

/** Whether this machine keeps the low byte first, as nearly all do. */
const littleHere = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * The elements of `bytes`, stored as `code` with the low byte first (or last). `what` names the array in errors. A whole
 * number beyond int32 is a `FormatError` that gives its place.
 */
export function readStored(bytes: Uint8Array, code: string, littleEndian: boolean, what: string): ArrayLike<number> {
  const type = storedTypes[code]!;
  // A buffer of its own: typed arrays need a start that is a multiple of their element, and bytes may be swapped in it.
  const own = Buffer.from(new Uint8Array(bytes).buffer);
  if (littleEndian !== littleHere) swap(own, type.bytes);
  const elements = type.read(own.buffer as ArrayBuffer);
  if (type.dtype === "int32" && type.bytes >= 4 && code !== "I32") {
    for (let i = 0; i < elements.length; i++) {
      if (elements[i] !== (elements[i]! | 0))
        throw new ContentError(
          `${what} (${code}) holds ${elements[i]} at position ${i}, which does not fit into int32; save it as float64`,
        );
    }
  }
  return elements;
}

/** The elements' bytes with the low byte first. Changes them in place where the machine has the other order. */
export function littleEndianBytes(elements: ArrayBufferView & { BYTES_PER_ELEMENT: number }): Uint8Array {
  const bytes = Buffer.from(elements.buffer as ArrayBuffer, elements.byteOffset, elements.byteLength);
  if (!littleHere) swap(bytes, elements.BYTES_PER_ELEMENT);
  return bytes;
}

function swap(bytes: Buffer, width: number): void {
  if (width === 2) bytes.swap16();
  else if (width === 4) bytes.swap32();
  else if (width === 8) bytes.swap64();
}

/** IEEE half precision. */
function half(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a float32. */
const widen = (bits: number): number => bits << 16;
