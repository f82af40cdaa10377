import os from "node:os";
import path from "node:path";
import { cellSource } from "../protocol/cellSource.ts";

/** What cells are named after in a debugger: a path, because debuggers know nothing else, where no file need be. */
export const SOURCE_PREFIX = path.join(os.tmpdir(), `gradbook-${process.pid}`, "cell-");

export const sourceOf = (code: string): string => cellSource(SOURCE_PREFIX, code);
