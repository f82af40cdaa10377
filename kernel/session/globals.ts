/**
 * The functions every cell has, also to be imported from `gradbook/notebook`:
 *
 * - `display(value, { id })` shows a value under the running cell; with `id` a later `display` of the same id replaces it
 *   wherever it stands.
 * - `clearOutput({ wait })` removes what the cell has shown; with `wait` only when the next output comes.
 */
import type { MimeBundle } from "../protocol/messages.ts";
import { currentCell } from "./cellContext.ts";
import { mimeBundle } from "./mimeBundle.ts";
import type { Output } from "./output.ts";

export interface DisplayOptions {
  id?: string;
}
export interface CellGlobals {
  display(value: unknown, options?: DisplayOptions): void;
  clearOutput(options?: { wait?: boolean }): void;
}

/** Shows bundles for the globals and for the library's host, and knows which ids are on screen. */
export class Displays {
  private readonly output: Output;
  private readonly ids = new Set<string>();

  constructor(output: Output) {
    this.output = output;
  }

  show(bundle: MimeBundle, id?: string): void {
    const cell = currentCell();
    if (!cell || cell.silent) return;
    if (this.output.display(cell, bundle, id) && id !== undefined) this.ids.add(id);
  }

  update(bundle: MimeBundle, id: string): void {
    const cell = currentCell();
    if (!cell || cell.silent) return;
    this.output.update(cell, bundle, id);
  }

  showOrUpdate(bundle: MimeBundle, id: string | undefined): void {
    if (id !== undefined && this.ids.has(id)) this.update(bundle, id);
    else this.show(bundle, id);
  }
}

export function cellGlobals(output: Output, displays: Displays): CellGlobals {
  return {
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
      if (cell && !cell.silent) output.clear(cell, options.wait ?? false);
    },
  };
}

function refuseUnknown(who: string, options: object, known: string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`${who}: unknown option "${name}". Options: ${known.join(", ")}.`);
  }
}
