/**
 * The safetensors format: eight bytes with the length of a JSON header, the header, and the elements.
 *
 * Source: huggingface/safetensors, "Format".
 */
import { fromFlat } from "./create.ts";
import type { DType } from "./dtype.ts";
import { sizeOf } from "./shape.ts";
import { ContentError, FormatError, littleEndianBytes, readStored, storedTypes } from "./stored.ts";
import type { Tensor } from "./tensor.ts";

export interface Contents {
  readonly tensors: { readonly [name: string]: Tensor };
  readonly metadata: { readonly [key: string]: string };
}
/** A file's bytes, read where they are needed: weights may be larger than one buffer. */
export interface Source {
  readonly size: number;
  read(at: number, length: number): Uint8Array;
}
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const codes: { readonly [D in DType]: string } = { float32: "F32", float64: "F64", int32: "I32", bool: "BOOL" };
const METADATA = "__metadata__";
/** The format's own limit, so that a damaged length does not take all memory. */
const LONGEST_HEADER = 100_000_000;

/** The bytes of a file, piece by piece, so that one tensor at a time is copied. */
export function* encode({ tensors, metadata }: Contents): Generator<Uint8Array> {
  const header: [string, unknown][] = [[METADATA, metadata]];
  let offset = 0;
  for (const [name, x] of Object.entries(tensors)) {
    const code = codes[x.dtype];
    const end = offset + x.numel() * storedTypes[code]!.bytes;
    header.push([name, { dtype: code, shape: [...x.shape], data_offsets: [offset, end] }]);
    offset = end;
  }
  // Padded with spaces, so that the elements begin at a multiple of eight and can be mapped into memory.
  let json = JSON.stringify(Object.fromEntries(header));
  json += " ".repeat(-Buffer.byteLength(json) & 7);
  const text = Buffer.from(json);
  if (text.length > LONGEST_HEADER)
    throw new FormatError(`the names and texts take ${text.length} bytes, the format allows ${LONGEST_HEADER}`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  yield length;
  yield text;
  for (const x of Object.values(tensors)) yield littleEndianBytes(x.toTypedArray());
}

/** The header alone: the tensors' entries, checked, the metadata, and where the elements begin. */
export function decodeHeader(file: Source): {
  entries: [string, Entry][];
  metadata: Contents["metadata"];
  start: number;
} {
  if (file.size < 8) throw new FormatError(`it has ${file.size} bytes, a safetensors file at least 8`);
  const headerLength = Number(Buffer.from(file.read(0, 8)).readBigUInt64LE());
  if (headerLength > file.size - 8) {
    throw new FormatError(
      `its first 8 bytes announce a header of ${headerLength} bytes, but only ${file.size - 8} follow`,
    );
  }
  if (headerLength > LONGEST_HEADER) {
    throw new FormatError(
      `its first 8 bytes announce a header of ${headerLength} bytes; the format allows ${LONGEST_HEADER}`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.read(8, headerLength)));
  } catch {
    throw new FormatError("its header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw new FormatError("its header is not a JSON object");
  const { [METADATA]: metadata = {}, ...rest } = header as { [name: string]: unknown };
  if (!isMetadata(metadata)) throw new FormatError(`${METADATA} in its header is not an object of texts`);
  const entries = Object.entries(rest);
  for (const [name, entry] of entries) {
    if (!isEntry(entry)) throw new FormatError(`the entry of tensor "${name}" lacks dtype, shape or data_offsets`);
  }
  return { entries: entries as [string, Entry][], metadata, start: 8 + headerLength };
}

export function decode(file: Source): Contents {
  const { entries, metadata, start } = decodeHeader(file);
  const end = entries.reduce((most, [, entry]) => Math.max(most, entry.data_offsets[1]), 0);
  if (file.size - start !== end) throw new FormatError(`expected ${start + end} bytes in all, found ${file.size}`);
  for (const [name, entry] of entries) checkSize(name, entry);
  checkOrder(entries);
  return {
    tensors: Object.fromEntries(entries.map((entry) => [entry[0], decodeTensor(...entry, file, start)])),
    metadata,
  };
}

function isMetadata(value: unknown): value is Contents["metadata"] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === "string");
}

function isEntry(entry: unknown): entry is Entry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Partial<Entry>;
  const whole = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0);
  return (
    typeof dtype === "string" && whole(shape) && whole(offsets) && offsets.length === 2 && offsets[0] <= offsets[1]
  );
}

function checkSize(name: string, { dtype, shape, data_offsets: [from, to] }: Entry): void {
  const type = storedTypes[dtype];
  if (type === undefined)
    throw new ContentError(`tensor "${name}" has the type ${dtype}; known are ${Object.keys(storedTypes).join(", ")}`);
  const needed = sizeOf(shape) * type.bytes;
  if (to - from !== needed) {
    throw new FormatError(
      `tensor "${name}" (${dtype} [${shape.join(", ")}]) needs ${needed} bytes, its entry gives it ${to - from}`,
    );
  }
}

/** The format allows neither gaps nor two tensors in the same bytes; a name that comes twice leaves a gap. */
function checkOrder(entries: readonly [string, Entry][]): void {
  let at = 0;
  for (const [
    name,
    {
      data_offsets: [from, to],
    },
  ] of entries.toSorted(([, a], [, b]) => {
    return a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1];
  })) {
    if (from !== at) {
      const fault = from > at ? "belong to no tensor" : "belong to two tensors";
      throw new FormatError(
        `the bytes from ${Math.min(from, at)} to ${Math.max(from, at)}, before or in tensor "${name}", ${fault}`,
      );
    }
    at = to;
  }
}

function decodeTensor(
  name: string,
  { dtype, shape, data_offsets: [from, to] }: Entry,
  file: Source,
  start: number,
): Tensor {
  const bytes = file.read(start + from, to - from);
  return fromFlat(readStored(bytes, dtype, true, `tensor "${name}"`), shape, storedTypes[dtype]!.dtype);
}
