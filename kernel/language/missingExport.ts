/** What to say of a name that a module does not export. */

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

/** The candidate that a name was probably meant to be: about a third of its letters differ. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const same = candidates.find((one) => one.toLowerCase() === name.toLowerCase());
  if (same !== undefined) return same;
  const ranked = candidates
    .map((one) => ({ one, distance: distance(name.toLowerCase(), one.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const most = name.length < 3 ? 0 : Math.ceil(name.length / 3);
  return ranked[0] && ranked[0].distance <= most ? ranked[0].one : undefined;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
