/**
 * IDX, the file format of MNIST: two zero bytes, one byte for the element type, one for the number of dimensions, each
 * size as a big-endian 32-bit integer, then the elements row by row, also big-endian.
 *
 * Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "File formats".
 */
import { describe, FileError, OptionError } from "../tensor/errors.ts";
import { adopt } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import { readUnpacked } from "./gzip.ts";

export type IdxElements = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;
export interface IdxArray {
  shape: number[];
  elements: IdxElements;
}

interface ElementType {
  name: string;
  bytes: number;
  read(view: DataView, count: number): IdxElements;
}
/** Element types by their code, the third byte of the file. */
const ELEMENT_TYPES: { [code: number]: ElementType } = {
  0x08: { name: "uint8", bytes: 1, read: (v, n) => new Uint8Array(v.buffer, v.byteOffset, n) },
  0x09: { name: "int8", bytes: 1, read: (v, n) => new Int8Array(v.buffer, v.byteOffset, n) },
  0x0b: { name: "int16", bytes: 2, read: (v, n) => Int16Array.from({ length: n }, (_, i) => v.getInt16(2 * i)) },
  0x0c: { name: "int32", bytes: 4, read: (v, n) => Int32Array.from({ length: n }, (_, i) => v.getInt32(4 * i)) },
  0x0d: { name: "float32", bytes: 4, read: (v, n) => Float32Array.from({ length: n }, (_, i) => v.getFloat32(4 * i)) },
  0x0e: { name: "float64", bytes: 8, read: (v, n) => Float64Array.from({ length: n }, (_, i) => v.getFloat64(8 * i)) },
};

/**
 * An IDX file as a tensor: integer elements become int32, float32 and float64 stay. Gzip is recognised by the first
 * bytes, whatever the file is called.
 *
 * ```ts
 * const labels = await data.readIdx("mnist/train-labels-idx1-ubyte");
 * labels.dtype // → "int32"
 * ```
 *
 * Rejects when the file cannot be read, is not IDX, or holds fewer or more bytes than its header promises.
 */
export async function readIdx(path: string): Promise<Tensor> {
  if (typeof path !== "string" || path === "") throw new OptionError(`readIdx: needs a path, got ${describe(path)}.`);
  const { shape, elements } = await readIdxArray(path);
  if (elements instanceof Float32Array) return new Tensor(adopt("float32", elements), shape);
  if (elements instanceof Float64Array) return new Tensor(adopt("float64", elements), shape);
  return new Tensor(adopt("int32", Int32Array.from(elements)), shape);
}

/** An IDX file's array, elements as in the file. */
export async function readIdxArray(path: string): Promise<IdxArray> {
  const { bytes, complete } = await readUnpacked(path);
  if (!complete && bytes.length < 4) {
    throw new FileError(
      `${path}: the gzip file is cut short: at least 4 bytes are expected in it (unpacked), found ${bytes.length}. Fetch the file again.`,
    );
  }
  const array = parseIdx(bytes, path);
  if (!complete) {
    throw new FileError(`${path}: the gzip file is cut short: its check sum is missing. Fetch the file again.`);
  }
  return array;
}

/** The array in the bytes of an (unpacked) IDX file. `name` is the file's, for the error. */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  const type = bytes[0] === 0 && bytes[1] === 0 ? ELEMENT_TYPES[bytes[2]!] : undefined;
  if (bytes.length < 4 || type === undefined) {
    const found = bytes.length === 0 ? "it is empty" : `it begins with ${hex(bytes.subarray(0, 4))}`;
    throw new FileError(
      `${name}: not an IDX file: ${found}. An IDX file begins with 00 00, an element type (08 = uint8 … 0e = float64) and the number of dimensions.`,
    );
  }
  const header = 4 + 4 * bytes[3]!;
  if (bytes.length < header) {
    throw new FileError(
      `${name}: cut short: a header of ${bytes[3]} dimensions takes ${header} bytes, found ${bytes.length}. Fetch the file again.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: bytes[3]! }, (_, i) => view.getUint32(4 + 4 * i));
  const count = shape.reduce((product, size) => product * size, 1);
  const expected = header + count * type.bytes;
  if (bytes.length !== expected) {
    throw new FileError(
      `${name}: ${bytes.length < expected ? "cut short" : "too long"}: its header says [${shape.join(", ")}] ${type.name}, ` +
        `so ${expected} bytes are expected (unpacked); found ${bytes.length}. Fetch the file again.`,
    );
  }
  return { shape, elements: type.read(new DataView(bytes.buffer, bytes.byteOffset + header), count) };
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
