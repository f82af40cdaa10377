/** Sizes that do not fit together, a dim that does not exist, an index out of range. */
export class ShapeError extends RangeError {
  override name = "ShapeError";
}

/** An element type that the operation cannot use. */
export class DTypeError extends TypeError {
  override name = "DTypeError";
}

/** A gradient that cannot be had: nothing recorded, a value changed since, a graph already freed, no rule. */
export class AutogradError extends Error {
  override name = "AutogradError";
}

/** An option or argument that is unknown or out of its range. */
export class OptionError extends TypeError {
  override name = "OptionError";
}

/** A file that is not there, cut off, or of another kind. */
export class FileError extends Error {
  override name = "FileError";
}

/** There is no room for a tensor. What the program holds is untouched. */
export class MemoryError extends RangeError {
  override name = "MemoryError";
}

/** `value` as it should appear in an error message: short, and recognisable. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? value.slice(0, 40) + "…" : value);
  if (typeof value === "function") return `function ${value.name || "(no name)"}`;
  if (Array.isArray(value))
    return value.length > 8 ? `an array of ${value.length}` : `[${value.map(describe).join(", ")}]`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "object" && value !== null) {
    const { shape, dtype } = value as { shape?: unknown; dtype?: unknown };
    const kind = value.constructor?.name ?? "object";
    if (Array.isArray(shape)) return `${kind} ${String(dtype)} [${shape.join(", ")}]`;
    return kind === "Object" ? `an object with ${Object.keys(value).join(", ") || "no properties"}` : `a ${kind}`;
  }
  return String(value);
}
