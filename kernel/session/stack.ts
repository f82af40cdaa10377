/**
 * Stack traces as the user sees them: positions in the cell's or module's own text, no frames of ours and of Node's
 * inside. Installed as `Error.prepareStackTrace`, so that `console.log(error.stack)` in a cell shows the same.
 */
import { SourceMap, type SourceMapPayload } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { isNativeError } from "node:util/types";
import { cleanError } from "../language/message.ts";
import type { ErrorContent } from "../protocol/messages.ts";

const CELL = /^gradbook:cell-(\d+)(?:-\d+)?$/;

/** File name under which a cell's script runs. `run` tells cells apart that share an execution count (silent ones). */
export function cellFilename(executionCount: number, run: number): string {
  return `gradbook:cell-${executionCount}-${run}`;
}

interface Frame {
  functionName: string | undefined;
  /** `Cell [3]` or a path. */
  where: string;
  line: number;
  column: number;
  cell: boolean;
  /** The script's name, by which its source is known. */
  script?: string;
  source?: string;
}

/** A parsed map takes ten times its text: few are kept parsed. */
const MOST_PARSED = 8;
/** Of so many cells; what is older has no frames any more in a trace. */
const CELLS_WITH_MAPS = 5000;

/** Source maps of the cells and of the local modules, by the name V8 gives in a frame. */
export class StackMaps {
  private readonly maps = new Map<string, SourceMapPayload>();
  private readonly parsed = new Map<string, SourceMap>();
  private readonly sources = new Map<string, string>();
  private readonly cells: string[] = [];

