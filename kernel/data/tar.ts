/**
 * Tar archives: blocks of 512 bytes; a header with name, size in octal and check sum, then the file's bytes.
 *
 * Source: POSIX.1-2001, pax, "ustar Interchange Format".
 */
const BLOCK = 512;

/** The files in an archive by name, without folders and links; views of `archive`. `name` is the archive's, for errors. */
export function readTar(archive: Uint8Array, name: string): Map<string, Uint8Array> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length;) {
    const header = bytes.subarray(at, at + BLOCK);
    // Two blocks of zeros end the archive; some writers fill up the tape behind them.
    if (header.every((byte) => byte === 0)) return files;
    if (header.length < BLOCK)
      throw new Error(`${name}: the archive is cut short at byte ${bytes.length}. Fetch it again.`);
    if (octal(header, 148, 8) !== checksum(header))
      throw new Error(`${name}: not a tar archive, or damaged at byte ${at}. Fetch it again.`);
    const size = octal(header, 124, 12);
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length !== size) {
      throw new Error(
        `${name}: the archive is cut short: ${text(header, 0, 100)} has ${size} bytes, ${content.length} are there. Fetch it again.`,
      );
    }
    const isFile = header[156] === 0 || header[156] === "0".charCodeAt(0);
    if (isFile) files.set([text(header, 345, 155), text(header, 0, 100)].filter(Boolean).join("/"), content);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** A field of text that ends with a zero byte, or fills its place. */
function text(header: Buffer, at: number, length: number): string {
  const end = header.indexOf(0, at);
  return header.toString("utf8", at, end < 0 ? at + length : Math.min(end, at + length));
}

const octal = (header: Buffer, at: number, length: number) => parseInt(text(header, at, length).trim() || "0", 8);

/** The sum of the header's bytes, its own place taken as spaces. */
function checksum(header: Buffer): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : header[i]!;
  return sum;
}
