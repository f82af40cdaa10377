/** Type errors under the cells. They are shown, and never keep a cell from running. */
import * as vscode from "vscode";
import type { Diagnostic } from "vscode-languageserver-types";
import { LANGUAGE } from "../ids.ts";
import type { Kernels } from "../kernels.ts";
import { diagnostic, lspRange } from "./convert.ts";
import type { Languages } from "./languages.ts";

/** Pause after the last key before the cells are checked, in ms: at least this, at most that, and else as long as it last took. */
const PAUSE_MS = 300;
const LONG_PAUSE_MS = 1000;

interface Check {
  timer: NodeJS.Timeout | undefined;
  running: boolean;
  /** Something changed while it was running. */
  again: boolean;
  /** How long the last one took, in ms. */
  took: number;
  /** Cells that show something, as URIs. */
  shown: vscode.Uri[];
}

export class Diagnostics implements vscode.Disposable {
  readonly #languages: Languages;
  readonly #collection = vscode.languages.createDiagnosticCollection("gradbook");
  readonly #checks = new Map<vscode.NotebookDocument, Check>();
  readonly #originals = new WeakMap<vscode.Diagnostic, Diagnostic>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(languages: Languages, kernels: Kernels) {
    this.#languages = languages;
    this.#subscriptions = [
      languages.onDidChange(() => this.#notebooksChanged()),
      vscode.workspace.onDidChangeNotebookDocument(({ notebook, contentChanges, cellChanges }) => {
        if (contentChanges.length > 0 || cellChanges.some((change) => change.document)) this.#later(notebook);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0 || document.languageId !== LANGUAGE) return;
        for (const notebook of this.#checks.keys()) {
          if (notebook.getCells().some((cell) => cell.document === document)) this.#later(notebook);
        }
      }),
      // A module that a cell imports may have changed.
      vscode.workspace.onDidSaveTextDocument(({ uri, languageId }) => {
        if (uri.scheme === "file" && /^(typescript|javascript|json)$/.test(languageId)) this.#allLater();
      }),
      // A cell that has run may have installed a package or written a file; a new kernel is asked anew.
      kernels.onDidFinishCell(({ cell }) => this.#later(cell.notebook)),
      kernels.onDidStart(({ kernel }) => this.#later(kernel.notebook)),
    ];
    this.#notebooksChanged();
  }

  /** What the kernel said, for a diagnostic that VS Code hands back; undefined when it is not one of ours. */
  original(shown: vscode.Diagnostic): Diagnostic | undefined {
    const same = this.#originals.get(shown);
    return same && { ...same, range: lspRange(shown.range) };
  }

  #notebooksChanged(): void {
    for (const [notebook, check] of this.#checks) {
      if (this.#languages.notebooks.has(notebook)) continue;
      clearTimeout(check.timer);
      this.#checks.delete(notebook);
      for (const uri of check.shown) this.#collection.delete(uri);
    }
    for (const notebook of this.#languages.notebooks) {
      if (this.#checks.has(notebook)) continue;
      this.#checks.set(notebook, { timer: undefined, running: false, again: false, took: 0, shown: [] });
      this.#later(notebook, 0);
    }
  }

  #allLater(): void {
    for (const notebook of this.#checks.keys()) this.#later(notebook);
  }

  #later(notebook: vscode.NotebookDocument, pause?: number): void {
    const check = this.#checks.get(notebook);
    if (!check) return;
    if (check.running) {
      check.again = true;
      return;
    }
    clearTimeout(check.timer);
    const usual = Math.min(Math.max(PAUSE_MS, check.took), LONG_PAUSE_MS);
    check.timer = setTimeout(() => void this.#check(notebook, check), pause ?? usual);
  }

  async #check(notebook: vscode.NotebookDocument, check: Check): Promise<void> {
    check.running = true;
    const asked = versions(notebook);
    const started = performance.now();
    const answer = await this.#languages
      .of(notebook)
      ?.ask("notebook/diagnostics", {}, { background: true })
      .catch(() => undefined);
    check.took = performance.now() - started;
    check.running = false;
    // What is said about text that has changed since is not shown: the next answer comes soon.
    if (answer && asked === versions(notebook) && this.#checks.get(notebook) === check) this.#show(check, answer);
    if (check.again) {
      check.again = false;
      this.#later(notebook);
    }
  }

  #show(check: Check, answer: { [uri: string]: Diagnostic[] }): void {
    const found = Object.entries(answer).map(([uri, list]) => [vscode.Uri.parse(uri), list] as const);
    const entries: [vscode.Uri, vscode.Diagnostic[] | undefined][] = check.shown.map((uri) => [uri, undefined]);
    for (const [uri, list] of found) entries.push([uri, list.map((each) => this.diagnosticOf(each))]);
    check.shown = found.filter(([, list]) => list.length > 0).map(([uri]) => uri);
    this.#collection.set(entries);
  }

  diagnosticOf(from: Diagnostic): vscode.Diagnostic {
    const made = diagnostic(from);
    this.#originals.set(made, from);
    return made;
  }

  dispose(): void {
    for (const { timer } of this.#checks.values()) clearTimeout(timer);
    for (const each of [...this.#subscriptions, this.#collection]) each.dispose();
  }
}

const versions = (notebook: vscode.NotebookDocument): string =>
  notebook
    .getCells()
    .map(({ document }) => `${document.uri.fragment} ${document.version}`)
    .join();
