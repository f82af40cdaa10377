/** Whether a JSON value is a notebook. A damaged notebook is an error, never an empty one. */
import type { Notebook } from "./format.ts";

/** A file that cannot be used as a notebook: its name and why. */
export class NotebookError extends Error {
  override name = "NotebookError";
  constructor(file: string, problem: string) {
    super(`${file}: ${problem}.`);
  }
}

type Fields = { [key: string]: unknown };
type Rule = (value: unknown) => boolean;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isList = (value: unknown): value is unknown[] => Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isTexts = (value: unknown): value is string[] => isList(value) && value.every(isText);
const isMultiline = (value: unknown) => isText(value) || isTexts(value);
const isCount = (value: unknown) => value === null || (Number.isInteger(value) && (value as number) >= 0);

const text: [Rule, string] = [isText, "a text"];
const multiline: [Rule, string] = [isMultiline, "a text or a list of lines"];
const object: [Rule, string] = [isObject, "an object"];
const count: [Rule, string] = [isCount, "a number or null"];
const bundle: [Rule, string] = [isObject, "an object of values by MIME type"];

/** The fields that each kind of cell and output must have. */
const cellFields: Record<string, Record<string, [Rule, string]>> = {
  code: { source: multiline, metadata: object, outputs: [isList, "a list"], execution_count: count },
  markdown: { source: multiline, metadata: object },
  raw: { source: multiline, metadata: object },
};
const outputFields: Record<string, Record<string, [Rule, string]>> = {
  stream: { name: [(value) => value === "stdout" || value === "stderr", '"stdout" or "stderr"'], text: multiline },
  display_data: { data: bundle, metadata: object },
  execute_result: { data: bundle, metadata: object, execution_count: count },
  error: { ename: text, evalue: text, traceback: [isTexts, "a list of texts"] },
};

/** The value as a notebook. Throws `NotebookError`: which cell, which field, what came, what is needed. */
export function checkNotebook(value: unknown, file: string): Notebook {
  const fail = (problem: string): never => {
    throw new NotebookError(file, problem);
  };
  if (!isObject(value)) return fail(`holds ${kind(value)}, and a notebook is an object with "nbformat" and "cells"`);
  const { nbformat, nbformat_minor: minor, metadata, cells } = value;
  if (nbformat === undefined) fail(`has no "nbformat", so it is not a notebook`);
  if (!Number.isInteger(nbformat)) fail(`"nbformat" must be a whole number, got ${kind(nbformat)}`);
  if ((nbformat as number) < 4) {
    fail(
      `is in the old format ${String(nbformat)}. Convert it to format 4: jupyter nbconvert --to notebook --nbformat 4`,
    );
  }
  if ((nbformat as number) > 4) fail(`is in format ${String(nbformat)}, which is newer than this Gradbook knows (4)`);
  if (!Number.isInteger(minor)) fail(`"nbformat_minor" must be a whole number, got ${kind(minor)}`);
  if (!isObject(metadata)) fail(`"metadata" must be an object, got ${kind(metadata)}`);
  if (!isList(cells)) return fail(`"cells" must be a list, got ${kind(cells)}`);

  const ids = new Map<string, number>();
  cells.forEach((cell, index) => {
    const where = `cell ${index + 1}`;
    const { cell_type: type, id } = checkFields(cell, "cell_type", cellFields, where, fail);
    if (id !== undefined) {
      if (!isText(id) || !/^[a-zA-Z0-9_-]{1,64}$/.test(id)) {
        fail(`${where}: "id" must be 1 to 64 letters, digits, - or _, got ${JSON.stringify(id)}`);
      }
      const first = ids.get(id as string);
      if (first !== undefined) fail(`${where} has the id "${String(id)}" of cell ${first}; give one of them another`);
      ids.set(id as string, index + 1);
    }
    const { tags } = (cell as { metadata: Fields }).metadata;
    if (tags !== undefined && !isTexts(tags))
      fail(`${where}: "metadata.tags" must be a list of texts, got ${kind(tags)}`);
    if (type !== "code") return;
    (cell as { outputs: unknown[] }).outputs.forEach((output, number) => {
      checkFields(output, "output_type", outputFields, `${where}, output ${number + 1}`, fail);
    });
  });
  return value as unknown as Notebook;
}

function checkFields(
  value: unknown,
  typeField: string,
  rules: Record<string, Record<string, [Rule, string]>>,
  where: string,
  fail: (problem: string) => never,
): Fields {
  if (!isObject(value)) return fail(`${where} must be an object, got ${kind(value)}`);
  const type = value[typeField];
  const fields = isText(type) && Object.hasOwn(rules, type) ? rules[type]! : undefined;
  if (!fields) {
    const known = Object.keys(rules).join(", ");
    return fail(`${where}: "${typeField}" must be one of ${known}; got ${JSON.stringify(type) ?? "nothing"}`);
  }
  for (const [name, [rule, wanted]] of Object.entries(fields)) {
    if (!rule(value[name])) fail(`${where} (${String(type)}): "${name}" must be ${wanted}, got ${kind(value[name])}`);
  }
  return value;
}

function kind(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (isList(value)) return isTexts(value) ? "a list" : "a list with other things than texts";
  if (isText(value)) return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
  return isObject(value) ? "an object" : `${typeof value} ${String(value)}`;
}
