/** What `gradbook jupyter install` and `uninstall` were asked to do. */
import { readArguments, UsageError } from "../command/readArguments.ts";
import { checkName, DEFAULT_NAME } from "./kernelspec.ts";

/** Below which folder the kernelspec lies: the user's own, a named installation, or the Python environment in use. */
export type Place = { kind: "user" } | { kind: "prefix"; prefix: string } | { kind: "sys-prefix" };

export interface KernelspecArguments {
  place: Place;
  name: string;
}

const PLACE_HELP = `  --user          in your own folder of Jupyter's data, where every front end of yours
                  looks; so it is without any of these three
  --prefix <p>    below another installation: <p>/share/jupyter
  --sys-prefix    below the Python environment that is active (venv, conda), or else
                  that of the jupyter command
  --name <n>      under another name than "${DEFAULT_NAME}"
  --help          show this
`;

/** Reads the arguments behind the command's name; "help" when that is what was asked for. Throws `UsageError`. */
export function parseKernelspecArguments(argv: readonly string[]): KernelspecArguments | "help" {
  const given = readArguments(argv, { withValue: ["prefix", "name"], flags: ["user", "sys-prefix"] });
  if (given === "help") return "help";
  if (given.positional.length > 0) throw new UsageError(`takes options only, got "${given.positional.join(" ")}".`);
  const places = ["user", "prefix", "sys-prefix"].filter((option) => given.has(option));
  if (places.length > 1) {
    throw new UsageError(`${places.map((option) => `--${option}`).join(" and ")} exclude each other. Give one.`);
  }
  const prefix = given.single("prefix");
  const name = given.single("name") ?? DEFAULT_NAME;
  try {
    checkName(name);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (prefix !== undefined) return { place: { kind: "prefix", prefix }, name };
  return { place: { kind: given.has("sys-prefix") ? "sys-prefix" : "user" }, name };
}

/** Reads the options, runs the command and returns its exit code; says what is wrong with either. */
export async function withOptions(
  command: { name: string; help: string },
  argv: readonly string[],
  run: (given: KernelspecArguments) => Promise<number>,
): Promise<number> {
  const name = `gradbook jupyter ${command.name}`;
  try {
    const given = parseKernelspecArguments(argv);
    if (given !== "help") return await run(given);
    process.stdout.write(`Usage: ${name} [options]\n\n${command.help}\n${PLACE_HELP}`);
    return 0;
  } catch (error) {
    process.stderr.write(`${name}: ${(error as Error).message}\n`);
    if (!(error instanceof UsageError)) return 1;
    process.stderr.write(`"${name} --help" shows how it is used.\n`);
    return 2;
  }
}
