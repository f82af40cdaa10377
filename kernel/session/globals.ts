/**
 * The functions every cell has, also to be imported from `gradbook/notebook`:
 *
 * - `display(value, { id })` shows a value under the running cell; with `id` a later `display` of the same id replaces it
 *   wherever it stands. `display.html(text)`, `.markdown`, `.latex`, `.svg`, `.json(value)`, `.image(bytesOrPath)` and
 *   `.bundle({ mime: … })` show text or bytes as what they are. `display.page(value)` shows it in the front end's pager.
 * - `clearOutput({ wait })` removes what the cell has shown; with `wait` only when the next output comes.
 * - `for (const x of progress(iterable, { total, label }))` shows how far a loop is, and how long it will take;
 *   `progress(100)` counts by itself, and `const bar = progress({ total })` with `bar.update()` is a bar without a loop.
 * - `await input(prompt, { password, default })` asks the user for a line of text.
 * - `widget.slider({ min, max, value, step, log, label })`, `widget.button({ label })` and `widget.toggle({ label, value })` are
 *   moved and pressed by the user, also while a loop that awaits goes on.
 * - `comms.register(target, handler)` and `comms.open(target, data)`: channels to code in a front end.
 */
import type { MimeBundle } from "../protocol/messages.ts";
import { currentCell, type CellContext } from "./cellContext.ts";
import type { CommsGlobal } from "./comms/comms.ts";
import type { InputOptions, Inputs } from "./input.ts";
import { checkedBundle, mimeBundle } from "./mimeBundle.ts";
import { media, type ImageSource } from "./media.ts";
import { refuseUnknown } from "./options.ts";
import type { Output } from "./output.ts";
import { createProgress, type ProgressFunction } from "./progress.ts";
import type { Widgets } from "./widgets/index.ts";

export interface DisplayOptions {
  id?: string;
}
/** Shows a value; its methods show text or bytes of a known type. With `id` a later one with the same id replaces it. */
export interface DisplayFunction {
  /** A promise only for an object whose own display method is asynchronous. */
  (value: unknown, options?: DisplayOptions): void | Promise<void>;
  html(text: string, options?: DisplayOptions): void;
  markdown(text: string, options?: DisplayOptions): void;
  /** A formula: `display.latex("\\frac{a}{b}")`. */
  latex(text: string, options?: DisplayOptions): void;
  /** A tree that opens and closes, where the front end has one. */
  json(value: unknown, options?: DisplayOptions): void;
  svg(text: string, options?: DisplayOptions): void;
  /** PNG, JPEG, GIF, WebP or SVG: bytes, or the path of a file. */
  image(source: ImageSource, options?: DisplayOptions): void;
  /** A bundle of MIME types as Jupyter has it: `display.bundle({ "text/html": "…", "text/plain": "…" })`. */
  bundle(bundle: { [mime: string]: unknown }, options?: DisplayOptions): void;
  /**
   * For a long text that is to be read and not kept: shown when the cell has ended, in the pager of a front end that has one
   * (Jupyter Notebook, jupyter console), else under the cell. A promise only for an object whose own display method is asynchronous.
   */
  page(value: unknown): void | Promise<void>;
}
export interface CellGlobals {
  display: DisplayFunction;
  clearOutput(options?: { wait?: boolean }): void;
  progress: ProgressFunction;
  input(prompt?: string, options?: InputOptions): Promise<string>;
  widget: Widgets;
  comms: CommsGlobal;
}

interface GlobalParts {
  displays: Displays;
  inputs: Inputs;
  widgets: Widgets;
  comms: CommsGlobal;
}

/** Shows bundles for the globals and for the library's host, and knows which ids are on screen. */
export class Displays {
  private readonly output: Output;
  /** Which run of which cell showed an id first. */
  private readonly ids = new Map<string, CellContext>();

  constructor(output: Output) {
    this.output = output;
  }

  /** A cell begins: what its last run showed is gone, and another cell that shows the same id shows it anew. */
  begin({ cellId, silent }: Pick<CellContext, "cellId" | "silent">): void {
    if (cellId === undefined || silent) return;
    for (const [id, shownBy] of this.ids) if (shownBy.cellId === cellId) this.ids.delete(id);
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

  /** A pager gets its text with the reply of the cell; what comes later, or from a handler, goes under the cell. */
  page(bundle: MimeBundle, cell = currentCell()): void {
    if (!cell || cell.silent) return;
    if (cell.ended || cell.run !== cell) this.show(bundle, undefined, cell);
    else cell.pages.push(bundle);
  }

  clear(cell: CellContext, wait: boolean): void {
    if (cell.silent) return;
    for (const [id, shownBy] of this.ids) if (shownBy.run === cell.run) this.ids.delete(id);
    this.output.clear(cell, wait);
  }

  /** A cell that runs again has lost what its last run showed. */
  private isThere(id: string, cell: CellContext): boolean {
    const shownBy = this.ids.get(id);
    return (
      shownBy !== undefined &&
      (shownBy.run === cell.run || shownBy.cellId === undefined || shownBy.cellId !== cell.cellId)
    );
  }
}

export function cellGlobals({ displays, inputs, widgets, comms }: GlobalParts): CellGlobals {
  const { register, unregister, open } = comms;
  return {
    widget: widgets,
    comms: { register, unregister, open },
    input: inputs.input,
    progress: createProgress(displays),
    display: displayFunction(displays),
    clearOutput(options = {}) {
      refuseUnknown("clearOutput", options, ["wait"]);
      const cell = currentCell();
      if (cell) displays.clear(cell, options.wait ?? false);
    },
  };
}

function displayFunction(displays: Displays): DisplayFunction {
  const idOf = (who: string, options: DisplayOptions): string | undefined => {
    refuseUnknown(who, options, ["id"]);
    const { id } = options;
    if (id !== undefined && typeof id !== "string")
      throw new TypeError(`${who}: id must be a string, got ${typeof id}.`);
    return id;
  };
  const withBundle = (value: unknown, use: (bundle: MimeBundle) => void): void | Promise<void> => {
    const bundle = mimeBundle(value);
    return bundle instanceof Promise ? bundle.then(use) : use(bundle as MimeBundle);
  };
  const display = (value: unknown, options: DisplayOptions = {}): void | Promise<void> => {
    const id = idOf("display", options);
    return withBundle(value, (bundle) => displays.showOrUpdate(bundle, id));
  };
  const shower =
    <T>(who: string, bundleOf: (value: T) => MimeBundle) =>
    (value: T, options: DisplayOptions = {}): void =>
      displays.showOrUpdate(bundleOf(value), idOf(who, options));
  return Object.assign(display, {
    html: shower("display.html", media.html),
    markdown: shower("display.markdown", media.markdown),
    latex: shower("display.latex", media.latex),
    json: shower("display.json", media.json),
    svg: shower("display.svg", media.svg),
    image: shower("display.image", media.image),
    bundle: shower("display.bundle", checkedBundle),
    page: (value: unknown) => withBundle(value, (bundle) => displays.page(paged(value, bundle))),
  });
}

/** A pager shows texts as they are, without the quotes that an inspector puts around a string. */
function paged(value: unknown, bundle: MimeBundle): MimeBundle {
  return typeof value === "string" ? { "text/plain": value } : bundle;
}
