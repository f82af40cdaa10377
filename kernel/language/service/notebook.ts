/**
 * The cells that an editor has, and the texts that were executed. Whose names a cell sees: those of the nearest cell before
 * it, else of the nearest behind it; else what the session has from a text that no cell holds any more; else the globals.
 */
import type { CellText as Cell } from "../../protocol/language.ts";
import { CellFile, type Provider } from "./cellFile.ts";
import { CellText } from "./cellText.ts";
import { Refused } from "./refused.ts";

/** How many executed texts are remembered. */
const REMEMBERED = 1000;

export class Notebook {
  private readonly folder: string;
  private readonly globals: Provider;
  private readonly byUri = new Map<string, CellFile>();
  /** Texts that were executed and are not known to be in the document; the newest last. */
  private executed = new Map<string, CellFile>();
  private line: CellFile | undefined;
  private order: CellFile[] = [];
  private made = 0;
  private linked = false;
  /** Changes with everything that TypeScript can see of the cells. */
  version = 0;
  private byPath = new Map<string, CellFile>();
  private shown: CellFile[] = [];

  constructor({ folder, globals }: { folder: string; globals: Provider }) {
    this.folder = folder;
    this.globals = globals;
  }

  open(cells: readonly Cell[]): void {
    this.change(
      cells.map(({ uri }) => uri),
      cells,
    );
  }

  change(order: readonly string[], changed: readonly Cell[]): void {
    for (const { uri, text } of changed) this.write(uri, text);
    this.order = order.map((uri) => this.cell(uri));
    for (const uri of this.byUri.keys()) if (!order.includes(uri)) this.byUri.delete(uri);
    this.linked = false;
  }

  private write(uri: string, text: string): void {
    const known = this.byUri.get(uri);
    if (!known) this.byUri.set(uri, this.file(this.read(text), "cell", uri));
    else if (known.cell.text !== text) known.cell = this.read(text);
  }

  private read(text: string): CellText {
    const known = [...this.byUri.values(), ...this.executed.values()];
    return new CellText(text, (name) => known.some(({ cell }) => cell.declares.has(name)));
  }

  private file(cell: CellText, what: "cell" | "executed", uri?: string): CellFile {
    return new CellFile({
      ...(uri !== undefined && { uri }),
      folder: this.folder,
      name: `${what} ${++this.made}`,
      cell,
    });
  }

  /** A text was given to the session, so that its names may be there. */
  ran(text: string): void {
    const known = this.executed.get(text);
    this.executed.delete(text);
    this.executed.set(text, known ?? this.file(this.read(text), "executed"));
    const [oldest] = this.executed.keys();
    if (this.executed.size > REMEMBERED) this.executed.delete(oldest!);
    this.linked = false;
  }

  /** The session has begun anew, with no names. */
  forget(): void {
    this.executed.clear();
    this.linked = false;
  }

  /** @throws with the names of the cells that are there. */
  cell(uri: string): CellFile {
    const cell = uri === this.line?.uri ? this.line : this.byUri.get(uri);
    if (cell) return cell;
    throw new Refused(`There is no cell ${uri}. "notebook/open" and "notebook/change" say which cells there are.`);
  }

  /** The cells of the document, in order. */
  get cells(): readonly CellFile[] {
    return this.order;
  }

  /** The text of a console's line. It sees all cells, and none sees it. */
  setLine(text: string): CellFile {
    if (this.line?.cell.text === text) return this.line;
    const cell = this.read(text);
    if (this.line) this.line.cell = cell;
    else this.line = this.file(cell, "cell", "gradbook:line");
    this.linked = false;
    return this.line;
  }

  fileAt(path: string): CellFile | undefined {
    this.link();
    return this.byPath.get(path);
  }

  /** All files that TypeScript should see. */
  files(): readonly CellFile[] {
    this.link();
    return this.shown;
  }

  /** The number of a cell as people count them, for messages. */
  numberOf(path: string): number | undefined {
    const index = this.order.findIndex((cell) => cell.path === path);
    return index < 0 ? undefined : index + 1;
  }

  /** Brings the code of all files up to date. */
  link(): void {
    if (this.linked) return;
    this.linked = true;
    const cells = this.order;
    const gone = this.gone();
    let changed = false;
    const link = (file: CellFile, sources: readonly Provider[]): void => {
      const before = file.version;
      file.link([this.globals, ...sources]);
      changed ||= file.version !== before;
    };
    cells.forEach((cell, k) => link(cell, [...gone, ...cells.slice(k + 1).reverse(), ...cells.slice(0, k)]));
    gone.forEach((file, k) => link(file, [...cells, ...gone.slice(k + 1).reverse(), ...gone.slice(0, k)]));
    const { line } = this;
    if (line) link(line, [...gone, ...cells]);
    const files = [...gone, ...cells, ...(line ? [line] : [])];
    changed ||= files.length !== this.shown.length || files.some((file, i) => file !== this.shown[i]);
    if (!changed) return;
    this.shown = files;
    this.byPath = new Map(files.map((file) => [file.path, file]));
    this.version++;
  }

  /** Of what was executed and is in no cell: the texts that are the last to declare a name which no cell declares. */
  private gone(): CellFile[] {
    const texts = new Set(this.order.map(({ cell }) => cell.text));
    const declared = new Set(this.order.flatMap(({ cell }) => [...cell.declares.keys()]));
    const found: CellFile[] = [];
    for (const [text, file] of [...this.executed].reverse()) {
      if (texts.has(text)) continue;
      const names = [...file.cell.declares.keys()].filter((name) => !declared.has(name));
      if (names.length === 0) continue;
      for (const name of names) declared.add(name);
      found.unshift(file);
    }
    return found;
  }
}
