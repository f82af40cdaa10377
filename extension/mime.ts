/** Types of a MIME bundle: their order, and their values as bytes. */
import type { MimeBundle } from "../kernel/protocol/messages.ts";

/** Best first; the renderer draws the first that it can. What is not listed stands before the texts. */
const PREFERENCE = [
  "application/vnd.gradbook.widget+json",
  "application/vnd.gradbook.live+json",
  "application/vnd.plotly.v1+json",
  "text/html",
  "image/svg+xml",
  "image/png",
  "image/jpeg",
  "image/gif",
];
const TEXTS = [
  "text/latex",
  "text/markdown",
  "application/json",
  "text/plain",
  // For ipywidgets' front ends, which need a kernel that VS Code does not give them here.
  "application/vnd.jupyter.widget-view+json",
];

/** The types of a bundle, best first. */
export function typesOf(bundle: MimeBundle): string[] {
  return Object.keys(bundle).sort((a, b) => rank(a) - rank(b));
}

function rank(mime: string): number {
  const listed = PREFERENCE.indexOf(mime);
  if (listed >= 0) return listed;
  const text = TEXTS.indexOf(mime);
  return text >= 0 ? PREFERENCE.length + 1 + text : PREFERENCE.length;
}

const encoder = new TextEncoder();

/** Binary types come as base64, JSON types as values, texts as a string or as the lines of one. */
export function bytesOf(mime: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  // VS Code shows it as it comes.
  if (mime === "application/json") return encoder.encode(JSON.stringify(value, null, 2) ?? "null");
  const text = Array.isArray(value) && !isJson(mime) ? value.join("") : value;
  if (typeof text !== "string" || isJson(mime)) return encoder.encode(JSON.stringify(text) ?? "null");
  return isBinary(mime) ? new Uint8Array(Buffer.from(text, "base64")) : encoder.encode(text);
}

const isJson = (mime: string): boolean => mime === "application/json" || mime.endsWith("+json");

function isBinary(mime: string): boolean {
  if (mime === "image/svg+xml") return false;
  return /^(image|audio|video)\//.test(mime) || mime === "application/pdf" || mime === "application/octet-stream";
}
