/**
 * A cell as TypeScript sees it: an ES module. On a line before the cell's first, generated code imports what other cells
 * declare and exports what this one does; so cells see each other, a name declared again in another cell is no error, and
 * references lead from cell to cell through TypeScript's own import and export specifiers.
 *
 * The types of assignments to another cell's `let` are checked too, where TypeScript would only say that imports are
 * constant: such a name is not imported but a view, `declare let x: typeof $gradbook_x`.
 */
import type { CellText } from "./cellText.ts";

/** Begins every name that generated code makes for itself. */
export const OURS = "$gradbook_";

/** Something that declares names for cells: another cell, or the module of the cell globals. */
export interface Provider {
  /** As cells import it. */
  specifier: string;
  cell: CellText;
}

export interface Alias {
  provider: Provider;
  /** Offset in `code` of the name that the generated code declares, where TypeScript finds its references in this cell. */
  at: number;
  view: boolean;
}

interface Insertion {
  /** Offset in the cell. */
  at: number;
  text: string;
  /** A closing one stands before what begins at `at`, also for somebody who looks from `at` on. */
  closing: boolean;
}

export class CellFile implements Provider {
  /** The document of the editor; undefined for a text that only was executed. */
  readonly uri: string | undefined;
  readonly path: string;
  readonly specifier: string;
  cell: CellText;
  /** What TypeScript sees, and how often it has changed. */
  code = "";
  version = 0;
  /** What the cell has from elsewhere. */
  aliases = new Map<string, Alias>();
  private insertions: Insertion[] = [];

  constructor({ uri, folder, name, cell }: { uri?: string; folder: string; name: string; cell: CellText }) {
    this.uri = uri;
    this.path = `${folder}/[${name}].ts`;
    this.specifier = `./[${name}].ts`;
    this.cell = cell;
  }

  /** Writes the code anew; of `providers` that declare the same name the last one counts. */
  link(providers: readonly Provider[]): void {
    const { cell } = this;
    const aliases = new Map<string, Alias>();
    const winners = new Map<string, Provider>();
    for (const provider of providers) for (const name of provider.cell.declares.keys()) winners.set(name, provider);
    // From each something, be it nothing: as long as the same files are imported, TypeScript keeps its program.
    const byProvider = new Map<Provider, string[]>(providers.map((provider) => [provider, []]));
    for (const [name, provider] of winners) if (!cell.declares.has(name)) byProvider.get(provider)!.push(name);
    let prelude = "";
    for (const [provider, names] of byProvider) {
      let views = "";
      prelude += "import {";
      for (const name of names) {
        const view = cell.assigns.has(name) ? viewOf(provider.cell.declares.get(name)!.kind) : undefined;
        if (view) {
          prelude += ` ${name} as ${OURS}${name},`;
          views += ` declare ${view} ${name}: typeof ${OURS}${name};`;
          continue;
        }
        aliases.set(name, { provider, at: prelude.length + 1, view: false });
        prelude += ` ${name},`;
      }
      prelude += ` } from ${JSON.stringify(provider.specifier)};`;
      for (const { 0: declaration, 1: name, index } of views.matchAll(/ declare \w+ (\S+): typeof \S+;/g)) {
        const before = declaration.indexOf(`${name}:`);
        aliases.set(name!, { provider, at: prelude.length + index + before, view: true });
      }
      prelude += views;
    }
    const own = [...cell.declares].filter(([, { exported }]) => !exported).map(([name]) => name);
    // Without the second semicolon TypeScript takes the export for unfinished and indents what follows. The blank line
    // keeps our imports and the cell's apart for whoever sorts imports.
    prelude += `export { ${own.join(", ")} };;\n\n`;
    const insertions: Insertion[] = [{ at: 0, text: prelude, closing: false }];
    if (cell.object) {
      insertions.push({ at: cell.object.start, text: ";(", closing: false });
      insertions.push({ at: cell.object.end, text: ")", closing: true });
    }
    let code = "";
    let from = 0;
    for (const { at, text } of insertions) {
      code += cell.code.slice(from, at) + text;
      from = at;
    }
    code += cell.code.slice(from);
    this.insertions = insertions;
    this.aliases = aliases;
    if (code === this.code) return;
    this.code = code;
    this.version++;
  }

  /** Offset in `code` of an offset in the cell. */
  toCode(offset: number): number {
    let shift = 0;
    for (const { at, text, closing } of this.insertions) {
      if (at < offset || (at === offset && !closing)) shift += text.length;
    }
    return offset + shift;
  }

  /** Offset in the cell of an offset in `code`; undefined in generated code. */
  toCell(offset: number): number | undefined {
    let shift = 0;
    for (const { at, text } of this.insertions) {
      const begin = at + shift;
      if (offset < begin) break;
      if (offset < begin + text.length) return offset === begin && begin > 0 ? at : undefined;
      shift += text.length;
    }
    return offset - shift;
  }

  /** The name that generated code has at an offset of `code`. */
  aliasAt(offset: number): string | undefined {
    for (const [name, { at }] of this.aliases) if (offset >= at && offset <= at + name.length) return name;
    return undefined;
  }
}

/** How a cell sees a variable of another cell that it assigns. Anything else is imported, and assigning it an error. */
function viewOf(kind: string): "let" | "const" | undefined {
  return kind === "let" || kind === "var" ? "let" : kind === "const" ? "const" : undefined;
}
