/**
 * The .npy format: the magic bytes 93 NUMPY, a version, the length of a header, the header (a Python dict in text, with
 * descr, fortran_order and shape) and the elements.
 *
 * Source: NumPy, numpy.lib.format, "Format Version 1.0 … 3.0".
 */
import { fromFlat } from "./create.ts";
import type { DType } from "./dtype.ts";
import { contiguousStrides, sizeOf } from "./shape.ts";
import { ContentError, FormatError, littleEndianBytes, readStored, storedTypes } from "./stored.ts";
import type { Tensor } from "./tensor.ts";

const MAGIC = Buffer.from("\x93NUMPY", "latin1");

/** NumPy's type letters and sizes → the names of `storedTypes`. */
const types: { readonly [descr: string]: string } = {
  f8: "F64",
  f4: "F32",
  f2: "F16",
  i8: "I64",
  i4: "I32",
  i2: "I16",
  i1: "I8",
  u8: "U64",
  u4: "U32",
  u2: "U16",
  u1: "U8",
  b1: "BOOL",
};
const descrs: { readonly [D in DType]: string } = { float32: "<f4", float64: "<f8", int32: "<i4", bool: "|b1" };

export const isNpy = (bytes: Uint8Array): boolean => MAGIC.equals(bytes.subarray(0, MAGIC.length));

/** A tensor as the bytes of a .npy file: version 1.0, row by row, low byte first, as NumPy writes it. */
export function encodeNpy(x: Tensor): Uint8Array[] {
  const shape = x.shape.length === 1 ? `${x.shape[0]},` : x.shape.join(", ");
  let header = `{'descr': '${descrs[x.dtype]}', 'fortran_order': False, 'shape': (${shape}), }`;
  // The elements begin at a multiple of 64; the last byte before them is a line feed.
  header += " ".repeat(-(MAGIC.length + 4 + header.length + 1) & 63) + "\n";
  const prefix = Buffer.from([...MAGIC, 1, 0, header.length & 255, header.length >> 8]);
  return [Buffer.concat([prefix, Buffer.from(header, "latin1")]), littleEndianBytes(x.toTypedArray())];
}

/** The tensor in the bytes of a .npy file. int64 and smaller integers become int32, float16 float32. */
export function decodeNpy(file: Uint8Array): Tensor {
  if (!isNpy(file)) throw new FormatError("it does not begin with 93 NUMPY");
  const view = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const version = view[6];
  const lengthBytes = version === 1 ? 2 : 4;
  if (view.length < 8 + lengthBytes) throw new FormatError(`it is cut short: it has ${view.length} bytes`);
  if (version !== 1 && version !== 2 && version !== 3)
    throw new ContentError(`it has the format version ${version}.${view[7]}; known are 1.0, 2.0 and 3.0`);
  const start = 8 + lengthBytes + view.readUIntLE(8, lengthBytes);
  if (start > view.length)
    throw new FormatError(`it is cut short: the header ends at byte ${start}, the file at ${view.length}`);
  const text = view.toString(version === 3 ? "utf8" : "latin1", 8 + lengthBytes, start);
  const { code, littleEndian, fortran, shape } = parseHeader(text);
  const expected = start + sizeOf(shape) * storedTypes[code]!.bytes;
  if (view.length !== expected) {
    throw new FormatError(
      `its header says ${code} [${shape.join(", ")}], so ${expected} bytes are expected in all; found ${view.length}`,
    );
  }
  const elements = readStored(view.subarray(start), code, littleEndian, "the array");
  return fromFlat(fortran ? rowByRow(elements, shape) : elements, shape, storedTypes[code]!.dtype);
}

interface Header {
  code: string;
  littleEndian: boolean;
  fortran: boolean;
  shape: number[];
}
function parseHeader(text: string): Header {
  const field = (name: string, value: RegExp) => new RegExp(`['"]${name}['"]\\s*:\\s*${value.source}`).exec(text);
  const order = field("fortran_order", /(True|False)/);
  const size = field("shape", /\(([\d\s,L]*)\)/);
  const descr = field("descr", /(?:['"]([^'"]*)['"]|(\[))/);
  if (descr === null || order === null || size === null)
    throw new FormatError(`its header lacks descr, fortran_order or shape: ${text.trim().slice(0, 100)}`);
  if (descr[2] !== undefined)
    throw new ContentError("it holds records with named fields; save each field as an array of its own");
  const [, byteOrder, kind] = /^([<>|=]?)(.*)$/s.exec(descr[1]!) as unknown as [string, string, string];
  if (kind.startsWith("O")) {
    throw new ContentError(
      "it holds Python objects (a pickle), which are not read; save numbers, array.astype('float32')",
    );
  }
  const code = types[kind];
  if (code === undefined) {
    const what = kind.startsWith("c")
      ? `complex numbers (${descr[1]})`
      : `elements of type ${JSON.stringify(descr[1])}`;
    throw new ContentError(
      `it holds ${what}; known are ${Object.keys(types).join(", ")}. Save array.astype('float32')`,
    );
  }
  const shape = size[1]!.split(",").flatMap((n) => (n.trim() === "" ? [] : [parseInt(n, 10)]));
  return { code, littleEndian: byteOrder !== ">", fortran: order[1] === "True", shape };
}

/** Elements stored column by column (the first index moves fastest) in the order of rows. */
function rowByRow(elements: ArrayLike<number>, shape: readonly number[]): Float64Array {
  const strides = contiguousStrides(shape.toReversed()).toReversed();
  const result = new Float64Array(elements.length);
  const index = new Array<number>(shape.length).fill(0);
  for (let to = 0, from = 0; to < result.length; to++) {
    result[to] = elements[from]!;
    for (let d = shape.length - 1; d >= 0; d--) {
      from += strides[d]!;
      if (++index[d]! < shape[d]!) break;
      from -= strides[d]! * shape[d]!;
      index[d] = 0;
    }
  }
  return result;
}
