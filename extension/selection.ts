/**
 * Which notebooks use our controller. A notebook whose file names our kernel gets it without a question, once; what the
 * user chooses afterwards stays, also when the notebook is opened again.
 */
import * as vscode from "vscode";
import { CONTROLLER, EXTENSION, KERNELSPEC, LANGUAGE, LANGUAGE_INFO, NOTEBOOK_TYPE } from "./ids.ts";
import type { Kernels } from "./kernels.ts";
import { setting } from "./settings.ts";

/** Key of the notebooks for which the user chose another kernel, as URIs. */
const DECLINED = "notebooksWithAnotherKernel";

export class Selection implements vscode.Disposable {
  readonly #controller: vscode.NotebookController;
  readonly #kernels: Kernels;
  readonly #memory: vscode.Memento;
  readonly #selected = new WeakSet<vscode.NotebookDocument>();
  readonly #offered = new WeakSet<vscode.NotebookDocument>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  readonly onDidChange = this.#changed.event;

  constructor(controller: vscode.NotebookController, kernels: Kernels, memory: vscode.Memento) {
    this.#controller = controller;
    this.#kernels = kernels;
    this.#memory = memory;
    this.#subscriptions = [
      controller.onDidChangeSelectedNotebooks(({ notebook, selected }) => this.#selectionChanged(notebook, selected)),
      vscode.window.onDidChangeActiveNotebookEditor((editor) => this.#offer(editor)),
      vscode.window.onDidChangeVisibleNotebookEditors((editors) => editors.forEach((editor) => this.#offer(editor))),
      vscode.workspace.onDidRenameFiles(({ files }) => this.#renamed(files)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        for (const { notebook } of vscode.window.visibleNotebookEditors) this.#startEarly(notebook);
      }),
    ];
    for (const editor of vscode.window.visibleNotebookEditors) this.#offer(editor);
  }

  has(notebook: vscode.NotebookDocument): boolean {
    return this.#selected.has(notebook);
  }

  #offer(editor: vscode.NotebookEditor | undefined): void {
    if (!editor) return;
    const { notebook } = editor;
    if (!(isOurs(notebook) || isTypeScript(notebook)) || this.has(notebook) || this.#offered.has(notebook)) return;
    this.#offered.add(notebook);
    this.#controller.updateNotebookAffinity(notebook, vscode.NotebookControllerAffinity.Preferred);
    if (this.#declined.includes(notebook.uri.toString())) return;
    // Affinity only orders the list; with a second controller installed VS Code would ask.
    void vscode.commands.executeCommand("notebook.selectKernel", {
      notebookEditor: editor,
      id: CONTROLLER,
      extension: EXTENSION,
    });
  }

  #selectionChanged(notebook: vscode.NotebookDocument, selected: boolean): void {
    if (selected) {
      this.#selected.add(notebook);
      this.#kernels.setSelected(notebook, true);
      this.#remember(notebook, false);
      // A file of TypeScript that names no kernel is not changed by being looked at: it is adopted with its first run.
      if (!isOurs(notebook) && !isTypeScript(notebook)) void adopt(notebook);
      this.#startEarly(notebook);
    } else {
      this.#selected.delete(notebook);
      this.#kernels.setSelected(notebook, false);
      // From an untitled notebook VS Code takes the controller when it closes it: nobody chose that.
      if ((isOurs(notebook) || isTypeScript(notebook)) && !notebook.isClosed && !notebook.isUntitled)
        this.#remember(notebook, true);
    }
    this.#changed.fire();
  }

  /** The kernel starts while the user still reads, so that the first cell does not wait for it. */
  #startEarly(notebook: vscode.NotebookDocument): void {
    if (
      notebook.isClosed ||
      !this.has(notebook) ||
      this.#kernels.isAwaited(notebook) ||
      !vscode.workspace.isTrusted ||
      !setting("startKernelOnOpen", notebook.uri)
    )
      return;
    const kernel = this.#kernels.of(notebook);
    if (kernel.state === "none") kernel.start();
  }

  get #declined(): string[] {
    return this.#memory.get<string[]>(DECLINED, []);
  }
  #remember(notebook: vscode.NotebookDocument, declined: boolean): void {
    const uri = notebook.uri.toString();
    const others = this.#declined.filter((other) => other !== uri);
    if (declined || others.length < this.#declined.length) {
      void this.#memory.update(DECLINED, declined ? [...others, uri].slice(-200) : others);
    }
  }

  /** VS Code forgets the choice with the name; the user has not changed it. */
  #renamed(files: readonly { oldUri: vscode.Uri; newUri: vscode.Uri }[]): void {
    const next = this.#declined.map((uri) => {
      const moved = files.find(({ oldUri }) => uri === oldUri.toString() || uri.startsWith(`${oldUri.toString()}/`));
      return moved ? moved.newUri.toString() + uri.slice(moved.oldUri.toString().length) : uri;
    });
    if (next.some((uri, i) => uri !== this.#declined[i])) void this.#memory.update(DECLINED, next);
  }

  dispose(): void {
    for (const each of [...this.#subscriptions, this.#changed]) each.dispose();
  }
}

/** Whether the file says that its kernel is Gradbook. */
export function isOurs({ notebookType, metadata }: vscode.NotebookDocument): boolean {
  const file = metadata["metadata"] as { kernelspec?: { name?: unknown } } | undefined;
  return notebookType === NOTEBOOK_TYPE && file?.kernelspec?.name === KERNELSPEC.name;
}

/** Whether it names no kernel, and what it says of its language, or all of its cells with code, is TypeScript. */
function isTypeScript(notebook: vscode.NotebookDocument): boolean {
  const file = notebook.metadata["metadata"] as
    { kernelspec?: unknown; language_info?: { name?: unknown } } | undefined;
  if (notebook.notebookType !== NOTEBOOK_TYPE || file?.kernelspec !== undefined) return false;
  if (file?.language_info?.name !== undefined) return file.language_info.name === LANGUAGE;
  const code = notebook
    .getCells()
    .filter(({ kind, document }) => kind === vscode.NotebookCellKind.Code && document.getText().trim() !== "");
  return code.length > 0 && code.every(({ document }) => document.languageId === LANGUAGE);
}

/** Before a run: the file says from now on that its kernel is Gradbook. */
export async function adoptForRun(notebook: vscode.NotebookDocument): Promise<void> {
  if (!isOurs(notebook)) await adopt(notebook);
}

/** The user chose us for a notebook of another kernel: its file says so from now on, and its cells are TypeScript. */
async function adopt(notebook: vscode.NotebookDocument): Promise<void> {
  const file = (notebook.metadata["metadata"] ?? {}) as object;
  const metadata = {
    ...notebook.metadata,
    metadata: { ...file, kernelspec: KERNELSPEC, language_info: LANGUAGE_INFO },
  };
  const edit = new vscode.WorkspaceEdit();
  edit.set(notebook.uri, [vscode.NotebookEdit.updateNotebookMetadata(metadata)]);
  await vscode.workspace.applyEdit(edit);
  // A cell of another language would be passed over by "Run" without a word.
  for (const cell of notebook.getCells()) {
    if (cell.kind !== vscode.NotebookCellKind.Code || cell.document.languageId === LANGUAGE) continue;
    await vscode.languages.setTextDocumentLanguage(cell.document, LANGUAGE);
  }
}
