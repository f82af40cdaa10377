/** A notebook in one text for the tests of the language service: cells between lines of `---`, the caret as `‸`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Diagnostic, Location, TextEdit, WorkspaceEdit } from "vscode-languageserver-types";
import { methods } from "../../kernel/language/service/methods/index.ts";
import { NotebookService } from "../../kernel/language/service/service.ts";
import { typeFiles } from "../../kernel/language/service/typeFiles.ts";
import type { At, LanguageMethod, LanguageMethods } from "../../kernel/protocol/language.ts";

const CARET = "‸";

/** What most cells of a lab have above them. */
export const LAB = `import { nn, optim, type Tensor } from "gradbook";
class Net extends nn.Module {
  /** Maps two numbers to one. */
  layer = new nn.Linear(2, 1);
  forward(x: Tensor) { return this.layer.forward(x); }
}
const model = new Net();
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
---
`;

export interface Row {
  name: string;
  text: string;
}
export function check<R extends Row>(rows: readonly R[], of: (row: R) => void): void {
  for (const row of rows) it(row.name, () => of(row));
}

const ABOUT_NAMES = new Set([2300, 2304, 2305, 2306, 2440, 2448, 2451, 2552, 2632, 2686]);

export class NotebookUnderTest {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-language-"));
  readonly service = new NotebookService({
    folder: this.folder,
    types: typeFiles(path.resolve(import.meta.dirname, "../../kernel"), { bundled: false }),
  });
  cells: string[] = [];
  /** Where the caret is. */
  at: At = { textDocument: { uri: "" }, position: { line: 0, character: 0 } };

  open(text: string): this {
    this.cells = text.split(/^---\n/m).map((cell) => cell.replace(/\n$/, ""));
    this.cells.forEach((cell, i) => {
      const caret = cell.indexOf(CARET);
      if (caret < 0) return;
      this.cells[i] = cell.replace(CARET, "");
      const before = cell.slice(0, caret).split(/\r\n|\n/);
      this.at = {
        textDocument: { uri: uriOf(i) },
        position: { line: before.length - 1, character: before.at(-1)!.length },
      };
    });
    this.service.notebook.forget();
    this.ask("notebook/open", { cells: this.cells.map((cell, i) => ({ uri: uriOf(i), text: cell })) });
    return this;
  }

  /** Writes a file into the notebook's folder. */
  write(name: string, text: string): void {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  ask<M extends LanguageMethod>(method: M, params: LanguageMethods[M]["params"]): LanguageMethods[M]["result"] {
    return methods[method](this.service, params);
  }

  /** Of each cell, as `line: message`; hints are left out. */
  problems(text: string): string[][] {
    return this.diagnostics(text, ({ severity }) => severity !== 4);
  }

  /** Errors that say that a name is unknown, or declared twice, or cannot be assigned. */
  aboutNames(cells: readonly string[]): string[] {
    this.open(cells.join("\n---\n"));
    const found = Object.values(this.ask("notebook/diagnostics", {})).flat();
    return (
      found
        .filter(({ code }) => ABOUT_NAMES.has(code as number))
        // Some cells are about a global that their test makes.
        .filter(({ message }) => !(/'(.*?)'/.exec(String(message))![1]! in globalThis))
        .map(({ code, message }) => `${code} ${String(message)}`)
    );
  }

  hints(text: string): string[][] {
    return this.diagnostics(text, ({ severity }) => severity === 4);
  }

  private diagnostics(text: string, wanted: (diagnostic: Diagnostic) => boolean): string[][] {
    this.open(text);
    const found = this.ask("notebook/diagnostics", {});
    return this.cells.map((_, i) =>
      found[uriOf(i)]!.filter(wanted).map(
        ({ range, message }) => `${range.start.line + 1}: ${String(message).split("\n")[0]}`,
      ),
    );
  }

  /** Places as `cell 1 "the text there" 3:5`, or the name of the file; counted from 1. */
  places(locations: readonly Location[]): string[] {
    return locations.map(({ uri, range }) => {
      const index = uris(this.cells.length).indexOf(uri);
      if (index < 0) return path.basename(new URL(uri).pathname);
      const { start } = range;
      return `cell ${index + 1} ${JSON.stringify(cut(this.cells[index]!, range))} ${start.line + 1}:${start.character + 1}`;
    });
  }

  /** The whole notebook after an edit, in the form that `open` takes. */
  edited(changes: WorkspaceEdit["changes"] = {}): string {
    return this.cells.map((cell, i) => apply(cell, changes[uriOf(i)] ?? [])).join("\n---\n");
  }

  remove(name: string): void {
    rmSync(path.join(this.folder, name));
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function uriOf(index: number): string {
  return `vscode-notebook-cell:/n.ipynb#W${index}`;
}

function uris(count: number): string[] {
  return Array.from({ length: count }, (_, i) => uriOf(i));
}

function apply(text: string, edits: readonly TextEdit[]): string {
  const sorted = edits
    .map(({ range, newText }, order) => ({
      start: offset(text, range.start),
      end: offset(text, range.end),
      newText,
      order,
    }))
    .sort((a, b) => b.start - a.start || b.order - a.order);
  for (const { start, end, newText } of sorted) text = text.slice(0, start) + newText + text.slice(end);
  return text;
}

function cut(text: string, { start, end }: Location["range"]): string {
  return text.slice(offset(text, start), offset(text, end));
}

function offset(text: string, { line, character }: { line: number; character: number }): number {
  const before = text.split(/(?<=\r\n|\n)/).slice(0, line);
  return before.join("").length + character;
}
