#!/usr/bin/env node
/**
 * The command `gradbook`. This file starts on an old Node too, far enough to say which one is needed; everything else
 * is loaded afterwards.
 */
import { extname, join } from "node:path";

const HELP = `Usage: gradbook <command>

  run <notebook.ipynb>  run a notebook without a window; "gradbook run --help" shows its options
  doctor                what works on this machine
  jupyter <command>     the kernel for JupyterLab and its relatives; "gradbook jupyter --help" shows the commands
  --version             show the version
  --help                show this
`;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(
    `gradbook needs Node 22.15 or later, and this is Node ${process.versions.node} (${process.execPath}). ` +
      `Install a newer one (the npm package "node" brings it: npm install node@24, then npx gradbook).\n`,
  );
  process.exitCode = 2;
} else {
  process.exitCode = await main(process.argv.slice(2));
}

async function main([command, ...rest]: string[]): Promise<number | undefined> {
  // main.js beside cli.js; from the sources, main.ts beside cli.ts.
  const kernelPath = join(import.meta.dirname, "main" + extname(import.meta.filename));
  switch (command) {
    case "run":
      return (await import("./notebook/runCommand.ts")).runCommand(rest, kernelPath);
    case "doctor":
      return doctor(rest, kernelPath);
    case "jupyter":
      return (await import("./jupyter/jupyterCommand.ts")).jupyterCommand(rest, kernelPath);
    case "--version":
      process.stdout.write(`${process.env["GRADBOOK_VERSION"] ?? "from the sources"}\n`);
      return 0;
    case "--help":
    case "-h":
    case "help":
      process.stdout.write(HELP);
      return 0;
    default:
      process.stderr.write(
        `${command === undefined ? "gradbook: name a command." : `gradbook: unknown command "${command}". Commands: run, doctor, jupyter.`}\n\n${HELP}`,
      );
      return 2;
  }
}

async function doctor(argv: string[], kernelPath: string): Promise<number> {
  const [{ doctorCommand }, { thisMachine }, { cacheFolder }, { typescriptVersion }] = await Promise.all([
    import("./jupyter/doctor.ts"),
    import("./jupyter/jupyterCommand.ts"),
    import("./data/cacheFolder.ts"),
    import("./language/version.ts"),
  ]);
  const machine = thisMachine();
  const cache = cacheFolder(machine);
  const data = process.env["GRADBOOK_DATA"];
  const dataFolders = [...(data ? [data] : []), cache];
  return doctorCommand(argv, { kernelPath, machine, cacheFolder: cache, dataFolders, typescriptVersion });
}
