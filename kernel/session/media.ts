/** What `display.html(…)` and its neighbours show: text or bytes of a known type, with something readable for viewers that lack it. */
import { readFileSync } from "node:fs";
import type { MimeBundle } from "../protocol/messages.ts";
import { inspectValue } from "./mimeBundle.ts";

/** Bytes, or the path or URL of a file. */
export type ImageSource = Uint8Array | ArrayBuffer | string | URL;

const needsText = (who: string, text: unknown): string => {
  if (typeof text === "string") return text;
  throw new TypeError(`display.${who}: needs a string, got ${inspectValue(text).slice(0, 100)}.`);
};

export const media = {
  html(text: string): MimeBundle {
    const plain = needsText("html", text)
      .replace(/<(script|style)\b[^]*?<\/\1\s*>/gi, "")
      .replace(/<[^>]*>/g, " ");
    return { "text/html": text, "text/plain": plain.replace(/\s+/g, " ").trim() };
  },
  markdown: (text: string): MimeBundle => ({ "text/markdown": needsText("markdown", text), "text/plain": text }),
  /** A formula needs no dollar signs. */
  latex(text: string): MimeBundle {
    const ready = /\$|\\\(|\\\[/.test(needsText("latex", text)) ? text : `$$${text}$$`;
    return { "text/latex": ready, "text/plain": text };
  },
  json: (value: unknown): MimeBundle => ({ "application/json": jsonOf(value), "text/plain": inspectValue(value) }),
  svg(text: string): MimeBundle {
    if (!/<svg[\s>]/.test(needsText("svg", text).slice(0, 10_000)))
      throw new TypeError("display.svg: the text has no <svg> element.");
    return { "image/svg+xml": text, "text/plain": "SVG picture" };
  },
  image(source: ImageSource): MimeBundle {
    const bytes = bytesOf(source);
    const mime = typeOf(bytes);
    if (mime === "image/svg+xml") return media.svg(bytes.toString("utf8"));
    return {
      [mime]: bytes.toString("base64"),
      "text/plain": `${mime.slice(6).toUpperCase()} picture, ${bytes.length.toLocaleString("en-US")} bytes`,
    };
  },
};

function jsonOf(value: unknown): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(value) as string | undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : inspectValue(error);
    throw new TypeError(`display.json: the value has no JSON (${why}). Use display(value) to see it.`, {
      cause: error,
    });
  }
  if (text === undefined) throw new TypeError(`display.json: ${inspectValue(value).slice(0, 100)} has no JSON.`);
  return JSON.parse(text) as unknown;
}

function bytesOf(source: ImageSource): Buffer {
  if (typeof source === "string" || source instanceof URL) return readFileSync(source);
  if (source instanceof Uint8Array) return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof ArrayBuffer) return Buffer.from(source);
  throw new TypeError(
    `display.image: needs bytes (Uint8Array, ArrayBuffer) or the path of a file, got ${inspectValue(source).slice(0, 100)}.`,
  );
}

/** By what the file begins with: its name may be anything. */
function typeOf(bytes: Buffer): string {
  const start = bytes.toString("latin1", 0, 16);
  if (start.startsWith("\x89PNG")) return "image/png";
  if (start.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(start)) return "image/gif";
  if (/^RIFF[^]{4}WEBP/.test(start)) return "image/webp";
  if (/<svg[\s>]/.test(bytes.toString("utf8", 0, 1000))) return "image/svg+xml";
  throw new TypeError(
    `display.image: these ${bytes.length} bytes are no PNG, JPEG, GIF, WebP or SVG; they begin with ${bytes.subarray(0, 8).toString("hex") || "nothing"}.`,
  );
}
