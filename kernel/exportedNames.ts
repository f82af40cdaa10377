/**
 * The bundler puts all modules into one scope and calls the second `zeros` there `zeros2`. What a user prints is called as it
 * is exported. (Its own `keepNames` did that too, and cost 6 ms of the 42 that the library takes to load.)
 */
export function nameAsExported(space: object): void {
  for (const [name, value] of Object.entries(space) as [string, unknown][]) {
    if (typeof value === "function") {
      const isRenamed = value.name !== name && value.name.replace(/\d+$/, "") === name;
      if (isRenamed) Object.defineProperty(value, "name", { value: name, configurable: true });
    } else if (isNamespace(value)) nameAsExported(value);
  }
}

/** Of an ES module, or what a bundler makes of one. */
function isNamespace(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
