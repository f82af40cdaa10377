/** `gradbook doctor`: what works on this machine, with this runtime; `gradbook jupyter doctor`: what concerns Jupyter of it. */
import { checks, type Check, type Finding, type Surroundings } from "./checks.ts";
import type { Machine } from "./dataFolders.ts";
import { jupyterChecks } from "./jupyterChecks.ts";

/** One line for each check: ✔ or ✘, and below what is missing what to do. */
export function reportLines({ name, needed }: Pick<Check, "name" | "needed">, finding: Finding): string[] {
  const { ok, found, advice } = finding;
  const mark = ok ? "✔" : needed ? "✘" : "–";
  const indent = (text: string): string => text.replaceAll("\n", `\n  ${"".padEnd(20)} `);
  const line = `${mark} ${name.padEnd(20)} ${indent(found)}`;
  return ok || !advice ? [line] : [line, `  ${"".padEnd(20)} → ${indent(advice)}`];
}

/** Runs the checks and prints what they find. Exit code 1 when the kernel could not run here, 2 for wrong usage. */
export async function doctorCommand(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  // The kernel runs in VS Code and in `gradbook run` without Jupyter.
  const all = [...checks, ...jupyterChecks.map((check) => ({ ...check, needed: false }))];
  return diagnose("gradbook doctor", argv, all, surroundings, {
    help: "Says what works on this machine. Exit code 1 when the kernel cannot run here.",
    well: "The kernel runs here.",
    ill: "The kernel cannot run here.",
  });
}

/** The same for what a front end of Jupyter needs. */
export async function jupyterDoctorCommand(
  argv: readonly string[],
  kernelPath: string,
  machine: Machine,
): Promise<number> {
  return diagnose(
    "gradbook jupyter doctor",
    argv,
    jupyterChecks,
    { kernelPath, machine },
    {
      help: "Says what Jupyter needs to run the kernel, and what is missing. Exit code 1 when it cannot run.",
      well: "Front ends of Jupyter can run the kernel.",
      ill: "Front ends of Jupyter cannot run the kernel.",
    },
  );
}

async function diagnose<S>(
  name: string,
  argv: readonly string[],
  all: readonly Check<S>[],
  surroundings: S,
  text: { help: string; well: string; ill: string },
): Promise<number> {
  if (argv[0] === "--help" || argv[0] === "-h") {
    process.stdout.write(`Usage: ${name}\n\n${text.help}\n`);
    return 0;
  }
  if (argv.length > 0) {
    process.stderr.write(`${name}: unknown argument "${argv[0]}". It takes none.\n`);
    return 2;
  }
  let fatal = false;
  for (const check of all) {
    const finding = await check.look(surroundings);
    fatal ||= check.needed && !finding.ok;
    process.stdout.write(reportLines(check, finding).join("\n") + "\n");
  }
  process.stdout.write(`\n${fatal ? text.ill : text.well}\n`);
  return fatal ? 1 : 0;
}