  /** @param map undefined where the code is the text as the user wrote it. */
  add(filename: string, map: object | undefined, source?: string): void {
    this.parsed.delete(filename);
    // Its text is in `source`, once.
    if (map) this.maps.set(filename, { ...(map as SourceMapPayload), sourcesContent: [] });
    if (source !== undefined) this.sources.set(filename, source);
    if (CELL.test(filename) && this.cells.push(filename) > CELLS_WITH_MAPS) this.remove(this.cells.shift()!);
  }
  remove(filename: string): void {
    this.maps.delete(filename);
    this.parsed.delete(filename);
    this.sources.delete(filename);
  }
  source(filename: string): string | undefined {
    return this.sources.get(filename);
  }
  /** 1-based in, 1-based out. */
  original(filename: string, line: number, column: number): { line: number; column: number } | undefined {
    const map = this.parse(filename);
    if (!map) return CELL.test(filename) ? undefined : { line, column };
    const entry = map.findEntry(line - 1, column - 1);
    // Code that nobody wrote, like the helper of a decorator.
    if (!("originalLine" in entry)) return undefined;
    return { line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }

  private parse(filename: string): SourceMap | undefined {
    const payload = this.maps.get(filename);
    if (!payload) return undefined;
    let map = this.parsed.get(filename);
    if (!map) {
      if (this.parsed.size >= MOST_PARSED) this.parsed.clear();
      this.parsed.set(filename, (map = new SourceMap(payload)));
    }
    return map;
  }
}

/** Frames of the last prepared stack of an error, for the excerpt in `describeError`. */
const framesOf = new WeakMap<object, Frame[]>();

/** `ours`: folder of the kernel's bundles; its frames are cut unless `GRADBOOK_TRACE=1`. */
export function installStackTraces(maps: StackMaps, ours: string): void {
  const keepAll = process.env["GRADBOOK_TRACE"] === "1";
  Error.stackTraceLimit = 50;
  const prepare = (error: Error, sites: NodeJS.CallSite[]): string => {
    cleanError(error);
    const frames = sites.flatMap((site) => frameOf(site, maps, ours, keepAll)).slice(0, 20);
    framesOf.set(error, frames);
    return [headline(error), ...frames.map(printFrame)].join("\n");
  };
  // Libraries set it for a moment, and "back" to undefined: without one of the user's own it is always this one.
  let theirs: typeof Error.prepareStackTrace | undefined;
  Object.defineProperty(Error, "prepareStackTrace", {
    get: () => theirs ?? prepare,
    set: (value: unknown) => {
      theirs = typeof value === "function" && value !== prepare ? (value as typeof Error.prepareStackTrace) : undefined;
    },
    configurable: true,
  });
}

function frameOf(site: NodeJS.CallSite, maps: StackMaps, ours: string, keepAll: boolean): Frame[] {
  const filename = site.getFileName() ?? "";
  const original = maps.original(filename, site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1);
  if (!original) return [];
  const { line, column } = original;
  const cell = CELL.exec(filename);
  const functionName = nameOf(site);
  if (cell) return [{ functionName, where: `Cell [${cell[1]}]`, line, column, cell: true, script: filename }];
  const file = filename.startsWith("file:") ? fileURLToPath(filename) : filename;
  const internal = file === "" || file.startsWith("node:") || file.startsWith(ours + path.sep);
  if (internal && !keepAll) return [];
  return [{ functionName, where: file, line, column, cell: false, script: filename }];
}

function nameOf(site: NodeJS.CallSite): string | undefined {
  // The cell's own function has no name the user gave.
  const name = site.getFunctionName();
  if (!name) return undefined;
  const type = site.isToplevel() ? null : site.getTypeName();
  const full = type && type !== "Object" && !name.startsWith(type) ? `${type}.${name}` : name;
  return site.isConstructor() ? `new ${full}` : full;
}

function printFrame({ functionName, where, line, column, cell }: Frame): string {
  const place = cell ? `${where}, line ${line}` : `${where}:${line}:${column}`;
  return functionName === undefined ? `    at ${place}` : `    at ${functionName} (${place})`;
}

function headline(error: { name?: unknown; message?: unknown }): string {
  const name = String(error.name ?? "Error");
  const message = String(error.message ?? "");
  return message === "" ? name : `${name}: ${message}`;
}

/**
 * Adds the place of an `await` to an error that came out of it: an error that is made in native code, or after a wait,
 * has no line of the user in its stack.
 * @param site what `Error.captureStackTrace` made at the await.
 */
export function addAwaitFrame(error: unknown, site: { stack?: string }): void {
  void site.stack; // prepares the frames
  addFrames(error, (framesOf.get(site) ?? []).slice(0, 1));
}

/**
 * Adds places that no call stack holds: where a file is wrong, and the imports that have led to it, innermost first. They
 * come before the cell's.
 */
export function addPlaces(
  error: unknown,
  places: readonly { file: string; line: number; column: number; source?: string }[],
): void {
  addFrames(
    error,
    places.map(({ file, ...place }) => ({ functionName: undefined, where: file, cell: false, ...place })),
  );
}

function addFrames(error: unknown, added: readonly Frame[]): void {
  if (!isNativeError(error)) return;
  try {
    void error.stack;
    const frames = framesOf.get(error);
    if (!frames) return;
    const isNew = (at: Frame): boolean => !frames.some(({ where, line }) => where === at.where && line === at.line);
    const all = added.filter(isNew);
    if (all.length === 0) return;
    const cell = frames.findIndex((frame) => frame.cell);
    frames.splice(cell < 0 || all[0]!.cell ? frames.length : cell, 0, ...all);
    error.stack = [headline(error), ...frames.map(printFrame)].join("\n");
  } catch {
    // An error whose `name` or `message` throws is shown by describeError as far as it can be.
  }
}

/** An error as Jupyter wants it: name, message, and a trace that begins with the user's own line. Never throws. */
export function describeError(thrown: unknown, maps: StackMaps): ErrorContent {
  try {
    return isNativeError(thrown) ? describeNative(thrown, maps) : describeOther(thrown);
  } catch (error) {
    const evalue = `what was thrown cannot be shown, because showing it fails (${messageOf(error)})`;
    return { ename: "Error", evalue, traceback: [`Error: ${evalue}`] };
  }
}

function describeNative(thrown: Error, maps: StackMaps): ErrorContent {
  cleanError(thrown);
  const ename = String(thrown.name);
  const evalue = String(thrown.message);
  const stack = stackOf(thrown);
  const traceback = stack.split("\n");
  const frames = framesOf.get(thrown) ?? [];
  // The text where it happened, and the line of the cell that led there.
  const [top] = frames.filter((frame) => sourceAt(frame, maps) !== undefined);
  for (const frame of new Set([top, frames.find(({ cell }) => cell)])) {
    if (frame) traceback.push(...excerpt(sourceAt(frame, maps), frame));
  }
  if (thrown instanceof AggregateError) {
    thrown.errors.slice(0, 10).forEach((error, i) => traceback.push(...indented(`[${i + 1}] `, error)));
  }
  for (let { cause } = thrown, depth = 0; cause !== undefined && depth < 5; depth++) {
    traceback.push(...indented("Caused by: ", cause));
    cause = isNativeError(cause) ? cause.cause : undefined;
  }
  return { ename, evalue, traceback };
}

function sourceAt({ source, script }: Frame, maps: StackMaps): string | undefined {
  return source ?? (script === undefined ? undefined : maps.source(script));
}

/** A cell may have put a function of its own in the place of `Error.prepareStackTrace`, and that may fail. */
function stackOf(error: Error): string {
  try {
    if (typeof error.stack === "string") return error.stack;
  } catch {
    // Without the trace, then.
  }
  return headline(error);
}

function describeOther(thrown: unknown): ErrorContent {
  const text = typeof thrown === "string" ? thrown : inspect(thrown, { depth: 2 });
  return { ename: "Thrown", evalue: text, traceback: [`Uncaught ${text}`] };
}

function indented(label: string, error: unknown): string[] {
  const text = isNativeError(error) ? String(error.stack) : inspect(error, { depth: 1 });
  return `${label}${text}`.split("\n").map((line, i) => (i === 0 ? line : `  ${line}`));
}

function messageOf(error: unknown): string {
  try {
    return String((error as Error).message);
  } catch {
    return "and so does its own error";
  }
}

/** The line that failed between its neighbours, with a mark under the column. */
export function excerpt(source: string | undefined, at: { where: string; line: number; column: number }): string[] {
  const lines = source?.split(/\r?\n/);
  if (!lines || at.line > lines.length) return [];
  const from = Math.max(1, at.line - 2);
  const to = Math.min(lines.length, at.line + 1);
  const width = String(to).length;
  const out = ["", `${at.where}, line ${at.line}:`];
  for (let n = from; n <= to; n++) {
    out.push(`${n === at.line ? "❯" : " "} ${String(n).padStart(width)} │ ${lines[n - 1]}`);
    if (n === at.line) out.push(`  ${" ".repeat(width)} │ ${" ".repeat(Math.max(0, at.column - 1))}^`);
  }
  return out;
}

/** A source map as the comment that debuggers read. */
export function inlineMap(map: object): string {
  const data = Buffer.from(JSON.stringify(map)).toString("base64");
  return `//# sourceMappingURL=data:application/json;base64,${data}`;
}
