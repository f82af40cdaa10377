/**
 * Which document takes the place of which. VS Code gives a notebook that is renamed, or saved for the first time, or
 * under another name, a new document, and closes the old one; its kernel must not notice. In the order of VS Code 1.139:
 *
 *   rename      will rename · did rename · then the old one closes and the new one opens, in either order; a tab that
 *               was not in front opens its document when it is shown
 *   first save  the new one opens, or gets other cells · and is about to be saved, with those of the old one · which closes
 *   Save As     the same
 *
 * From the first of these events on, the kernel's messages are held back; they go on in the new document once it is
 * there, has our controller and, after a rename, all that the old one had not saved.
 */
import * as vscode from "vscode";
import type { NotebookKernel } from "./kernel.ts";
import { restored } from "./restored.ts";
import { hasTab } from "./tabs.ts";

export interface MovesSurroundings {
  kernels(): Iterable<NotebookKernel>;
  /** The document is there: the kernel goes on with it. */
  move(kernel: NotebookKernel, to: vscode.NotebookDocument): void;
  /** Whether the notebook with this URI has a kernel whose process runs. */
  isAlive(uri: string): boolean;
  /** No document came. */
  end(kernel: NotebookKernel): void;
}

interface Departure {
  kernel: NotebookKernel;
  /** URI of the new document; undefined while a rename has not happened yet. */
  to: string | undefined;
  /** Whether the kernel goes only if the old document is closed, or no tab shows it: after "Save As" both may stay. */
  onlyIfClosed: boolean;
  /** Of a rename: whether the old document held what its file did not. Undefined for "Save" and "Save As". */
  unsaved: boolean | undefined;
  /** Its messages are shown again, in the old document. */
  released: boolean;
  /** The new document is there, and VS Code may still be filling it. */
  arriving: boolean;
  timer: NodeJS.Timeout;
  /** Resolves when the kernel is there, or will not come, or not soon. */
  over: Promise<void>;
  end(): void;
}

/** How long the next event may take, in ms. A tab that is not in front may take as long as it stays there. */
const PATIENCE_MS = 10_000;
/** How long after that the old document may still close because of it, in ms. */
const SLOW_MS = 60_000;
/** A document that is saved sooner after it got its cells, in ms, is saved because it got them for that. */
const JUST_FILLED_MS = 5000;

