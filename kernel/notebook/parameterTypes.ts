/** Checks the values of a run's parameters against what the cell tagged `parameters` declares; the kernel knows its types. */
import type { KernelClient } from "../client/kernelClient.ts";
import { nearest } from "../text/nearest.ts";
import { UsageError } from "../command/readArguments.ts";
import type { LanguageMethods, LanguageRequest, ParameterDeclared } from "../protocol/language.ts";
import { joined, type Notebook } from "./format.ts";
import { parametersCell, type Parameter } from "./parameters.ts";

/**
 * The same parameters with the declarations that the notebook's own cell gives them. Throws a UsageError that names each
 * parameter which the cell does not have, or whose value does not fit its type.
 */
export async function checkParameters(
  notebook: Notebook,
  parameters: readonly Parameter[],
  kernel: Pick<KernelClient, "request">,
): Promise<Parameter[]> {
  const own = parametersCell(notebook);
  if (own === undefined) return [...parameters];
  const code = notebook.cells.filter(({ cell_type }) => cell_type === "code");
  const uriOf = (index: number): string => `gradbook:cell/${index}`;
  const cells = code.map((cell, index) => ({ uri: uriOf(index), text: joined(cell.source).replaceAll("\r\n", "\n") }));
  await ask(kernel, { method: "notebook/open", params: { cells } });
  const values = parameters.map(({ name, value }) => ({ name, value }));
  const textDocument = { uri: uriOf(code.indexOf(own)) };
  const answer = await ask(kernel, { method: "notebook/parameters", params: { textDocument, values } });
  const { declared, wrong } = answer as LanguageMethods["notebook/parameters"]["result"];
  const problems = parameters.flatMap((parameter) => {
    const declaration = declared.find(({ name }) => name === parameter.name);
    if (!declaration) return [unknown(parameter, declared)];
    const found = wrong.find(({ name }) => name === parameter.name);
    return found ? [misfit(parameter, declaration, found.message)] : [];
  });
  if (problems.length > 0) throw new UsageError(problems.join("\n"));
  return parameters.map((parameter) => {
    const { syntax, annotation } = declared.find(({ name }) => name === parameter.name)!;
    return { ...parameter, declaration: `${syntax} ${parameter.name}${annotation === null ? "" : `: ${annotation}`}` };
  });
}

async function ask(kernel: Pick<KernelClient, "request">, request: LanguageRequest): Promise<unknown> {
  const reply = await kernel.request("gradbook_language_request", request).reply;
  if (reply.status !== "ok") throw new Error(`the parameters cannot be checked: ${reply.evalue}`);
  return (reply as { result: unknown }).result;
}

const CELL = 'the cell tagged "parameters"';

function unknown({ name }: Parameter, declared: readonly ParameterDeclared[]): string {
  const names = declared.map((each) => each.name);
  const meant = nearest(name, names);
  return [
    `--param ${name}: ${CELL} has no "${name}".`,
    ...(meant === undefined ? [] : [`Did you mean "${meant}"?`]),
    names.length > 0 ? `It has: ${names.join(", ")}.` : "It declares nothing.",
  ].join(" ");
}

function misfit({ name, value, isText }: Parameter, { type, line }: ParameterDeclared, message: string): string {
  const inLine = (text: string): string => text.replace(/\s*\n\s*/g, " ");
  const where = `${name} is declared as ${inLine(type)} in line ${line + 1} of ${CELL}.`;
  const hint = isText
    ? " What is no JSON is a text: write numbers as 0.1, switches as true or false, lists as [1, 2]."
    : /\bstring\b/.test(type)
      ? ` For a text put it in quotes: --param '${name}=${JSON.stringify(value)}'.`
      : "";
  return `--param ${name}=${value}: ${where} ${inLine(message)}${hint}`;
}
