import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, OptionError } from "../tensor/errors.ts";
import { unpack } from "./gzip.ts";

/** A file's path, or the text itself; a string with a line break is taken for text. */
export type TextSource = string | URL | { readonly text: string };

/** The text and what to call it in messages. Gzip is unpacked. `encoding` is a label of the WHATWG, like "latin1". */
export async function readText(
  who: string,
  source: TextSource,
  encoding = "utf-8",
): Promise<{ text: string; name: string }> {
  if (typeof source === "string" && /[\n\r]/.test(source)) return { text: source, name: "the text" };
  if (typeof source === "object" && source !== null && "text" in source && typeof source.text === "string")
    return { text: source.text, name: "the text" };
  const path = source instanceof URL ? fileURLToPath(source) : source;
  if (typeof path !== "string" || path === "")
    throw new OptionError(`${who}: needs a path or { text: "…" }, got ${describe(source)}.`);
  const decoder = decoderOf(who, encoding);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const where = code === "ENOENT" ? ` Looked from ${process.cwd()}.` : "";
    throw new Error(`${who}: cannot read ${path}: ${message}.${where}`, { cause: error });
  }
  const unpacked = await unpack(bytes, path);
  if (!unpacked.complete) throw new Error(`${who}: ${path}: the gzip file is cut short. Fetch the file again.`);
  try {
    return { text: decoder.decode(unpacked.bytes), name: path };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_STRING_TOO_LONG")
      throw new Error(`${who}: ${path} has ${unpacked.bytes.length} bytes, more than one text can hold. Split it.`, {
        cause: error,
      });
    throw new Error(`${who}: ${path} is not ${encoding}. Give { encoding: "latin1" }, or save it as UTF-8.`, {
      cause: error,
    });
  }
}

function decoderOf(who: string, encoding: string) {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (error) {
    throw new OptionError(
      `${who}: unknown encoding ${describe(encoding)}; known are "utf-8", "latin1", "utf-16le" ….`,
      {
        cause: error,
      },
    );
  }
}
