/** The view "Variables": whose variables it shows, what it says when there are none, and what becomes old. */
import path from "node:path";
import * as vscode from "vscode";
import type { NotebookKernel } from "../kernel.ts";
import type { Kernels } from "../kernels.ts";
import type { Selection } from "../selection.ts";
import type { Element } from "./element.ts";
import { SCHEME } from "./element.ts";
import { VariablesSource } from "./source.ts";
import { VariablesTree, type Order } from "./tree.ts";

export const VIEW = "gradbook.variables";
/** Key of the order in the workspace's memory. */
const ORDER = "orderOfVariables";

/** What the view's welcome text is about, when there is nothing to list. */
type Situation = "noNotebook" | "notStarted" | "starting" | "empty" | "dead" | "listed";

export class VariablesView implements vscode.Disposable {
  readonly source = new VariablesSource();
  readonly #kernels: Kernels;
  readonly #selection: Selection;
  readonly #memory: vscode.Memento;
  readonly #tree = new VariablesTree(this.source);
  readonly #view: vscode.TreeView<Element>;
  readonly #greyed = new vscode.EventEmitter<undefined>();
  readonly #subscriptions: vscode.Disposable[];
  #notebook: vscode.NotebookDocument | undefined;
  #situation: Situation | undefined;
  #wasOld = false;

  constructor(kernels: Kernels, selection: Selection, memory: vscode.Memento) {
    this.#kernels = kernels;
    this.#selection = selection;
    this.#memory = memory;
    this.#view = vscode.window.createTreeView(VIEW, { treeDataProvider: this.#tree, showCollapseAll: true });
    this.sortBy(memory.get<Order>(ORDER, "time"));
    void vscode.commands.executeCommand("setContext", "gradbook.active", true);
    const follow = (): void => this.#follow();
    this.#subscriptions = [
      this.#view,
      this.#tree,
      this.source,
      this.#greyed,
      vscode.window.registerFileDecorationProvider({
        onDidChangeFileDecorations: this.#greyed.event,
        provideFileDecoration: ({ scheme }) =>
          scheme === SCHEME && this.source.isOld
            ? {
                color: new vscode.ThemeColor("disabledForeground"),
                tooltip: "A cell is computing; this is what was before",
              }
            : undefined,
      }),
      this.source.onDidChange(() => this.#show()),
      this.#view.onDidChangeVisibility(follow),
      vscode.window.onDidChangeActiveNotebookEditor(follow),
      vscode.workspace.onDidCloseNotebookDocument(follow),
      selection.onDidChange(follow),
      kernels.onDidStart(follow),
      kernels.onDidMove(({ from, to }) => {
        if (this.#notebook === from) this.#notebook = to;
        follow();
      }),
      kernels.onDidEnd((kernel) => {
        this.source.forget(kernel);
        follow();
      }),
      kernels.onDidFinishCell(({ kernel, cell }) =>
        this.source.finished(kernel, cell.executionSummary?.executionOrder),
      ),
      this.#onBusy((kernel) => this.source.began(kernel)),
    ];
    this.#follow();
  }

  get notebook(): vscode.NotebookDocument | undefined {
    return this.#notebook;
  }
  get kernel(): NotebookKernel | undefined {
    return this.#notebook && this.#kernels.get(this.#notebook);
  }

  sortBy(order: Order): void {
    this.#tree.order = order;
    void this.#memory.update(ORDER, order);
    void vscode.commands.executeCommand("setContext", "gradbook.variablesOrder", order);
    this.#tree.refresh();
  }

  /** `kernels.onDidChange` also tells of memory and of every answer. */
  #onBusy(begin: (kernel: NotebookKernel) => void): vscode.Disposable {
    const states = new WeakMap<NotebookKernel, string>();
    return this.#kernels.onDidChange((kernel) => {
      const before = states.get(kernel);
      states.set(kernel, kernel.state);
      if (before === kernel.state) return;
      if (kernel.state === "busy") begin(kernel);
      else if (kernel.notebook === this.#notebook) this.#follow();
    });
  }

  /** The notebook in front; the last one while the user is elsewhere. */
  #follow(): void {
    const active = vscode.window.activeNotebookEditor?.notebook;
    if (active) this.#notebook = this.#selection.has(active) ? active : undefined;
    if (this.#notebook && (this.#notebook.isClosed || !this.#selection.has(this.#notebook))) this.#notebook = undefined;
    this.source.show(this.kernel, this.#view.visible);
    this.#show();
  }

  #show(): void {
    const { known, isOld } = this.source;
    const name = this.#notebook && path.posix.basename(this.#notebook.uri.path);
    this.#tree.scope = this.#notebook?.uri.toString() ?? "";
    const asOf = known?.asOf === undefined ? "before this cell" : `as of cell [${known.asOf}]`;
    const situation = this.#situationNow();
    // The only view of a panel shows neither title nor description. With a message there is no welcome text.
    (this.#view as { message: string | undefined }).message =
      situation === "listed" ? `${name}${isOld ? `: a cell is computing, the values are ${asOf}` : ""}` : undefined;
    if (isOld !== this.#wasOld) {
      this.#wasOld = isOld;
      this.#greyed.fire(undefined);
    }
    if (situation !== this.#situation) {
      this.#situation = situation;
      void vscode.commands.executeCommand("setContext", "gradbook.variablesSituation", situation);
    }
    if (!isOld) this.#tree.refresh();
  }

  #situationNow(): Situation {
    if (!this.#notebook) return "noNotebook";
    const state = this.kernel?.state ?? "none";
    if (state === "none" || state === "dead") return state === "dead" ? "dead" : "notStarted";
    if (state === "starting" || state === "restarting") return "starting";
    return (this.source.known?.list.variables.length ?? 0) > 0 ? "listed" : "empty";
  }

  dispose(): void {
    for (const each of this.#subscriptions) each.dispose();
  }
}
