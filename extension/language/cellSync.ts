/** What the kernel's language service knows of a notebook's cells, kept equal to what the editor shows. */
import type { CellText, LanguageMethods, LanguageRequest } from "../../kernel/protocol/language.ts";

/** A code cell as the editor has it now. */
export interface EditorCell {
  uri: string;
  /** The editor's object for the text: another one for the same URI is another text, whatever its version. */
  document: object;
  version: number;
  text(): string;
}

type Sync = Extract<LanguageRequest, { method: "notebook/open" | "notebook/change" }>;
interface Known {
  order: string[];
  versions: Map<string, Pick<EditorCell, "document" | "version">>;
}

export class CellSync {
  #known: Known | undefined;

  /** What to say before the next question; undefined when the kernel knows these cells as they are. */
  next(cells: readonly EditorCell[]): Sync | undefined {
    const known = this.#known;
    const order = cells.map(({ uri }) => uri);
    const isKnown = ({ uri, document, version }: EditorCell): boolean => {
      const last = known?.versions.get(uri);
      return last?.document === document && last.version === version;
    };
    const changed = cells.filter((cell) => !isKnown(cell));
    const sameOrder = known?.order.length === order.length && known.order.every((uri, i) => uri === order[i]);
    if (known && sameOrder && changed.length === 0) return undefined;
    this.#known = {
      order,
      versions: new Map(cells.map(({ uri, document, version }) => [uri, { document, version }])),
    };
    const texts: CellText[] = changed.map(({ uri, text }) => ({ uri, text: text() }));
    if (!known) return { method: "notebook/open", params: { cells: texts } };
    const params: LanguageMethods["notebook/change"]["params"] = { order, changed: texts };
    return { method: "notebook/change", params };
  }

  /** A new kernel knows nothing, and one that failed to take a change knows nobody knows what. */
  forget(): void {
    this.#known = undefined;
  }
}
