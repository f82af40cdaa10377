/**
 * A notebook as it stands in an .ipynb file, with the format's own names.
 *
 * Only what Gradbook reads or writes is named here; a file's other fields stay where they are. Source: nbformat 4.5
 * (nbformat/v4/nbformat.v4.5.schema.json).
 */
import type { JsonObject } from "../protocol/messages.ts";

/** Text that may stand as one string, or as a list of lines that keep their line ends. */
export type MultilineText = string | string[];

export interface Notebook {
  nbformat: 4;
  nbformat_minor: number;
  metadata: JsonObject & {
    kernelspec?: { name: string; display_name: string; language?: string };
    language_info?: JsonObject & { name: string };
  };
  cells: Cell[];
}

interface CellFields {
  /** Since 4.5; unique in the notebook. */
  id?: string;
  metadata: JsonObject & { tags?: string[] };
  source: MultilineText;
}
export interface MarkdownCell extends CellFields {
  cell_type: "markdown";
  attachments?: { [name: string]: { [mime: string]: MultilineText } };
}
export interface RawCell extends CellFields {
  cell_type: "raw";
}
export interface CodeCell extends CellFields {
  cell_type: "code";
  execution_count: number | null;
  outputs: Output[];
}
export type Cell = CodeCell | MarkdownCell | RawCell;

export interface StreamOutput {
  output_type: "stream";
  name: "stdout" | "stderr";
  text: MultilineText;
}
export interface DisplayOutput {
  output_type: "display_data";
  data: JsonObject;
  metadata: JsonObject;
}
export interface ResultOutput {
  output_type: "execute_result";
  execution_count: number | null;
  data: JsonObject;
  metadata: JsonObject;
}
export interface ErrorOutput {
  output_type: "error";
  ename: string;
  evalue: string;
  traceback: string[];
}
export type Output = StreamOutput | DisplayOutput | ResultOutput | ErrorOutput;

/** What a notebook of ours says about its kernel. */
export const KERNELSPEC = { name: "gradbook", display_name: "Gradbook (TypeScript)", language: "typescript" } as const;

export const joined = (text: MultilineText): string => (typeof text === "string" ? text : text.join(""));

/**
 * The lines of a text with their ends, as Jupyter writes them. Its rule for where a line ends is Python's
 * `str.splitlines`: a notebook of ours must not change when Jupyter saves it.
 */
export function lines(text: string): string[] {
  return (
    text.match(
      /[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])|[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+$/g,
    ) ?? []
  );
}

/** The values of a bundle as Jupyter writes them: text as lines, JSON and base64 as they are. */
export function storedBundle(bundle: JsonObject): JsonObject {
  const asLines = (mime: string) =>
    mime.startsWith("text/") || mime === "image/svg+xml" || mime === "application/javascript";
  return Object.fromEntries(
    Object.entries(bundle).map(([mime, value]) => [
      mime,
      typeof value === "string" && asLines(mime) ? lines(value) : value,
    ]),
  );
}

/** A cell as Jupyter writes it. */
export function storedCell(cell: Cell): Cell {
  const source = lines(joined(cell.source));
  return cell.cell_type === "code" ? { ...cell, source, outputs: cell.outputs.map(storedOutput) } : { ...cell, source };
}

function storedOutput(output: Output): Output {
  if (output.output_type === "stream") return { ...output, text: lines(joined(output.text)) };
  return output.output_type === "error" ? output : { ...output, data: storedBundle(output.data) };
}

export const isTagged = (cell: Cell, tag: string): boolean => cell.metadata.tags?.includes(tag) ?? false;
