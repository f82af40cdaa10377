/** What to say of a name that a module does not export. */
import { nearest } from "../text/nearest.ts";

/** A module that is there and does not export a name. */
export function missingExport(specifier: string, name: string, exported: readonly string[]): SyntaxError {
  const names = exported.filter((key) => key !== "module.exports");
  const near = nearest(name, names);
  const hint = near
    ? `Did you mean ${JSON.stringify(near)}?`
    : names.length === 0
      ? "It exports nothing."
      : `It exports ${names.slice(0, 10).join(", ")}${names.length > 10 ? ", …" : ""}.`;
  return new SyntaxError(`"${specifier}" has no export named "${name}". ${hint}`);
}
