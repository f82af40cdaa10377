/** Files that may be gzip or not, told by their first bytes and not by their names. */
import { FileError } from "../tensor/errors.ts";
import { readFile } from "node:fs/promises";
import { constants, gunzip, type ZlibOptions } from "node:zlib";

export interface Unpacked {
  bytes: Uint8Array;
  /** False when the gzip stream ends early: `bytes` is then what could be unpacked, so that an error can name sizes. */
  complete: boolean;
}

const inflate = (bytes: Uint8Array, options: ZlibOptions) =>
  new Promise<Buffer>((resolve, reject) =>
    gunzip(bytes, options, (error, result) => (error ? reject(error) : resolve(result))),
  );

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

export async function readUnpacked(path: string): Promise<Unpacked> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EISDIR")
      throw new FileError(`cannot read ${path}: ${(error as Error).message}.`, { cause: error });
    throw new FileError(`${path} is a folder; a file is needed there. Move it away and fetch the file again.`, {
      cause: error,
    });
  }
  return unpack(bytes, path);
}

/** `bytes` unpacked if they are gzip, else themselves. `name` is the file's, for the error when the gzip is damaged. */
export async function unpack(bytes: Uint8Array, name: string): Promise<Unpacked> {
  if (!isGzip(bytes)) return { bytes, complete: true };
  try {
    return { bytes: await inflate(bytes, {}), complete: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "Z_BUF_ERROR") {
      throw new FileError(`${name}: a damaged gzip file (${(error as Error).message}). Fetch the file again.`, {
        cause: error,
      });
    }
    return { bytes: await inflate(bytes, { finishFlush: constants.Z_SYNC_FLUSH }), complete: false };
  }
}
