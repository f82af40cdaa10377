/** Notebooks for the tests: written to disk, opened, run, and looked at as a user would see them. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { onPage, pageDriver, screenshot } from "./page.ts";

export const workspaceFolder = (): string => vscode.workspace.workspaceFolders![0]!.uri.fsPath;

export interface CellSource {
  code: string;
  kind?: "code" | "markdown";
  tags?: string[];
}

/** Writes an .ipynb of Gradbook's into the workspace and returns its URI. */
export function writeNotebook(name: string, cells: (string | CellSource)[], kernelName = "gradbook"): vscode.Uri {
  const file = path.join(workspaceFolder(), name);
  const content = {
    cells: cells.map((cell, i) => {
      const { code, kind = "code", tags } = typeof cell === "string" ? { code: cell } : (cell as CellSource);
      const common = { id: `cell-${i}`, metadata: tags ? { tags } : {}, source: code };
      return kind === "markdown"
        ? { ...common, cell_type: "markdown" }
        : { ...common, cell_type: "code", execution_count: null, outputs: [] };
    }),
    metadata: {
      kernelspec: { name: kernelName, display_name: "Gradbook (TypeScript)", language: "typescript" },
      language_info: { name: "typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  writeFileSync(file, JSON.stringify(content, null, 1));
  return vscode.Uri.file(file);
}

/**
 * Opens a notebook of the workspace as a user does, who does not run a cell before the window shows its kernel.
 * (`openNotebookDocument` would keep the document for minutes after its editor is closed.)
 */
export async function open(uri: vscode.Uri, kernelLabel = "Gradbook"): Promise<vscode.NotebookDocument> {
  await vscode.commands.executeCommand("vscode.openWith", uri, "jupyter-notebook");
  const { notebook } = await until("the editor", () => {
    const editor = vscode.window.activeNotebookEditor;
    return editor?.notebook.uri.toString() === uri.toString() && editor;
  });
  await kernelShown(kernelLabel);
  return notebook;
}

/** Waits until the notebook in front shows its kernel. */
export async function kernelShown(kernelLabel = "Gradbook"): Promise<void> {
  if (!pageDriver) return;
  // Editors that are not in front keep their toolbars, hidden.
  const labels =
    "[...document.querySelectorAll('.kernel-label')].filter((e) => e.offsetParent).map((e) => e.innerText)";
  await until(`the kernel ${kernelLabel}`, async () =>
    (await onPage<string[]>(labels)).some((label) => label.includes(kernelLabel)),
  );
}

export function openNew(name: string, cells: (string | CellSource)[]): Promise<vscode.NotebookDocument> {
  return open(writeNotebook(name, cells));
}

/** The URI of a file of the workspace. */
export const uriOf = (name: string): vscode.Uri => vscode.Uri.file(path.join(workspaceFolder(), name));

/** Renames a file or folder as the explorer does, and resolves with the notebook under its new name. */
export async function rename(from: string, to: string, notebook = to): Promise<vscode.NotebookDocument> {
  const edit = new vscode.WorkspaceEdit();
  edit.renameFile(uriOf(from), uriOf(to), { overwrite: true });
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error(`${from} was not renamed to ${to}`);
  return appeared(uriOf(notebook));
}

/** The notebook with this URI, once an editor shows it and a cell can be run there. */
export async function appeared(uri: vscode.Uri): Promise<vscode.NotebookDocument> {
  await until(`an editor of ${uri.path}`, () =>
    vscode.window.visibleNotebookEditors.some(({ notebook }) => notebook.uri.toString() === uri.toString()),
  );
  return open(uri);
}

/**
 * Resolves with the value of `condition` once it is not false or undefined. Looks again when a notebook changes, and
 * every 50 ms for what VS Code has no event for.
 */
export async function until<T>(
  what: string,
  condition: () => T | false | undefined | Promise<T | false | undefined>,
  limitMs = 90_000,
): Promise<T> {
  const limit = Date.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== undefined) return value;
    if (Date.now() > limit) throw new Error(`waited ${limitMs / 1000} s for ${what}`);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        subscription.dispose();
        clearTimeout(timer);
        resolve();
      };
      const subscription = vscode.workspace.onDidChangeNotebookDocument(done);
      const timer = setTimeout(done, 50);
    });
  }
}

/** Starts cells `start` up to, not including, `end`; does not wait for them. */
export async function start(notebook: vscode.NotebookDocument, from = 0, to = notebook.cellCount): Promise<void> {
  await vscode.commands.executeCommand("notebook.cell.execute", {
    ranges: [{ start: from, end: to }],
    document: notebook.uri,
  });
}

