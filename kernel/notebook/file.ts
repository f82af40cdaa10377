/** Notebooks on disk. */
import { randomBytes } from "node:crypto";
import { lstat, open, readFile, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { storedCell, type Notebook } from "./format.ts";
import { jsonText, parseJson } from "./json.ts";
import { checkNotebook, NotebookError } from "./check.ts";

/** Reads a notebook. Throws `NotebookError`, naming the file and what is wrong with it. */
export async function readNotebook(path: string): Promise<Notebook> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: "there is no such file",
      EISDIR: "is a folder",
      EACCES: "may not be read",
    };
    throw new NotebookError(path, reasons[code ?? ""] ?? message);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new NotebookError(path, "is not UTF-8 text, so it is not a notebook (.ipynb)");
  }
  return parseNotebook(text, path);
}

/** The notebook that `text` holds; `name` is what errors call it. */
export function parseNotebook(text: string, name: string): Notebook {
  if (text.trim() === "")
    throw new NotebookError(name, "is empty. A new notebook is made by the editor, not by an empty file");
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    if (/^<{7} /m.test(text))
      throw new NotebookError(name, "holds the marks of a merge (<<<<<<<). Resolve the merge first");
    throw new NotebookError(name, `is not JSON: ${(error as Error).message.replaceAll(/\s+/g, " ")}`);
  }
  return checkNotebook(value, name);
}

/** The text of a notebook's file, as Jupyter writes it. */
export const notebookText = (notebook: Notebook): string =>
  jsonText({ ...notebook, cells: notebook.cells.map(storedCell) }) + "\n";

/**
 * Writes a file so that at every moment the old or the new one is whole: to a temporary name beside it, then renamed.
 * A symbolic link stays one; the permissions of an existing file stay.
 */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const mode = await lstat(target).then(
    (stat) => stat.mode & 0o777,
    () => undefined,
  );
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(text);
      // Without it a crash of the machine after the rename may leave an empty file.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new Error(`${path}: could not be written: ${(error as Error).message}`, { cause: error });
  }
}