export class Moves implements vscode.Disposable {
  readonly #around: MovesSurroundings;
  readonly #departures = new Map<NotebookKernel, Departure>();
  /** When a document was opened, or got new cells in place of all. */
  readonly #filled = new WeakMap<vscode.NotebookDocument, number>();
  /** Documents that have our controller. */
  readonly #selected = new WeakSet<vscode.NotebookDocument>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(around: MovesSurroundings) {
    this.#around = around;
    this.#subscriptions = [
      vscode.workspace.onDidOpenNotebookDocument((notebook) => this.#filled.set(notebook, Date.now())),
      // One that is overwritten while it is open.
      vscode.workspace.onDidChangeNotebookDocument(({ notebook, contentChanges }) => {
        if (contentChanges.some(({ addedCells }) => addedCells.length === notebook.cellCount))
          this.#filled.set(notebook, Date.now());
      }),
      vscode.workspace.onWillRenameFiles((event) => {
        // What is on its way to the old document must be in it when VS Code copies it.
        for (const [kernel] of this.#renamed(event.files)) event.waitUntil(this.#departRenamed(kernel));
      }),
      vscode.workspace.onDidRenameFiles(({ files }) => {
        for (const [kernel, to] of this.#renamed(files)) {
          const unsaved = this.#departures.get(kernel)?.unsaved ?? kernel.notebook.isDirty;
          void this.#depart(kernel, { to: to.toString(), unsaved });
          this.#arriveIfThere(kernel);
        }
      }),
      vscode.workspace.onWillSaveNotebookDocument(({ notebook }) => this.#isSaved(notebook)),
      // A document may stay for minutes after its tab has gone, because somebody has asked for it.
      vscode.window.tabGroups.onDidChangeTabs(() => this.#tabsChanged()),
    ];
  }

  /** Whether a kernel is going over to another document. */
  isLeaving(kernel: NotebookKernel): boolean {
    const departure = this.#departures.get(kernel);
    return departure?.to !== undefined && !departure.onlyIfClosed;
  }
  /** Whether it will, if its document closes now. */
  mayLeave(kernel: NotebookKernel): boolean {
    return this.#departures.get(kernel)?.to !== undefined;
  }
  /** Whether it may be about to. */
  has(kernel: NotebookKernel): boolean {
    return this.#departures.has(kernel);
  }
  /** Whether a kernel is on its way to this document. */
  isAwaited(notebook: vscode.NotebookDocument): boolean {
    return this.#to(notebook) !== undefined;
  }

  /** Resolves when no kernel is on its way to this document any more. */
  async arrival(notebook: vscode.NotebookDocument): Promise<void> {
    await this.#to(notebook)?.over;
  }

  /** The document has our controller, or no more. */
  setSelected(notebook: vscode.NotebookDocument, selected: boolean): void {
    if (!selected) return void this.#selected.delete(notebook);
    this.#selected.add(notebook);
    const coming = this.#to(notebook);
    if (coming) this.#arriveIfThere(coming.kernel);
  }

  /** The kernel's document was closed, or is seen nowhere; whether another one takes its place, or may. */
  closed(kernel: NotebookKernel): boolean {
    const departure = this.#departures.get(kernel);
    if (!departure) return false;
    if (departure.released && this.#around.isAlive(departure.to!)) {
      // Its cells did not wait any longer, and have a kernel of their own by now.
      this.forget(kernel);
      return false;
    }
    departure.onlyIfClosed = false;
    if (departure.released) void kernel.hold();
    this.#arriveIfThere(kernel);
    return true;
  }

  #tabsChanged(): void {
    for (const { kernel, to, onlyIfClosed } of [...this.#departures.values()])
      if (onlyIfClosed && hasTab(to!) && !hasTab(kernel.notebook.uri.toString())) this.closed(kernel);
  }

  #to(notebook: vscode.NotebookDocument): Departure | undefined {
    const uri = notebook.uri.toString();
    return [...this.#departures.values()].find(({ to }) => to === uri);
  }

  /** Kernels whose notebook gets a new name, itself or with a folder that holds it. */
  *#renamed(files: readonly { oldUri: vscode.Uri; newUri: vscode.Uri }[]): Generator<[NotebookKernel, vscode.Uri]> {
    for (const kernel of [...this.#around.kernels()]) {
      const { uri } = kernel.notebook;
      for (const { oldUri, newUri } of files) {
        const rest = uri.path.slice(oldUri.path.length);
        const isInside = uri.scheme === oldUri.scheme && uri.path.startsWith(oldUri.path) && /^($|\/)/.test(rest);
        if (isInside) yield [kernel, newUri.with({ path: newUri.path + rest })];
      }
    }
  }

  /** A document that is saved just after it got its cells, which are those of another one: "Save" of that, or "Save As". */
  #isSaved(notebook: vscode.NotebookDocument): void {
    // One that no tab shows yet is not saved for another reason.
    const age = Date.now() - (this.#filled.get(notebook) ?? 0);
    if (age > JUST_FILLED_MS && hasTab(notebook.uri.toString())) return;
    const others = [...this.#around.kernels()].filter(
      (kernel) => kernel.notebook !== notebook && !this.#departures.has(kernel) && equal(kernel.notebook, notebook),
    );
    const active = vscode.window.activeNotebookEditor?.notebook;
    const kernel = others.find((other) => other.notebook === active) ?? others[0];
    if (kernel) void this.#depart(kernel, { to: notebook.uri.toString(), onlyIfClosed: true });
  }

  async #departRenamed(kernel: NotebookKernel): Promise<void> {
    await this.#depart(kernel, {});
    const departure = this.#departures.get(kernel);
    if (departure) departure.unsaved = kernel.notebook.isDirty;
  }

  #depart(
    kernel: NotebookKernel,
    { to, unsaved, onlyIfClosed = false }: Partial<Pick<Departure, "to" | "unsaved" | "onlyIfClosed">>,
  ): Promise<void> {
    const before = this.#departures.get(kernel);
    clearTimeout(before?.timer);
    const timer = setTimeout(() => this.#late(kernel), PATIENCE_MS);
    let end = (): void => {};
    const over = new Promise<void>((resolve) => (end = resolve));
    void over.then(before?.end);
    const state = { released: false, arriving: false };
    this.#departures.set(kernel, { kernel, to, unsaved, onlyIfClosed, ...state, timer, over, end });
    return kernel.hold();
  }

  #arriveIfThere(kernel: NotebookKernel): void {
    const departure = this.#departures.get(kernel);
    if (!departure || departure.onlyIfClosed || departure.arriving) return;
    const notebook = departure.to === undefined ? undefined : documentOf(departure.to);
    if (!notebook || !this.#selected.has(notebook)) return;
    if (departure.unsaved === undefined) return this.#arrive(kernel, notebook);
    departure.arriving = true;
    void restored(notebook, departure.unsaved).then(() => {
      departure.arriving = false;
      if (this.#departures.get(kernel) !== departure) return;
      // Closed meanwhile, or given to another controller: the one that comes next counts.
      if (notebook.isClosed || !this.#selected.has(notebook)) this.#arriveIfThere(kernel);
      else this.#arrive(kernel, notebook);
    });
  }

  #arrive(kernel: NotebookKernel, notebook: vscode.NotebookDocument): void {
    this.forget(kernel);
    if (notebook !== kernel.notebook) this.#around.move(kernel, notebook);
    kernel.release();
  }

  #late(kernel: NotebookKernel): void {
    const departure = this.#departures.get(kernel)!;
    const { to, onlyIfClosed } = departure;
    const again = (ms: number): void => void (departure.timer = setTimeout(() => this.#late(kernel), ms));
    if (to !== undefined && !onlyIfClosed && (departure.arriving || this.#mayOpen(to))) return again(PATIENCE_MS);
    // Nothing was renamed, or both documents are open: perhaps only because the window is slow.
    if (!kernel.notebook.isClosed) kernel.release();
    if (to !== undefined && onlyIfClosed && !departure.released) {
      departure.released = true;
      // Who waits for the kernel in the new document has waited long enough: both documents stay, as far as one can tell.
      departure.end();
      return again(SLOW_MS);
    }
    this.forget(kernel);
    const isSeen = to === undefined || hasTab(kernel.notebook.uri.toString());
    if (kernel.notebook.isClosed || !isSeen) this.#around.end(kernel);
  }

  /** A document that is there for long has another controller, and takes nobody in. */
  #mayOpen(uri: string): boolean {
    const notebook = documentOf(uri);
    return notebook ? Date.now() - (this.#filled.get(notebook) ?? 0) < PATIENCE_MS : hasTab(uri);
  }

  /** It goes nowhere: it has arrived, or ended. */
  forget(kernel: NotebookKernel): void {
    const departure = this.#departures.get(kernel);
    clearTimeout(departure?.timer);
    departure?.end();
    this.#departures.delete(kernel);
  }

  dispose(): void {
    for (const kernel of [...this.#departures.keys()]) this.forget(kernel);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

const documentOf = (uri: string): vscode.NotebookDocument | undefined =>
  vscode.workspace.notebookDocuments.find((notebook) => notebook.uri.toString() === uri);

function equal(a: vscode.NotebookDocument, b: vscode.NotebookDocument): boolean {
  if (a.notebookType !== b.notebookType || a.cellCount !== b.cellCount) return false;
  const others = b.getCells();
  return a.getCells().every(({ kind, document }, i) => {
    const other = others[i]!;
    return kind === other.kind && document.getText() === other.document.getText();
  });
}
