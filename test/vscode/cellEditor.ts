/** A cell's editor as its user has it: the cursor, real keys, and the small windows that open beside them. */
import * as vscode from "vscode";
import { until } from "./notebooks.ts";
import { onPage, pageDriver, perform, press } from "./page.ts";

/** VS Code names an editor as the active one also when the keys go to the list of cells. */
const HAS_FOCUS = "!!document.activeElement?.closest('.monaco-editor.focused')";

/** Puts the cursor into a cell: before or after a text that is in it once, or at its end. */
export async function cursorAt(
  notebook: vscode.NotebookDocument,
  index: number,
  where: { before?: string; after?: string } = {},
): Promise<vscode.TextEditor> {
  const { document } = notebook.cellAt(index);
  await vscode.window.showNotebookDocument(notebook, { selections: [new vscode.NotebookRange(index, index + 1)] });
  const editor = await until("the cell's editor", async () => {
    await vscode.commands.executeCommand("notebook.cell.edit");
    const active = vscode.window.activeTextEditor;
    return active?.document === document && (!pageDriver || (await onPage<boolean>(HAS_FOCUS))) && active;
  });
  const at = placeIn(document, where);
  editor.selection = new vscode.Selection(at, at);
  return editor;
}

export function placeIn(
  document: vscode.TextDocument,
  { before, after }: { before?: string; after?: string } = {},
): vscode.Position {
  const text = document.getText();
  const found = before ?? after;
  if (found === undefined) return document.positionAt(text.length);
  const first = text.indexOf(found);
  if (first < 0 || text.indexOf(found, first + 1) >= 0) throw new Error(`"${found}" is not once in "${text}"`);
  return document.positionAt(before === undefined ? first + found.length : first);
}

export const typeText = (text: string): Promise<unknown> => perform("type", { text });

/** Elements that are seen, as their texts. */
const texts = (selector: string): Promise<string[]> =>
  onPage(`[...document.querySelectorAll(${JSON.stringify(selector)})]
    .filter((e) => e.offsetParent !== null || e.getClientRects().length > 0)
    .map((e) => e.innerText.replaceAll("\\u00a0", " ").trim())`);

/** Names in the list of completions, once it shows some. */
export const suggestions = (): Promise<string[]> =>
  until("completions", async () => {
    const rows = await texts(".suggest-widget.visible .monaco-list-row .label-name");
    return rows.length > 0 && rows;
  });

/** The parts of the hover that is open, one for each who answered. */
export async function hoverTexts(): Promise<string[]> {
  await vscode.commands.executeCommand("editor.action.showHover");
  return until("a hover", async () => {
    const parts = await texts(".monaco-hover:not(.hidden) .hover-row:not(.status-bar) .hover-contents");
    return parts.length > 0 && !parts.some((part) => part.startsWith("Loading")) && parts;
  });
}

export const signature = (): Promise<string> =>
  until("signature help", async () => (await texts(".parameter-hints-widget.visible .signature"))[0]);

/** Entries of the menu of quick fixes that is open. */
export const quickFixes = (): Promise<string[]> =>
  until("quick fixes", async () => {
    const rows = await texts(".action-widget .monaco-list-row.action .title");
    return rows.length > 0 && rows;
  });

/** Waits for the box that takes the new name. */
export const renameBox = (): Promise<string> =>
  until("the box for the new name", () =>
    onPage<string | undefined>("document.querySelector('.rename-box input:focus')?.value"),
  );

/** How many errors are underlined in the cells that are seen. */
export const underlined = (kind: "error" | "warning"): Promise<number> =>
  onPage(`document.querySelectorAll(".cell-list-container .squiggly-${kind}").length`);

export async function leave(): Promise<void> {
  await press("Escape");
  await press("Escape");
}
