/** Fetching one file from the first mirror that gives the right bytes. */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { poll } from "../tensor/poll.ts";
import { unpack } from "./gzip.ts";

export interface Progress {
  /** Name of the file that is coming. */
  file: string;
  /** Bytes so far, as they travel. */
  loaded: number;
  /** Bytes in all, when the server says so. */
  total: number | undefined;
}

export interface Download {
  /** Addresses of the same file, tried in this order. */
  urls: readonly string[];
  /** Where it goes; the folder is made. Written under a temporary name and renamed when it is whole and right. */
  to: string;
  /** SHA-256 in hexadecimal of the file's bytes, unpacked if it is gzip: mirrors pack differently. */
  sha256: string;
  /** Whether `sha256` is of the bytes as they come. */
  asItIs?: boolean | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** A connection that says nothing for so long is given up, in milliseconds. */
const SILENCE_MS = 30_000;

/**
 * Downloads a file. Rejects with `MirrorsFailed` when none of them works, and with the signal's reason at once
 * when aborted; then there is no file, and no temporary one.
 */
export async function download({ urls, to, sha256, asItIs = false, onProgress, signal }: Download): Promise<void> {
  const failures: string[] = [];
  for (const url of urls) {
    signal?.throwIfAborted();
    let bytes: Uint8Array;
    try {
      bytes = await get(url, { file: url.slice(url.lastIndexOf("/") + 1), onProgress, signal });
      await check(bytes, { sha256, asItIs, url });
    } catch (error) {
      // The user's wish, or an error of the user's own onProgress, is not the mirror's fault.
      if (!(error instanceof MirrorError)) throw error;
      failures.push(error.message);
      continue;
    }
    await write(to, bytes);
    return;
  }
  throw new MirrorsFailed(failures.join("\n"));
}

/** No mirror gave the file: one line for each. */
export class MirrorsFailed extends Error {}

/** Why one mirror did not do; the next one is tried. */
class MirrorError extends Error {}

interface Get {
  file: string;
  onProgress: Download["onProgress"];
  signal: AbortSignal | undefined;
}
async function get(url: string, { file, onProgress, signal }: Get): Promise<Uint8Array> {
  const silence = new AbortController();
  const giveUp = () => silence.abort(new Error(`no answer for ${SILENCE_MS / 1000} s`));
  const timer = setTimeout(giveUp, SILENCE_MS);
  const stop = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal;
  const network = async <T>(promise: Promise<T>): Promise<T> => {
    try {
      return await promise;
    } catch (error) {
      signal?.throwIfAborted();
      throw new MirrorError(`${url}: ${reason(error)}`, { cause: error });
    } finally {
      timer.refresh();
    }
  };
  try {
    const response = await network(fetch(url, { signal: stop }));
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new MirrorError(`${url}: the server says ${response.status} ${response.statusText}`);
    }
    // A server that packs for the journey (content-encoding) names the packed length, and fetch unpacks.
    const length = response.headers.get("content-encoding") ? null : response.headers.get("content-length");
    const total = length === null ? undefined : Number(length);
    const chunks: Uint8Array[] = [];
    let loaded = 0;
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await network(reader.read());
      if (done) break;
      chunks.push(value);
      loaded += value.length;
      poll();
      onProgress?.({ file, loaded, total });
    }
    if (total !== undefined && loaded !== total) {
      throw new MirrorError(`${url}: cut short: expected ${total} bytes, found ${loaded}`);
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
    silence.abort(); // ends the connection when we leave before the end
  }
}

async function check(
  bytes: Uint8Array,
  { sha256, asItIs, url }: { sha256: string; asItIs: boolean; url: string },
): Promise<void> {
  let content: Uint8Array;
  try {
    const unpacked = asItIs ? { complete: true, bytes } : await unpack(bytes, url);
    if (!unpacked.complete) throw new Error(`${url}: a gzip file that is cut short`);
    content = unpacked.bytes;
  } catch (error) {
    throw new MirrorError((error as Error).message, { cause: error });
  }
  const found = createHash("sha256").update(content).digest("hex");
  if (found !== sha256) throw new MirrorError(`${url}: wrong content: SHA-256 is ${found}, expected ${sha256}`);
}

async function write(to: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const temporary = `${to}.${randomUUID()}.part`;
  try {
    await writeFile(temporary, bytes, { flag: "wx" });
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** undici says "fetch failed" and keeps the reason in `cause`. */
function reason(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message ? cause.message : message;
}
