/** `gradbook jupyter`: the kernel for front ends of Jupyter. */
import { homedir } from "node:os";
import type { Machine } from "./dataFolders.ts";

const HELP = `Usage: gradbook jupyter <command>

  install                   make the kernel known to JupyterLab and its relatives
  uninstall                 take it away again
  doctor                    what Jupyter needs to run it, and what is missing
  papermill                 where the Python package lies that papermill needs for parameters
  kernel <connection-file>  serve a front end; what is installed says this
  --help                    show this; "gradbook jupyter install --help" shows the options
`;

/** The commands; each is loaded when it is called for, because front ends wait for `kernel`. */
const commands: {
  [name: string]: (argv: readonly string[], kernelPath: string, machine: Machine) => Promise<number | undefined>;
} = {
  install: async (...given) => (await import("./installCommand.ts")).installCommand(...given),
  uninstall: async (argv, _kernelPath, machine) =>
    (await import("./uninstallCommand.ts")).uninstallCommand(argv, machine),
  doctor: async (...given) => (await import("./doctor.ts")).jupyterDoctorCommand(...given),
  papermill: async (argv, kernelPath) => (await import("./papermillCommand.ts")).papermillCommand(argv, kernelPath),
  kernel: async (argv, kernelPath) => (await import("./kernelCommand.ts")).kernelCommand(argv, kernelPath),
};

/** Runs the command and returns its exit code; undefined while the kernel runs. `kernelPath` is the kernel's entry file. */
export async function jupyterCommand(argv: readonly string[], kernelPath: string): Promise<number | undefined> {
  const [name, ...rest] = argv;
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command) return command(rest, kernelPath, thisMachine());
  const what = name === undefined ? "name a command" : `unknown command "${name}"`;
  process.stderr.write(`gradbook jupyter: ${what}. Commands: ${Object.keys(commands).join(", ")}.\n\n${HELP}`);
  return 2;
}

/** Also for `gradbook doctor`. */
export const thisMachine = (): Machine => ({ platform: process.platform, home: homedir(), env: process.env });
