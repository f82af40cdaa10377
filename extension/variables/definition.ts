/** Where a cell's text declares a name, or assigns to it: from and to, in code units. The cell's start when it does not say. */
export function definitionIn(text: string, name: string): [from: number, to: number] {
  const word = `(?<![\\w$.])${name.replace(/[$]/g, "\\$&")}(?![\\w$])`;
  const declaring = `(?:const|let|var|function\\*?|class|enum|namespace|using|import)\\b[^;=]*?`;
  for (const pattern of [declaring + word, `${word}\\s*(?:[-+*/%&|^?<>]{0,3}=(?!=)|\\+\\+|--)`, word]) {
    const found = new RegExp(pattern, "su").exec(text);
    if (!found) continue;
    const from = found.index + found[0].search(new RegExp(word, "u"));
    return [from, from + name.length];
  }
  return [0, 0];
}
