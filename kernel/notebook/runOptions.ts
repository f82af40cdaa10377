/** What `gradbook run` was asked to do. */
import { parseParameter, type Parameter } from "./parameters.ts";

export const RUN_HELP = `Usage: gradbook run <notebook.ipynb> [options]

Runs the cells of a notebook without a window, with the kernel that the editor uses.
What the cells print is shown; nothing is written unless you ask for it.

  --output <file.ipynb>  write the notebook with its outputs, also after a failure
  --html <file.html>     write it as a page that stands alone
  --param <name=value>   set a parameter, in a cell after the one tagged "parameters";
                         the value is JSON, or else a text. May be repeated
  --timeout <seconds>    interrupt a cell that runs longer
  --allow-errors         go on after a cell that failed
  --help                 show this

Exit code: 0 all cells ran, 1 a cell failed, 2 wrong usage, 124 a cell timed out,
130 stopped by Ctrl+C.
`;

/** A command line that cannot be followed. */
export class UsageError extends Error {
  override name = "UsageError";
}

export interface RunArguments {
  notebook: string;
  output: string | undefined;
  html: string | undefined;
  parameters: Parameter[];
  timeoutMs: number | undefined;
  allowErrors: boolean;
}

const WITH_VALUE = ["output", "html", "param", "timeout"];
const FLAGS = ["allow-errors", "help"];

/** Reads the arguments after `gradbook run`; "help" when that is what was asked for. Throws `UsageError`. */
export function parseRunArguments(argv: readonly string[]): RunArguments | "help" {
  const notebooks: string[] = [];
  const values = new Map<string, string[]>();
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!;
    if (argument === "-h") return "help";
    if (argument === "--") {
      notebooks.push(...argv.slice(i + 1));
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      notebooks.push(argument);
      continue;
    }
    const [, name, given] = /^--([^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name !== undefined && FLAGS.includes(name)) {
      if (given !== undefined) throw new UsageError(`--${name} takes no value, got "${given}".`);
      values.set(name, []);
    } else if (name !== undefined && WITH_VALUE.includes(name)) {
      const value = given ?? argv[++i];
      if (value === undefined || value === "") throw new UsageError(`--${name} needs a value.`);
      if (given === undefined && value.startsWith("--"))
        throw new UsageError(`--${name} needs a value, got the option ${value}.`);
      values.set(name, [...(values.get(name) ?? []), value]);
    } else {
      const options = [...WITH_VALUE, ...FLAGS].map((option) => `--${option}`).join(", ");
      throw new UsageError(`unknown option "${argument.split("=")[0]}". Options: ${options}.`);
    }
  }
  if (values.has("help")) return "help";
  if (notebooks.length !== 1) {
    throw new UsageError(
      notebooks.length === 0 ? "name the notebook to run." : `one notebook at a time, got ${notebooks.join(", ")}.`,
    );
  }
  const single = (name: string): string | undefined => {
    const given = values.get(name);
    if (given && given.length > 1) throw new UsageError(`--${name} is given ${given.length} times.`);
    return given?.[0];
  };
  return {
    notebook: notebooks[0]!,
    output: single("output"),
    html: single("html"),
    parameters: parameters(values.get("param") ?? []),
    timeoutMs: timeout(single("timeout")),
    allowErrors: values.has("allow-errors"),
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
