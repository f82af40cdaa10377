/** The notebooks for which a kernel's language service answers, each with its conversation. */
import * as vscode from "vscode";
import type { KernelClient } from "../../kernel/client/kernelClient.ts";
import { LANGUAGE } from "../ids.ts";
import type { NotebookKernel } from "../kernel.ts";
import type { Kernels } from "../kernels.ts";
import type { Selection } from "../selection.ts";
import type { EditorCell } from "./cellSync.ts";
import { Conversation } from "./conversation.ts";

/** States in which the kernel answers, or will as soon as it has started. */
const ANSWERS: ReadonlySet<NotebookKernel["state"]> = new Set(["starting", "restarting", "idle", "busy"] as const);

export class Languages implements vscode.Disposable {
  readonly #kernels: Kernels;
  readonly #selection: Selection;
  readonly #log: vscode.LogOutputChannel;
  readonly #conversations = new WeakMap<NotebookKernel, Conversation>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  /** Kernels whose language service does not work. */
  readonly #silent = new WeakSet<KernelClient>();
  #notebooks: ReadonlySet<vscode.NotebookDocument> = new Set();
  /** Notebooks came or went. */
  readonly onDidChange = this.#changed.event;

  constructor(kernels: Kernels, selection: Selection, log: vscode.LogOutputChannel) {
    this.#kernels = kernels;
    this.#selection = selection;
    this.#log = log;
    const look = (): void => this.#look();
    this.#subscriptions = [
      kernels.onDidChange(look),
      kernels.onDidMove(look),
      selection.onDidChange(look),
      vscode.workspace.onDidCloseNotebookDocument(look),
    ];
    look();
  }

  get notebooks(): ReadonlySet<vscode.NotebookDocument> {
    return this.#notebooks;
  }

  /** The conversation about the notebook that a cell's text belongs to; undefined when it is none of ours. */
  about(document: vscode.TextDocument): Conversation | undefined {
    if (document.languageId !== LANGUAGE) return undefined;
    for (const notebook of this.#notebooks) {
      if (notebook.getCells().some((cell) => cell.document === document)) return this.of(notebook);
    }
    return undefined;
  }

  of(notebook: vscode.NotebookDocument): Conversation | undefined {
    const kernel = this.#notebooks.has(notebook) ? this.#kernels.get(notebook) : undefined;
    if (!kernel) return undefined;
    let conversation = this.#conversations.get(kernel);
    if (!conversation) {
      conversation = new Conversation({
        client: () => kernel.client,
        cells: () => codeCells(kernel.notebook),
        unavailable: (client, because) => this.#without(client, because),
        log: (line) => this.#log.debug(line),
      });
      this.#conversations.set(kernel, conversation);
    }
    return conversation;
  }

  #look(): void {
    const now = vscode.workspace.notebookDocuments.filter((notebook) => {
      const kernel = this.#kernels.get(notebook);
      if (!kernel || !ANSWERS.has(kernel.state) || !this.#selection.has(notebook) || notebook.isClosed) return false;
      return !kernel.client || !this.#silent.has(kernel.client);
    });
    if (now.length === this.#notebooks.size && now.every((notebook) => this.#notebooks.has(notebook))) return;
    this.#notebooks = new Set(now);
    this.#changed.fire();
  }

  /** VS Code's own TypeScript answers then, as for any notebook. */
  #without(client: KernelClient, because: string): void {
    this.#log.warn(`kernel ${client.pid} offers nothing to the editor: ${because}`);
    this.#silent.add(client);
    this.#look();
  }

  dispose(): void {
    for (const each of [...this.#subscriptions, this.#changed]) each.dispose();
  }
}

/** Cells of another language are not run, and so not understood. */
function codeCells(notebook: vscode.NotebookDocument): EditorCell[] {
  return notebook
    .getCells()
    .filter(({ kind, document }) => kind === vscode.NotebookCellKind.Code && document.languageId === LANGUAGE)
    .map(({ document }) => ({
      uri: document.uri.toString(),
      document,
      version: document.version,
      text: () => document.getText(),
    }));
}
