/** `gradbook jupyter`: the kernel for front ends of Jupyter. */
import { kernelCommand } from "./kernelCommand.ts";

const HELP = `Usage: gradbook jupyter <command>

  kernel <connection-file>  serve a front end; kernelspecs say this
  --help                    show this
`;

/** Runs the command and returns its exit code; undefined while the kernel runs. `kernelPath` is the kernel's entry file. */
export async function jupyterCommand(argv: readonly string[], kernelPath: string): Promise<number | undefined> {
  const [command, ...rest] = argv;
  switch (command) {
    case "kernel":
      return kernelCommand(rest, kernelPath);
    case "--help":
    case "-h":
    case "help":
      process.stdout.write(HELP);
      return 0;
    default: {
      const what = command === undefined ? "name a command" : `unknown command "${command}"`;
      process.stderr.write(`gradbook jupyter: ${what}. Commands: kernel.\n\n${HELP}`);
      return 2;
    }
  }
}
