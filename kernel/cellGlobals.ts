// `import { display } from "gradbook/notebook"`: the cell globals by name, for local modules and for the editor.
import type { CellGlobals } from "./session/globals.ts";

const globals = globalThis as unknown as CellGlobals;

export const { display, clearOutput, progress, input } = globals;
