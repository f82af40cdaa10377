/** A misspelt option of a cell's function is an error that names it. */
export function refuseUnknown(who: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${who}: options must be an object like { ${known[0]}: … }, got ${String(options)}.`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`${who}: unknown option "${name}". Options: ${known.join(", ")}.`);
  }
}