/** Runs one cell and waits until it has ended. */
export async function run(
  notebook: vscode.NotebookDocument,
  index: number,
  limitMs?: number,
): Promise<vscode.NotebookCell> {
  const before = notebook.cellAt(index).executionSummary?.timing?.startTime;
  await start(notebook, index, index + 1);
  return ended(notebook, index, before, limitMs);
}

/** Waits for the end of a run of this cell that began after `before`. */
export function ended(
  notebook: vscode.NotebookDocument,
  index: number,
  before?: number,
  limitMs?: number,
): Promise<vscode.NotebookCell> {
  return until(
    `the end of cell ${index}`,
    () => {
      const cell = notebook.cellAt(index);
      const { timing, success } = cell.executionSummary ?? {};
      return success !== undefined && timing && timing.startTime !== before && cell;
    },
    limitMs,
  );
}

/** Waits until a cell shows `wanted` while it may still be running. */
export function shows(notebook: vscode.NotebookDocument, index: number, wanted: string | RegExp): Promise<string> {
  return until(`cell ${index} to show ${wanted}`, () => {
    const text = textOf(notebook.cellAt(index));
    return (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text)) && text;
  });
}

const decoder = new TextDecoder();

/** All texts of a cell's outputs: streams, plain texts and errors, in order. */
export function textOf(cell: vscode.NotebookCell): string {
  return cell.outputs.map((output) => output.items.map(itemText).join("")).join("\n");
}
function itemText({ mime, data }: vscode.NotebookCellOutputItem): string {
  if (mime === "application/vnd.code.notebook.error") {
    const { name, message, stack } = JSON.parse(decoder.decode(data)) as {
      name: string;
      message: string;
      stack: string;
    };
    return `${name}: ${message}\n${stack}`;
  }
  const isText = mime === "text/plain" || mime.startsWith("application/vnd.code.notebook.std");
  return isText ? decoder.decode(data) : "";
}

/** The error that a cell shows. */
export function errorOf(cell: vscode.NotebookCell): { name: string; message: string; stack: string } | undefined {
  const item = cell.outputs.flatMap(({ items }) => items).find(({ mime }) => mime.endsWith("notebook.error"));
  return item && (JSON.parse(decoder.decode(item.data)) as { name: string; message: string; stack: string });
}

export interface SavedNotebook {
  metadata: { kernelspec: { name: string } };
  cells: {
    cell_type: string;
    source: string[];
    execution_count?: number | null;
    outputs?: {
      output_type: string;
      name?: string;
      text?: string[];
      data?: { [mime: string]: unknown };
      traceback?: string[];
      ename?: string;
    }[];
  }[];
}

/** Saves and reads back what is on disk. */
export async function save(notebook: vscode.NotebookDocument): Promise<SavedNotebook> {
  if (!(await notebook.save())) throw new Error(`${notebook.uri.fsPath} was not saved`);
  return saved(notebook);
}

/**
 * The same while a cell runs, once `written` finds in it what it looks for: a window that is too busy writes it a moment
 * later. VS Code answers false when the document changed while it was written, and has written it.
 */
export async function saveWhileRunning(
  notebook: vscode.NotebookDocument,
  what: string,
  written: (saved: SavedNotebook) => boolean,
): Promise<SavedNotebook> {
  await notebook.save();
  return until(`${what} in the file`, () => {
    const found = saved(notebook);
    return written(found) && found;
  });
}
function saved(notebook: vscode.NotebookDocument): SavedNotebook {
  return JSON.parse(readFileSync(notebook.uri.fsPath, "utf8")) as SavedNotebook;
}

/** After each test: a picture when it failed, then an empty window. */
export async function tidy(this: Mocha.Context): Promise<void> {
  if (this.currentTest?.state === "failed" && pageDriver) {
    const name = this.currentTest
      .fullTitle()
      .replace(/[^a-z0-9]+/gi, "-")
      .slice(0, 80);
    await screenshot(`failure-${name}`);
  }
  await closeAll();
}

export async function closeAll(): Promise<void> {
  // Reverting first: a dirty notebook would ask whether to save it.
  for (const notebook of vscode.workspace.notebookDocuments.filter(({ isDirty, isClosed }) => isDirty && !isClosed)) {
    await vscode.window.showNotebookDocument(notebook);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  }
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  await vscode.commands.executeCommand("notifications.clearAll");
}
