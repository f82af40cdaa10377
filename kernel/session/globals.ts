/**
 * The functions every cell has, also to be imported from `gradbook/notebook`:
 *
 * - `display(value, { id })` shows a value under the running cell; with `id` a later `display` of the same id replaces it
 *   wherever it stands.
 * - `clearOutput({ wait })` removes what the cell has shown; with `wait` only when the next output comes.
 * - `for (const x of progress(iterable, { total, label }))` shows how far a loop is, and how long it will take;
 *   `progress(100)` counts by itself, and `const bar = progress({ total })` with `bar.update()` is a bar without a loop.
 * - `await input(prompt, { password, default })` asks the user for a line of text.
 */
import type { MimeBundle } from "../protocol/messages.ts";
import { currentCell, type CellContext } from "./cellContext.ts";
import type { InputOptions, Inputs } from "./input.ts";
import { mimeBundle } from "./mimeBundle.ts";
import { refuseUnknown } from "./options.ts";
import type { Output } from "./output.ts";
import { createProgress, type ProgressFunction } from "./progress.ts";

export interface DisplayOptions {
  id?: string;
}
export interface CellGlobals {
  display(value: unknown, options?: DisplayOptions): void;
  clearOutput(options?: { wait?: boolean }): void;
  progress: ProgressFunction;
  input(prompt?: string, options?: InputOptions): Promise<string>;
}

interface GlobalParts {
  displays: Displays;
  inputs: Inputs;
}

/** Shows bundles for the globals and for the library's host, and knows which ids are on screen. */
export class Displays {
  private readonly output: Output;
  /** Which run of which cell showed an id first. */
  private readonly ids = new Map<string, CellContext>();

  constructor(output: Output) {
    this.output = output;
  }

  show(bundle: MimeBundle, id?: string, cell = currentCell()): void {
    if (!cell || cell.silent) return;
    if (this.output.display(cell, bundle, id) && id !== undefined) this.ids.set(id, cell);
  }

  update(bundle: MimeBundle, id: string, cell = currentCell()): void {
    if (!cell || cell.silent) return;
    this.output.update(cell, bundle, id);
  }

  showOrUpdate(bundle: MimeBundle, id: string | undefined, cell = currentCell()): void {
    if (id !== undefined && cell && this.isThere(id, cell)) this.update(bundle, id, cell);
    else this.show(bundle, id, cell);
  }

  clear(cell: CellContext, wait: boolean): void {
    if (cell.silent) return;
    for (const [id, shownBy] of this.ids) if (shownBy === cell) this.ids.delete(id);
    this.output.clear(cell, wait);
  }

  /** A cell that runs again has lost what its last run showed. */
  private isThere(id: string, cell: CellContext): boolean {
    const shownBy = this.ids.get(id);
    return (
      shownBy !== undefined && (shownBy === cell || shownBy.cellId === undefined || shownBy.cellId !== cell.cellId)
    );
  }
}

export function cellGlobals({ displays, inputs }: GlobalParts): CellGlobals {
  return {
    input: inputs.input,
    progress: createProgress(displays),
    display(value, options = {}) {
      refuseUnknown("display", options, ["id"]);
      if (options.id !== undefined && typeof options.id !== "string") {
        throw new TypeError(`display: id must be a string, got ${typeof options.id}.`);
      }
      displays.showOrUpdate(mimeBundle(value), options.id);
    },
    clearOutput(options = {}) {
      refuseUnknown("clearOutput", options, ["wait"]);
      const cell = currentCell();
      if (cell) displays.clear(cell, options.wait ?? false);
    },
  };
}
