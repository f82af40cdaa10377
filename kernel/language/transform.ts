/**
 * TypeScript of a cell or a local module to the JavaScript that the session runs.
 *
 * A cell becomes one async function (cell.ts); a module stays an ES module whose loops can be interrupted
 * (moduleCode.ts). See runtime.ts for what the code calls, box.ts for how variables outlive their cell.
 */
import { rewriteCell } from "./cell.ts";
import type { Dependencies } from "./dependencies.ts";
import type { SourceMapV3 } from "./edits.ts";
import { checkEarlyErrors } from "./earlyErrors.ts";
import { erase, eraseObject, type Erased } from "./erase.ts";
import { rewriteModule } from "./moduleCode.ts";
import { objectAtEnd, readOriginal, type Original } from "./original.ts";
import { parse } from "./parse.ts";
import { COMMAND, findCommands, magicMessage, replaceCommands, type Command } from "./shell.ts";
import { CellSyntaxError } from "./syntaxError.ts";
import { GLOBALS, type Declared, type Names } from "./variables.ts";

export { Box } from "./box.ts";
export type { Dependencies } from "./dependencies.ts";
export type { Declared, Names } from "./variables.ts";
export type { SourceMapV3 } from "./edits.ts";
export { cleanError } from "./message.ts";
export { elementsOf, iteratorOf } from "./iteration.ts";
export type { AwaitSite, Runtime, Site } from "./runtime.ts";
export { CellSyntaxError } from "./syntaxError.ts";

export interface CellCode {
  /**
   * A JavaScript expression: a function of the `Runtime`. It returns `{ value }` when the cell ends in an expression, else
   * undefined; or a promise of that; or throws.
   */
  code: string;
  /** Source map from `code` to the user's text; its one source is the file name. */
  map: SourceMapV3;
  declares: Declared[];
  /**
   * Names that closures of this cell hold and that it does not declare. From now on they are live: `Names.get` answers
   * `{ live: true, constant: … }` for each, also while nobody has declared it.
   */
  wants: string[];
  /**
   * Statements that the debugger evaluates in the paused frame of the cell's function, to keep its locals when execution
   * is terminated. "" when there are none.
   */
  saveLocals: string;
  dependencies: Dependencies;
}

/**
 * @throws CellSyntaxError
 * @param options.filename the script's name, which its stack frames carry and its map names as the source.
 */
export function transformCell(source: string, { names, filename }: { names: Names; filename: string }): CellCode {
  const commands = findCommands(source, (name) => GLOBALS.has(name) || names.get(name) !== undefined);
  const text = replaceCommands(source, commands, (command) => callOf(command, source));
  const [erased, original] = eraseText(text);
  const { mappings, ...cell } = rewriteCell(erased, original, names);
  checkEarlyErrors(cell.code, mappings, erased);
  return { ...cell, map: sourceMap(filename, source, mappings) };
}

/** A command as the call that runs it. */
function callOf({ start, end, parts, inSyncFunction }: Command, source: string): string {
  if (inSyncFunction) {
    const before = source.slice(0, start).split("\n");
    const message = "A command is waited for, which this function cannot do: make the function async.";
    const at = { line: before.length, column: before.at(-1)!.length + 1, length: end - start };
    throw new CellSyntaxError(message, at);
  }
  const strings = [""];
  const values: string[] = [];
  for (const part of parts) {
    if (typeof part === "string") strings[strings.length - 1] += part;
    else {
      strings.push("");
      values.push(part.text);
    }
  }
  return `await ${COMMAND}${[JSON.stringify(strings), ...values].join(", ")});`;
}

function eraseText(text: string): [Erased, Original] {
  try {
    return eraseCell(text);
  } catch (error) {
    if (!(error instanceof CellSyntaxError)) throw error;
    const magic = magicMessage(text.split("\n")[error.line - 1] ?? "");
    throw magic === undefined ? error : new CellSyntaxError(magic, error);
  }
}

/** Without types; a block that can only be meant as an object is read as one. */
function eraseCell(source: string): [Erased, Original] {
  let object: { start: number; end: number };
  try {
    const erased = erase(source, { fileName: "cell.ts", isCell: true });
    const original = readOriginal(erased.original);
    if (!original.object) return [erased, original];
    ({ object } = original);
  } catch (error) {
    const found = error instanceof CellSyntaxError && objectAtEnd(parse(source.replace(/^\uFEFF/, "")).file);
    if (!found) throw error;
    object = found;
  }
  const erased = eraseObject(source, object);
  return [erased, readOriginal(erased.original)];
}

/**
 * @throws CellSyntaxError
 * @param filename a path; its ending says whether it is TypeScript.
 */
export function transformModule(source: string, filename: string): { code: string; map: SourceMapV3 } {
  const { js, mappings } = erase(source, { fileName: filename, isCell: false });
  const result = rewriteModule(js, mappings);
  return { code: result.code, map: sourceMap(filename, source, result.mappings) };
}

export function sourceMap(filename: string, source: string, mappings: string): SourceMapV3 {
  return { version: 3, file: filename, sources: [filename], sourcesContent: [source], names: [], mappings };
}
