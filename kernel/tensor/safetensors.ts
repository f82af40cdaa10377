/**
 * The safetensors format: eight bytes with the length of a JSON header, the header, and the elements.
 *
 * Source: huggingface/safetensors, "Format".
 */
import { arrayOf, type DType, type TypedArray } from "./dtype.ts";
import { fromFlat } from "./create.ts";
import { sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Something is wrong with the file; the message says what, without the file's name. */
export class FormatError extends Error {
  override name = "FormatError";
}

export interface Contents {
  readonly tensors: { readonly [name: string]: Tensor };
  readonly metadata: { readonly [key: string]: string };
}
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const codes: { readonly [D in DType]: string } = { float32: "F32", float64: "F64", int32: "I32", bool: "BOOL" };
const METADATA = "__metadata__";

/** How each stored type is read: bytes per element, our dtype, and one element. */
const kinds: { readonly [code: string]: { bytes: number; dtype: DType; read(view: DataView, at: number): number } } = {
  F64: { bytes: 8, dtype: "float64", read: (v, at) => v.getFloat64(at, true) },
  F32: { bytes: 4, dtype: "float32", read: (v, at) => v.getFloat32(at, true) },
  F16: { bytes: 2, dtype: "float32", read: (v, at) => half(v.getUint16(at, true)) },
  BF16: { bytes: 2, dtype: "float32", read: (v, at) => brain(v.getUint16(at, true)) },
  I64: { bytes: 8, dtype: "int32", read: (v, at) => Number(v.getBigInt64(at, true)) },
  U64: { bytes: 8, dtype: "int32", read: (v, at) => Number(v.getBigUint64(at, true)) },
  I32: { bytes: 4, dtype: "int32", read: (v, at) => v.getInt32(at, true) },
  U32: { bytes: 4, dtype: "int32", read: (v, at) => v.getUint32(at, true) },
  I16: { bytes: 2, dtype: "int32", read: (v, at) => v.getInt16(at, true) },
  U16: { bytes: 2, dtype: "int32", read: (v, at) => v.getUint16(at, true) },
  I8: { bytes: 1, dtype: "int32", read: (v, at) => v.getInt8(at) },
  U8: { bytes: 1, dtype: "int32", read: (v, at) => v.getUint8(at) },
  BOOL: { bytes: 1, dtype: "bool", read: (v, at) => v.getUint8(at) },
};

/** The bytes of a file, in pieces. */
export function encode({ tensors, metadata }: Contents): Uint8Array[] {
  const header: { [name: string]: unknown } = { [METADATA]: metadata };
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const [name, x] of Object.entries(tensors)) {
    const bytes = littleEndian(x.toTypedArray());
    header[name] = { dtype: codes[x.dtype], shape: [...x.shape], data_offsets: [offset, (offset += bytes.length)] };
    pieces.push(bytes);
  }
  // Padded with spaces, so that the elements begin at a multiple of eight and can be mapped into memory.
  let json = JSON.stringify(header);
  json += " ".repeat(-Buffer.byteLength(json) & 7);
  const text = Buffer.from(json);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return [length, text, ...pieces];
}

function littleEndian(elements: TypedArray): Uint8Array {
  const bytes = Buffer.from(elements.buffer, elements.byteOffset, elements.byteLength);
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 || elements.BYTES_PER_ELEMENT === 1) return bytes;
  return elements.BYTES_PER_ELEMENT === 8 ? bytes.swap64() : bytes.swap32();
}

export function decode(file: Uint8Array): Contents {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 8) throw new FormatError(`it has ${file.length} bytes, a safetensors file at least 8`);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > file.length - 8) {
    throw new FormatError(
      `its first 8 bytes announce a header of ${headerLength} bytes, but only ${file.length - 8} follow`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(8, 8 + headerLength)));
  } catch {
    throw new FormatError("its header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw new FormatError("its header is not a JSON object");
  const { [METADATA]: metadata = {}, ...entries } = header as { [name: string]: unknown };
  const start = 8 + headerLength;
  let end = 0;
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) throw new FormatError(`the entry of tensor "${name}" lacks dtype, shape or data_offsets`);
    end = Math.max(end, entry.data_offsets[1]);
  }
  if (file.length - start !== end) {
    throw new FormatError(`expected ${start + end} bytes in all, found ${file.length}`);
  }
  const tensors: { [name: string]: Tensor } = {};
  for (const [name, entry] of Object.entries(entries)) tensors[name] = decodeTensor(name, entry as Entry, view, start);
  return { tensors, metadata: metadata as { [key: string]: string } };
}

function isEntry(entry: unknown): entry is Entry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Partial<Entry>;
  const whole = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0);
  return (
    typeof dtype === "string" && whole(shape) && whole(offsets) && offsets.length === 2 && offsets[0] <= offsets[1]
  );
}

function decodeTensor(
  name: string,
  { dtype, shape, data_offsets: [from, to] }: Entry,
  view: DataView,
  start: number,
): Tensor {
  const kind = kinds[dtype];
  if (kind === undefined)
    throw new FormatError(`tensor "${name}" has the type ${dtype}; known are ${Object.keys(kinds).join(", ")}`);
  const size = sizeOf(shape);
  if (to - from !== size * kind.bytes) {
    throw new FormatError(
      `tensor "${name}" (${dtype} [${shape.join(", ")}]) needs ${size * kind.bytes} bytes, its entry gives it ${to - from}`,
    );
  }
  const data = kind.dtype === "int32" ? new Float64Array(size) : new arrayOf[kind.dtype](size);
  for (let i = 0; i < size; i++) {
    const value = kind.read(view, start + from + i * kind.bytes);
    if (kind.dtype === "int32" && value !== (value | 0)) {
      throw new FormatError(
        `tensor "${name}" (${dtype}) holds ${value} at position ${i}, which does not fit into int32`,
      );
    }
    data[i] = value;
  }
  return fromFlat(data, shape, kind.dtype);
}

/** IEEE half precision. */
function half(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const bits32 = new Uint32Array(1);
const float32 = new Float32Array(bits32.buffer);
/** The upper half of a float32. */
function brain(bits: number): number {
  bits32[0] = bits << 16;
  return float32[0]!;
}
