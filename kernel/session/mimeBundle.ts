/**
 * A value as a MIME bundle: an object may say itself how it is shown, by a method under `Symbol.for("Jupyter.display")`
 * (the same symbol as Deno's kernel uses); an array of records is a table; everything else is shown as Node's inspector
 * prints it. Nothing but that method and custom inspectors is called.
 */
import { inspect, types } from "node:util";
import type { MimeBundle } from "../protocol/messages.ts";
import { tableBundle } from "./table.ts";

export const DISPLAY = Symbol.for("Jupyter.display");
/** Characters of the inspector's text: an object may have a million keys. */
const LONGEST = 100_000;

const unshown = new WeakSet<object>();

/** A cell that ends with this function shows nothing: `button.onClick(…)` is about the handler, not about taking it away. */
export function asNoResult<F extends () => void>(value: F): F {
  unshown.add(value);
  return value;
}
/** Whether a cell that ends with this value shows it; `shown`: what it shows already. */
export const isResult = (value: unknown, shown: WeakSet<object>): boolean =>
  value !== undefined && !(typeof value === "function" && unshown.has(value)) && !shown.has(value as object);

/** A promise when the object's own method is asynchronous. Never fails: a method that does is reported on stderr. */
export function mimeBundle(value: unknown): MimeBundle | Promise<MimeBundle> {
  const method = ownMethod(value);
  if (!method) return inspected(value);
  try {
    const bundle = method();
    return types.isPromise(bundle)
      ? bundle.then(
          (settled) => checked(settled, value),
          (error: unknown) => failed(value, error),
        )
      : checked(bundle, value);
  } catch (error) {
    return failed(value, error);
  }
}

function ownMethod(value: unknown): (() => unknown) | undefined {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || types.isProxy(value))
    return undefined;
  const method = (value as { [DISPLAY]?: unknown })[DISPLAY];
  return typeof method === "function" ? () => method.call(value) : undefined;
}

function checked(bundle: unknown, value: unknown): MimeBundle {
  return isBundle(bundle)
    ? withoutBytes(bundle)
    : failed(value, new TypeError(`must return ${NEEDED}, got ${inspectValue(bundle)}.`));
}

function withoutBytes(bundle: MimeBundle): MimeBundle {
  const text = (value: unknown): unknown =>
    value instanceof Uint8Array
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")
      : value;
  return Object.fromEntries(Object.entries(bundle).map(([mime, value]) => [mime, text(value)])) as MimeBundle;
}

const NEEDED = 'an object of MIME types like { "text/plain": "…" }';

function isBundle(value: unknown): value is MimeBundle {
  if (typeof value !== "object" || value === null) return false;
  const types = Object.keys(value);
  return types.length > 0 && types.every((mime) => MIME_TYPE.test(mime));
}
/** Without parameters, as Jupyter's schema has it. */
const MIME_TYPE = /^[\w\-+.]+\/[\w\-+.]+$/;

/** For a bundle that the user has written himself. Bytes go as base64, like every picture of a notebook. */
export function checkedBundle(bundle: unknown): MimeBundle {
  if (isBundle(bundle)) return withoutBytes(bundle);
  throw new TypeError(`display.bundle: needs ${NEEDED}, got ${inspectValue(bundle).slice(0, 100)}.`);
}

function failed(value: unknown, error: unknown): MimeBundle {
  const name = (typeof value === "function" ? value.name : value?.constructor?.name) || "this object";
  const what =
    error instanceof TypeError && error.message.startsWith("must return")
      ? error.message
      : `failed: ${error instanceof Error ? `${error.name}: ${error.message}` : inspectValue(error)}`;
  process.stderr.write(`display: [Symbol.for("Jupyter.display")]() of ${name} ${what}\n`);
  return inspected(value);
}

const inspected = (value: unknown): MimeBundle => tableBundle(value) ?? { "text/plain": inspectValue(value) };

export function inspectValue(value: unknown): string {
  const options = { depth: 4, maxArrayLength: 100, maxStringLength: 10_000, breakLength: 100 };
  let text: string;
  try {
    text = inspect(value, options);
  } catch {
    // A custom inspector that fails must not hide the object.
    text = inspect(value, { ...options, customInspect: false });
  }
  const left = text.length - LONGEST;
  return left > 0 ? `${text.slice(0, LONGEST)}\n… ${left.toLocaleString("en-US")} more characters` : text;
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
