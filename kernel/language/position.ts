/** Positions of running code in the user's own text. */
import { SourceMap, type SourceMapPayload } from "node:module";

const decoded = new WeakMap<object, SourceMap>();

/** 1-based in, 1-based out; undefined where the code has no counterpart in the text. */
export function originalPosition(
  map: object,
  { line, column }: { line: number; column: number },
): { line: number; column: number } | undefined {
  let sourceMap = decoded.get(map);
  if (!sourceMap) decoded.set(map, (sourceMap = new SourceMap(map as SourceMapPayload)));
  const entry = sourceMap.findEntry(line - 1, column - 1);
  if (!("originalLine" in entry)) return undefined;
  return { line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}
