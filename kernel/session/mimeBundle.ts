/**
 * A value as a MIME bundle: an object may say itself how it is shown, by a method under `Symbol.for("Jupyter.display")`
 * (the same symbol as Deno's kernel uses); everything else is shown as Node's inspector prints it.
 */
import { inspect } from "node:util";
import type { MimeBundle } from "../protocol/messages.ts";

const DISPLAY = Symbol.for("Jupyter.display");

export function mimeBundle(value: unknown): MimeBundle {
  const own = ownBundle(value);
  if (own) return own;
  return { "text/plain": inspectValue(value) };
}

function ownBundle(value: unknown): MimeBundle | undefined {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  const method = (value as { [DISPLAY]?: unknown })[DISPLAY];
  if (typeof method !== "function") return undefined;
  const bundle: unknown = method.call(value);
  if (typeof bundle === "object" && bundle !== null && Object.keys(bundle).every((mime) => mime.includes("/"))) {
    return bundle as MimeBundle;
  }
  throw new TypeError(
    `display: [Symbol.for("Jupyter.display")]() of ${value.constructor?.name ?? "this object"} must return an object of MIME types, got ${inspectValue(bundle)}. Example: { "text/plain": "…" }`,
  );
}

export function inspectValue(value: unknown): string {
  return inspect(value, { depth: 4, maxArrayLength: 100, maxStringLength: 10_000, breakLength: 100 });
}

/** About how many characters a bundle has, without building them: for back-pressure only. */
export function sizeOf(bundle: MimeBundle): number {
  let size = 0;
  for (const value of Object.values(bundle))
    size += typeof value === "string" ? value.length : 8 * countNumbers(value, 4);
  return size;
}

function countNumbers(value: unknown, depth: number): number {
  if (Array.isArray(value)) {
    return typeof value[0] === "object" && depth > 0
      ? value.reduce((sum: number, item) => sum + countNumbers(item, depth - 1), 0)
      : value.length;
  }
  if (typeof value !== "object" || value === null || depth === 0) return 1;
  return Object.values(value).reduce((sum: number, item) => sum + countNumbers(item, depth - 1), 0);
}
