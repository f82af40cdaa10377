/** The option a user meant by `name`: the one with the fewest edits, if that is at most a third of its letters. */
export function nearest(name: string, options: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Infinity;
  for (const option of options) {
    const edits = distance(name.toLowerCase(), option.toLowerCase());
    if (edits < fewest && edits <= Math.ceil(option.length / 3)) [best, fewest] = [option, edits];
  }
  return best;
}

/** Levenshtein's distance, row by row. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
  }
  return row[b.length]!;
}
