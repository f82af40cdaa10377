/** The name that was probably meant: the one with the fewest letters to change, if they are few. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  // In a name of two letters another one of two is nothing like it.
  const most = name.length < 3 ? 0 : Math.ceil(name.length / 3);
  const ranked = names
    .map((each) => ({ each, changes: distance(wanted, each.toLowerCase()) }))
    .sort((a, b) => a.changes - b.changes);
  return ranked[0] && ranked[0].changes <= most ? ranked[0].each : undefined;
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows: number[][] = [];
  for (let i = 0; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      if (i === 0) {
        rows[0]!.push(j);
        continue;
      }
      const above = rows[i - 1]!;
      let least = Math.min(above[j]! + 1, rows[i]![j - 1]! + 1, above[j - 1]! + Number(a[i - 1] !== b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      rows[i]!.push(least);
    }
  }
  return rows[a.length]![b.length]!;
}
