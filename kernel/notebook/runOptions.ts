/** What `gradbook run` was asked to do. */
import { readArguments, UsageError } from "../command/readArguments.ts";
import { parseParameter, type Parameter } from "./parameters.ts";

export const RUN_HELP = `Usage: gradbook run <notebook.ipynb> [options]

Runs the cells of a notebook without a window, with the kernel that the editor uses.
What the cells print is shown; nothing is written unless you ask for it.

  --output <file.ipynb>  write the notebook with its outputs, also after a failure
  --html <file.html>     write it as a page that stands alone
  --param <name=value>   set a parameter, in a cell after the one tagged "parameters";
                         the value is JSON, NaN or Infinity, or else a text, and
                         must fit the type that this cell declares. May be repeated
  --timeout <seconds>    interrupt a cell that runs longer
  --allow-errors         go on after a cell that failed
  --help                 show this

Exit code: 0 all cells ran, 1 a cell failed, 2 wrong usage, 124 a cell timed out,
130 stopped by Ctrl+C.
`;

export interface RunArguments {
  notebook: string;
  output: string | undefined;
  html: string | undefined;
  parameters: Parameter[];
  timeoutMs: number | undefined;
  allowErrors: boolean;
}

const KNOWN = { withValue: ["output", "html", "param", "timeout"], flags: ["allow-errors"] };

/** Reads the arguments after `gradbook run`; "help" when that is what was asked for. Throws `UsageError`. */
export function parseRunArguments(argv: readonly string[]): RunArguments | "help" {
  const given = readArguments(argv, KNOWN);
  if (given === "help") return "help";
  const [notebook, ...more] = given.positional;
  if (notebook === undefined) throw new UsageError("name the notebook to run.");
  if (more.length > 0) throw new UsageError(`one notebook at a time, got ${given.positional.join(", ")}.`);
  return {
    notebook,
    output: given.single("output"),
    html: given.single("html"),
    parameters: parameters(given.all("param")),
    timeoutMs: timeout(given.single("timeout")),
    allowErrors: given.has("allow-errors"),
  };
}

function parameters(texts: readonly string[]): Parameter[] {
  const seen = new Set<string>();
  return texts.map((text) => {
    let parameter: Parameter;
    try {
      parameter = parseParameter(text);
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
    if (seen.has(parameter.name)) throw new UsageError(`--param ${parameter.name} is given twice.`);
    seen.add(parameter.name);
    return parameter;
  });
}

function timeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  // setTimeout counts in 32 bits.
  if (!(seconds > 0 && seconds * 1000 < 2 ** 31)) {
    throw new UsageError(`--timeout must be a number of seconds above 0 and below 2147483, got "${text}".`);
  }
  return seconds * 1000;
}
