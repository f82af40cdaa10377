/** `gradbook jupyter papermill`: where the Python package lies by which papermill sets parameters in our notebooks. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { packageOf } from "./package.ts";

const HELP = `Usage: gradbook jupyter papermill

Prints the path of a small Python package. Installed beside papermill it sets the parameters of notebooks in TypeScript:

  pip install "$(npx gradbook jupyter papermill)"
  papermill in.ipynb out.ipynb -p lr 0.01
`;

/** Runs the command and returns its exit code. */
export function papermillCommand(argv: readonly string[], kernelPath: string): number {
  if (argv[0] === "--help" || argv[0] === "-h") {
    process.stdout.write(HELP);
    return 0;
  }
  if (argv.length > 0) {
    process.stderr.write(`gradbook jupyter papermill: unknown argument "${argv[0]}". It takes none.\n`);
    return 2;
  }
  const folder = path.join(packageOf(kernelPath).root, "dist", "papermill");
  let wheel: string | undefined;
  try {
    wheel = readdirSync(folder).find((name) => name.endsWith(".whl"));
  } catch {
    // Said below.
  }
  if (wheel === undefined) {
    process.stderr.write(`gradbook jupyter papermill: ${folder} holds no package. From the sources: npm run build\n`);
    return 1;
  }
  process.stdout.write(`${path.join(folder, wheel)}\n`);
  return 0;
}
