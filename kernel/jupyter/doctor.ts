/** `gradbook doctor`: what works on this machine, with this runtime. */
import { checks, type Check, type Finding, type Surroundings } from "./checks.ts";

/** One line for each check: ✔ or ✘, and below what is missing what to do. */
export function reportLines({ name, needed }: Check, { ok, found, advice }: Finding): string[] {
  const mark = ok ? "✔" : needed ? "✘" : "–";
  const line = `${mark} ${name.padEnd(20)} ${found}`;
  return ok || !advice ? [line] : [line, `  ${"".padEnd(20)} → ${advice}`];
}

/** Runs the checks and prints what they find. Exit code 1 when the kernel could not run here, 2 for wrong usage. */
export async function doctorCommand(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  if (argv.length > 0 && argv[0] !== "--help") {
    process.stderr.write(`gradbook doctor: unknown argument "${argv[0]}". It takes none.\n`);
    return 2;
  }
  if (argv.length > 0) {
    process.stdout.write(
      "Usage: gradbook doctor\n\nSays what works on this machine. Exit code 1 when the kernel cannot run here.\n",
    );
    return 0;
  }
  let fatal = false;
  for (const check of checks) {
    const finding = await check.look(surroundings);
    fatal ||= check.needed && !finding.ok;
    process.stdout.write(reportLines(check, finding).join("\n") + "\n");
  }
  process.stdout.write(fatal ? "\nThe kernel cannot run here.\n" : "\nThe kernel runs here.\n");
  return fatal ? 1 : 0;
}
