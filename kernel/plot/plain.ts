/**
 * What a user hands to Plotly, as plain JSON: typed arrays and tensors become arrays, NaN and ±Infinity become null,
 * as Plotly itself reads gaps. Nothing is left that JSON.stringify would change.
 */
export function plain(value: unknown, path = "figure"): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item, i) => plain(item === undefined ? null : item, `${path}[${i}]`));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as unknown as ArrayLike<number>, (item) => plain(item));
  if (typeof value === "object") {
    const tensor = value as { toArray?: () => unknown; shape?: unknown };
    if (typeof tensor.toArray === "function" && Array.isArray(tensor.shape)) return plain(tensor.toArray(), path);
    const out: { [key: string]: unknown } = {};
    for (const [key, item] of Object.entries(value)) {
      // Plotly reads "absent" and "undefined" alike; JSON knows only the first.
      if (item !== undefined)
        Object.defineProperty(out, key, {
          value: plain(item, `${path}.${key}`),
          enumerable: true,
          writable: true,
          configurable: true,
        });
    }
    return out;
  }
  throw new TypeError(
    `plot.figure: ${path} is a ${typeof value}; a figure holds numbers, texts, arrays and plain objects.`,
  );
}
