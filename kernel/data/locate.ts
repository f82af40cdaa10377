/** Where the files of a data set are: in a folder of the user's, in the cache, or to be downloaded. */
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "./cacheFolder.ts";
import { download, MirrorsFailed, type Progress } from "./download.ts";
import { progressLine } from "./progress.ts";

/** A data set is neither on this machine nor to be had from its mirrors. The message says which files to put where. */
export class DataUnavailable extends Error {
  override name = "DataUnavailable";
}

export interface DataFile {
  /** Its name on the mirrors, and in the folder after a download. */
  name: string;
  /** Other names under which people keep it. */
  otherNames?: readonly string[];
  /** SHA-256 of the content, unpacked if the file is gzip. Files that the user put there are not checked against it. */
  sha256: string;
  /** Whether `sha256` is of the file as it is, packed: for archives that every mirror has byte for byte. */
  asItIs?: boolean;
}

export interface Locate {
  /** For messages: "data.mnist". */
  who: string;
  /** Name of the data set's folder inside GRADBOOK_DATA and the cache. */
  folder: string;
  /** All files of the data set, for the message, and those needed now. */
  files: readonly DataFile[];
  needed: readonly DataFile[];
  /** Folder addresses, each ending without a slash, tried in this order. */
  mirrors: readonly string[];
  /** The user's folder: then the only place to look, and where a download goes. */
  root?: string | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** What to do when nothing helps; the end of the message. */
  otherwise?: string;
}

/**
 * The paths of the needed files: in `root` if it is given, else in `$GRADBOOK_DATA/<folder>`, else in the user's cache
 * folder; what is missing in the last of these is downloaded there.
 */
export async function locate(what: Locate): Promise<string[]> {
  const folders = foldersOf(what);
  for (const folder of folders) {
    const paths = await Promise.all(what.needed.map((file) => find(folder, file)));
    if (paths.every((path) => path !== undefined)) return paths;
  }
  return fetchMissing(what, folders);
}

/** Where files of a data set may be: the user's own folder and nowhere else, or those of all data sets. */
export function foldersOf({ root, folder: name }: Pick<Locate, "root" | "folder">): string[] {
  if (root !== undefined) return [root];
  const cache = cacheFolder({ platform: process.platform, home: homedir(), env: process.env });
  const data = process.env["GRADBOOK_DATA"];
  return [...(data ? [join(data, name)] : []), join(cache, name)];
}

/** The path of a file in `folder`, under any of its names. */
export async function find(
  folder: string,
  { name, otherNames = [] }: Pick<DataFile, "name" | "otherNames">,
): Promise<string | undefined> {
  for (const candidate of [name, ...otherNames]) {
    const path = join(folder, candidate);
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}

async function fetchMissing(what: Locate, folders: string[]): Promise<string[]> {
  const folder = folders.at(-1)!;
  const line = progressLine(what.who);
  const onProgress = (progress: Progress) => {
    line.show(progress);
    what.onProgress?.(progress);
  };
  const paths: string[] = [];
  let count = 0;
  for (const file of what.needed) {
    const there = await find(folder, file);
    paths.push(there ?? join(folder, file.name));
    if (there !== undefined) continue;
    const urls = what.mirrors.map((mirror) => `${mirror}/${file.name}`);
    try {
      await download({
        urls,
        to: join(folder, file.name),
        sha256: file.sha256,
        asItIs: file.asItIs,
        onProgress,
        signal: what.signal,
      });
    } catch (error) {
      if (!(error instanceof MirrorsFailed)) throw error;
      throw new DataUnavailable(unavailable(what, folders, file, error), { cause: error });
    }
    count++;
  }
  line.end(`downloaded ${count} ${count === 1 ? "file" : "files"} to ${folder}`);
  return paths;
}

function unavailable({ who, files, otherwise }: Locate, folders: string[], file: DataFile, failure: Error): string {
  const list = (lines: readonly string[]) => lines.map((line) => `\n  ${line}`).join("");
  return (
    `${who}: ${file.name} is not on this machine, and no mirror gave it.` +
    `\nLooked in:${list(folders)}` +
    `\nMirrors:${failure.message === "" ? " none was given (mirrors: [])" : list(failure.message.split("\n"))}` +
    `\nPut ${files.length === 1 ? "this file, as it is or unpacked," : `these ${files.length} files, as they are or unpacked,`} into ${folders.at(-1)} (or into a folder of yours, given as root):` +
    list(files.map(({ name }) => name)) +
    (otherwise ? `\n${otherwise}` : "")
  );
}
