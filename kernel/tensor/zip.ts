/**
 * Zip archives as NumPy writes them: entries stored or deflated, one disk, no encryption, less than 4 GiB.
 *
 * Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end).
 */
import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";
import { ContentError, FormatError } from "./stored.ts";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const STORED = 0;
const DEFLATED = 8;
/** Fields that do not fit hold this, and the truth is in a zip64 record. */
const ZIP64 = 0xffffffff;
const UTF8 = 1 << 11;
const ENCRYPTED = 1;
/** 1 January 1980, so that the same content gives the same bytes. */
const DATE = 0x21;

export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6));

interface Entry {
  name: string;
  method: number;
  crc: number;
  packed: number;
  unpacked: number;
  at: number;
}

/** Names of the entries, without unpacking them. */
export const zipNames = (file: Uint8Array): string[] => directory(buffer(file)).map(({ name }) => name);

/** The entries of an archive, unpacked and checked against their check sums. */
export function readZip(file: Uint8Array): [name: string, bytes: Uint8Array][] {
  const bytes = buffer(file);
  return directory(bytes).map((entry) => [entry.name, content(bytes, entry)]);
}

const buffer = (file: Uint8Array) => Buffer.from(file.buffer, file.byteOffset, file.byteLength);

function directory(file: Buffer): Entry[] {
  // The end record is the last, but for a comment of at most 64 KiB.
  let end = file.length - 22;
  const first = Math.max(0, end - 0xffff);
  while (end >= first && !(file.readUInt32LE(end) === END && end + 22 + file.readUInt16LE(end + 20) === file.length))
    end--;
  if (end < first) throw new FormatError("the zip archive is cut short or damaged: the list of its entries is missing");
  const count = file.readUInt16LE(end + 10);
  let at = file.readUInt32LE(end + 16);
  if (count === 0xffff || at === ZIP64) throw zip64("it");
  const entries: Entry[] = [];
  for (let k = 0; k < count; k++) {
    if (at + 46 > end || file.readUInt32LE(at) !== CENTRAL)
      throw new FormatError(`the zip archive is damaged: entry ${k + 1} of ${count} is missing in its list`);
    const flags = file.readUInt16LE(at + 8);
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => file.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const name = file.toString(flags & UTF8 ? "utf8" : "latin1", at + 46, at + 46 + nameLength);
    const entry = {
      name,
      method: file.readUInt16LE(at + 10),
      crc: file.readUInt32LE(at + 16),
      packed: file.readUInt32LE(at + 20),
      unpacked: file.readUInt32LE(at + 24),
      at: file.readUInt32LE(at + 42),
    };
    if (flags & ENCRYPTED) throw new ContentError(`its entry "${name}" is encrypted`);
    if (entry.packed === ZIP64 || entry.unpacked === ZIP64 || entry.at === ZIP64) throw zip64(`its entry "${name}"`);
    entries.push(entry);
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

const zip64 = (what: string) =>
  new ContentError(`${what} is larger than 4 GiB (zip64), which is not read; save the arrays one by one, as .npy`);

function content(file: Buffer, { name, method, crc, packed, unpacked, at }: Entry): Uint8Array {
  const damaged = (how: string) => new FormatError(`its entry "${name}" is damaged: ${how}`);
  if (at + 30 > file.length || file.readUInt32LE(at) !== LOCAL) throw damaged("its header is not where the list says");
  // The lengths of the local header count: its extra field may be another than the list's.
  const start = at + 30 + file.readUInt16LE(at + 26) + file.readUInt16LE(at + 28);
  const bytes = file.subarray(start, start + packed);
  if (bytes.length !== packed) throw damaged(`${packed} bytes are expected, ${bytes.length} are there`);
  if (method !== STORED && method !== DEFLATED)
    throw new ContentError(`its entry "${name}" is packed by method ${method}; known are 0 (stored) and 8 (deflated)`);
  let result: Uint8Array;
  try {
    // The limit keeps a wrong entry from unpacking to all of the memory.
    result = method === STORED ? bytes : inflateRawSync(bytes, { maxOutputLength: Math.max(1, unpacked) });
  } catch (error) {
    throw damaged((error as Error).message);
  }
  if (result.length !== unpacked) throw damaged(`it unpacks to ${result.length} bytes, ${unpacked} are expected`);
  if (crc32(result) !== crc) throw damaged("its check sum is wrong");
  return result;
}

/** An archive of `entries`, deflated or as they are. */
export function writeZip(entries: Iterable<[name: string, bytes: Uint8Array]>, deflate: boolean): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const list: Uint8Array[] = [];
  let at = 0;
  for (const [name, bytes] of entries) {
    const packed = deflate ? deflateRawSync(bytes) : bytes;
    const label = Buffer.from(name);
    // Version 2.0, flags, method, time and date, check sum, sizes, lengths of the name and of nothing else.
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(UTF8, 2);
    head.writeUInt16LE(deflate ? DEFLATED : STORED, 4);
    head.writeUInt16LE(DATE, 8);
    head.writeUInt32LE(crc32(bytes), 10);
    head.writeUInt32LE(size(packed.length, name), 14);
    head.writeUInt32LE(size(bytes.length, name), 18);
    head.writeUInt16LE(label.length, 22);
    pieces.push(uint32(LOCAL), head, label, packed);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(size(at, name), 10);
    list.push(uint32(CENTRAL), Buffer.from([20, 0]), head, rest, label);
    at += 30 + label.length + packed.length;
  }
  const count = list.length / 5;
  if (count >= 0xffff) throw new FormatError(`an .npz file holds at most 65534 arrays, got ${count}`);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(
    list.reduce((sum, piece) => sum + piece.length, 0),
    8,
  );
  end.writeUInt32LE(size(at, "the list"), 12);
  return [...pieces, ...list, uint32(END), end];
}

function size(n: number, name: string): number {
  if (n >= ZIP64)
    throw new FormatError(
      `"${name}" would be beyond 4 GiB, which needs zip64; save to .safetensors, or the arrays as .npy`,
    );
  return n;
}

function uint32(n: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(n);
  return bytes;
}
