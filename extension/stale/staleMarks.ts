/** Marks under cells whose output is not what they would show if they were run now. See cellHistory.ts for when that is. */
import * as vscode from "vscode";
import { NOTEBOOK_TYPE } from "../ids.ts";
import type { KernelCell, KernelCells } from "../kernelCell.ts";
import type { NotebookKernel } from "../kernel.ts";
import type { Kernels } from "../kernels.ts";
import { setting } from "../settings.ts";
import { CellHistory, type Stale } from "./cellHistory.ts";

/** Typing goes on: the marks wait until there is a pause. */
const PAUSE_MS = 300;

type Marks = Map<vscode.NotebookCell, Stale<KernelCell>>;

export class StaleMarks implements vscode.Disposable {
  readonly #kernels: Kernels;
  readonly #cells: KernelCells;
  readonly #histories = new WeakMap<NotebookKernel, CellHistory<KernelCell>>();
  /** As last computed. */
  readonly #marks = new WeakMap<vscode.NotebookDocument, Marks>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  readonly #timers = new Map<vscode.NotebookDocument, NodeJS.Timeout>();

  constructor(kernels: Kernels, cells: KernelCells) {
    this.#kernels = kernels;
    this.#cells = cells;
    const provider: vscode.NotebookCellStatusBarItemProvider = {
      onDidChangeCellStatusBarItems: this.#changed.event,
      provideCellStatusBarItems: (cell) => this.#items(cell),
    };
    this.#subscriptions = [
      this.#changed,
      vscode.notebooks.registerNotebookCellStatusBarItemProvider(NOTEBOOK_TYPE, provider),
      kernels.onDidFinishCell(({ kernel, cell, ran }) => {
        if (ran) this.#historyOf(kernel).finished(cells.of(cell), ran);
        this.#update(kernel.notebook);
      }),
      kernels.onDidEnd((kernel) => {
        this.#histories.get(kernel)?.clear();
        this.#update(kernel.notebook);
      }),
      vscode.workspace.onDidChangeNotebookDocument(({ notebook, contentChanges, cellChanges }) => {
        const edited = contentChanges.length > 0 || cellChanges.some(({ document }) => document !== undefined);
        if (edited && kernels.get(notebook)) this.#updateSoon(notebook);
      }),
      kernels.onDidMove(({ to }) => this.#update(to)),
      // What is about to run loses its mark at once.
      kernels.onDidChange(({ notebook, state }) => {
        if (state === "busy" && (this.#marks.get(notebook)?.size ?? 0) > 0) this.#changed.fire();
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration("gradbook.staleMarks")) return;
        for (const notebook of vscode.workspace.notebookDocuments) this.#update(notebook);
      }),
    ];
  }

  /** The stale cells of a notebook, in its order. */
  of(notebook: vscode.NotebookDocument): vscode.NotebookCell[] {
    return [...this.#compute(notebook).keys()];
  }

  /** The cell that last declared a variable or gave it a value. */
  declarer(kernel: NotebookKernel, name: string): vscode.NotebookCell | undefined {
    const cell = this.#histories.get(kernel)?.declarer(name);
    return cell?.isThere ? cell.current : undefined;
  }

  #historyOf(kernel: NotebookKernel): CellHistory<KernelCell> {
    let history = this.#histories.get(kernel);
    if (!history) this.#histories.set(kernel, (history = new CellHistory()));
    return history;
  }

  #updateSoon(notebook: vscode.NotebookDocument): void {
    clearTimeout(this.#timers.get(notebook));
    this.#timers.set(
      notebook,
      setTimeout(() => this.#update(notebook), PAUSE_MS),
    );
  }

  #update(notebook: vscode.NotebookDocument): void {
    clearTimeout(this.#timers.get(notebook));
    this.#timers.delete(notebook);
    const before = this.#marks.get(notebook);
    const marks = setting("staleMarks", notebook.uri) ? this.#compute(notebook) : new Map();
    this.#marks.set(notebook, marks);
    if (marks.size > 0 || (before?.size ?? 0) > 0) this.#changed.fire();
  }

  #compute(notebook: vscode.NotebookDocument): Marks {
    const kernel = this.#kernels.get(notebook);
    const history = kernel && this.#histories.get(kernel);
    if (!history || notebook.isClosed) return new Map();
    const cells = notebook
      .getCells()
      .filter(({ kind }) => kind === vscode.NotebookCellKind.Code)
      .map((cell) => this.#cells.of(cell));
    const stale = history.stale(cells, ({ current }) => current.document.getText());
    return new Map(cells.flatMap((cell) => (stale.has(cell) ? [[cell.current, stale.get(cell)!]] : [])));
  }

  #items(cell: vscode.NotebookCell): vscode.NotebookCellStatusBarItem[] {
    const stale = this.#marks.get(cell.notebook)?.get(cell);
    // What is about to run is about to be right.
    if (!stale || this.#kernels.get(cell.notebook)?.runs(cell)) return [];
    const [text, tooltip] = words(stale);
    const item = new vscode.NotebookCellStatusBarItem(text, vscode.NotebookCellStatusBarAlignment.Left);
    item.tooltip = `${tooltip} Click to run this cell; "Gradbook: Run Stale Cells" runs all that are marked.`;
    item.command = {
      title: "Run This Cell",
      command: "notebook.cell.execute",
      arguments: [{ ranges: [{ start: cell.index, end: cell.index + 1 }], document: cell.notebook.uri }],
    };
    item.accessibilityInformation = { label: `${text.replace(/^\$\([\w-]+\) /, "")}. ${tooltip}`, role: "button" };
    return [item];
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const each of this.#subscriptions) each.dispose();
  }
}

function words(stale: Stale<KernelCell>): [text: string, tooltip: string] {
  if (stale.kind === "edited") return ["$(history) Edited since it ran", "The output is of the code as it was before."];
  const { name, from, because } = stale;
  const order = from?.current.executionSummary?.executionOrder;
  const cell = order === undefined ? "another cell" : `cell [${order}]`;
  switch (because) {
    case "changed":
      return [
        `$(warning) Uses "${name}" from ${cell}, which ran later`,
        `"${name}" has another value since this cell ran.`,
      ];
    case "edited":
      return [
        `$(warning) Uses "${name}" from ${cell}, which was edited`,
        `"${name}" may get another value when that cell is run.`,
      ];
    case "stale":
      return [
        `$(warning) Uses "${name}" from ${cell}, which is out of date`,
        `What that cell uses has changed since it ran.`,
      ];
    case "deleted":
      return [`$(warning) Uses "${name}", whose cell was deleted`, `After a restart "${name}" will not be there.`];
  }
}
