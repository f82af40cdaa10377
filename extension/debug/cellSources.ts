/**
 * Cells have no files, and debuggers know nothing else. The kernel compiles each cell under a path made of its text's hash;
 * here those paths and the URIs of cells take each other's place in the messages between VS Code and its debugger.
 */
import * as vscode from "vscode";
import { cellSource } from "../../kernel/client/cellSource.ts";

/** As far as we look at it. Source: Debug Adapter Protocol, `Source`. */
interface DebugSource {
  name?: string;
  path?: string;
  sourceReference?: number;
}

export class CellSources {
  readonly #notebook: () => vscode.NotebookDocument;
  readonly #prefix: string;
  /** The cell whose text had that path; also after the text was changed. */
  readonly #cells = new Map<string, vscode.NotebookCell>();

  constructor(notebook: () => vscode.NotebookDocument, prefix: string) {
    this.#notebook = notebook;
    this.#prefix = prefix;
    this.remember();
  }

  /** The texts of the cells as they are now. */
  remember(): void {
    for (const cell of this.#notebook().getCells()) if (cell.kind === vscode.NotebookCellKind.Code) this.pathOf(cell);
  }

  pathOf(cell: vscode.NotebookCell): string {
    const path = cellSource(this.#prefix, cell.document.getText().replaceAll("\r\n", "\n"));
    this.#cells.set(path, cell);
    return path;
  }

  /** What VS Code says to the debugger: cells by their paths. */
  toDebugger(message: unknown): void {
    visitSources(message, (source) => {
      const uri = source.path;
      const cell = this.#notebook()
        .getCells()
        .find(({ document }) => document.uri.toString() === uri);
      if (cell) source.path = this.pathOf(cell);
    });
  }

  /** What the debugger says to VS Code: paths of ours as cells. */
  fromDebugger(message: unknown): void {
    visitSources(message, (source) => {
      if (!source.path?.startsWith(this.#prefix)) return;
      const cell = this.#cells.get(source.path);
      if (!cell || cell.index < 0) return;
      source.path = cell.document.uri.toString();
      source.name = `Cell ${cell.index + 1}`;
      // With a reference VS Code would show a read-only copy.
      source.sourceReference = 0;
    });
  }
}

function visitSources(value: unknown, visit: (source: DebugSource) => void): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner !== "object" || inner === null) continue;
    if (key === "source") visit(inner as DebugSource);
    else if (key === "sources" && Array.isArray(inner)) for (const each of inner) visit(each as DebugSource);
    visitSources(inner, visit);
  }
}
