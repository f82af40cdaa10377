/**
 * JSON that goes out as it came in: keys in Jupyter's order, numbers in the spelling of the file.
 *
 * Jupyter writes `json.dumps(nb, indent=1, sort_keys=True, ensure_ascii=False)` and a line end. JavaScript's own
 * `JSON.stringify` puts keys that look like whole numbers first, and `1.0` in a Python figure would come back as `1`.
 */

/** A number whose spelling JavaScript would change; `JSON.rawJSON` makes it, TypeScript has no name for it yet. */
interface RawNumber {
  rawJSON: string;
}
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
};

/** The value of a JSON text; a number that JavaScript would write differently stays as it is spelled. */
export function parseJson(text: string): unknown {
  const keepSpelling = (_key: string, value: unknown, context: { source?: string }) =>
    typeof value === "number" && context.source !== undefined && String(value) !== context.source
      ? rawJSON(context.source)
      : value;
  // TypeScript's declaration does not know the third argument.
  return JSON.parse(text, keepSpelling as (this: unknown, key: string, value: unknown) => unknown);
}

/** JSON text of a value as Jupyter writes it, without the last line end. */
export function jsonText(value: unknown, indent = ""): string {
  if (value === null || typeof value !== "object" || isRawJSON(value)) return JSON.stringify(value) ?? "null";
  const inner = indent + " ";
  const list = (items: string[], [open, close]: string) =>
    items.length === 0 ? `${open}${close}` : `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`;
  if (Array.isArray(value))
    return list(
      value.map((item) => jsonText(item, inner)),
      "[]",
    );
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  // Python orders strings by code point, which is the order of their UTF-8 bytes; JavaScript's `<` is not.
  entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return list(
    entries.map(([key, item]) => `${JSON.stringify(key)}: ${jsonText(item, inner)}`),
    "{}",
  );
}
