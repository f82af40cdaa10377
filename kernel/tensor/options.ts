import { describe, OptionError } from "./errors.ts";

/**
 * Refuses options that `who` does not know, by name: notebook code is often not type-checked, and a misspelt `lr` must
 * not train with the default.
 */
export function checkOptions(who: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options) || "storage" in options) {
    throw new OptionError(`${who}: options must be an object like { ${known[0] ?? ""}: … }, got ${describe(options)}.`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const list = known.length === 0 ? "It takes none." : `Options: ${known.join(", ")}.`;
    throw new OptionError(`${who}: unknown option ${JSON.stringify(name)}. ${list}`);
  }
}

/** A number in a range, or an error that names the option. `range` is the condition in words: "≥ 0". */
export function checkNumber(
  who: string,
  name: string,
  value: unknown,
  range: string,
  holds: (x: number) => boolean,
): void {
  if (typeof value !== "number" || !holds(value)) {
    throw new OptionError(`${who}: ${name} must be a number ${range}, got ${describe(value)}.`);
  }
}
