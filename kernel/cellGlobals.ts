// `import { display } from "gradbook/notebook"`: the cell globals by name, for local modules and for the editor, which
// shows what is said of them here.
import type { CellGlobals } from "./session/globals.ts";

const globals = globalThis as unknown as CellGlobals;

/**
 * Shows a value under the running cell. With `{ id }` a later one of the same id replaces it, wherever it stands.
 * `display.html(text)`, `.markdown`, `.latex`, `.svg`, `.json(value)`, `.image(bytesOrPath)` and `.bundle({ mime: … })` show
 * text or bytes as what they are.
 */
export const display: CellGlobals["display"] = globals.display;

/** Removes what the cell has shown; with `{ wait: true }` only when the next output comes. */
export const clearOutput: CellGlobals["clearOutput"] = globals.clearOutput;

/**
 * Shows how far a loop is, and how long it will take: `for (const x of progress(iterable, { total, label }))`.
 * `progress(100)` counts by itself; `const bar = progress({ total })` with `bar.update()` is a bar without a loop.
 */
export const progress: CellGlobals["progress"] = globals.progress;

/** Asks the user for a line of text: `const name = await input("Your name?")`. */
export const input: CellGlobals["input"] = globals.input;

/**
 * What the user moves and presses, also while a loop that awaits goes on: `const lr = widget.slider({ min: 1e-4, max: 1, log: true,
 * label: "learning rate" })`, `widget.button({ label })`, `widget.toggle({ label })`. Shown as the last expression or by `display`.
 */
export const widget: CellGlobals["widget"] = globals.widget;

/**
 * Channels to code in a front end: `comms.register(target, (comm, open) => …)` answers those that it opens, and
 * `comms.open(target, data)` opens one.
 */
export const comms: CellGlobals["comms"] = globals.comms;
