/** `gradbook jupyter kernel <connection-file>`: what a kernelspec starts. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { pathToFileURL } from "node:url";
import { runtimeFlags } from "../client/runtimeFlags.ts";

/**
 * Serves a Jupyter front end until it ends the kernel; returns the exit code. `kernelPath` is the kernel's entry file.
 *
 * In this process when it was started with the flags that the kernel needs, as the kernelspec does; else in one beside it.
 */
export async function kernelCommand(argv: readonly string[], kernelPath: string): Promise<number | undefined> {
  const [file, ...more] = argv;
  if (file === undefined || more.length > 0 || file.startsWith("-")) {
    const came = file === undefined ? "nothing" : argv.map((each) => JSON.stringify(each)).join(" ");
    process.stderr.write(`gradbook jupyter kernel: needs one connection file, got ${came}. Front ends give it.\n`);
    return 2;
  }
  const flags = runtimeFlags(Number.parseInt(process.versions.node, 10));
  if (flags.every((flag) => process.execArgv.includes(flag))) {
    process.argv = [process.execPath, kernelPath, file];
    await import(pathToFileURL(kernelPath).href);
    return undefined;
  }
  const child = spawn(process.execPath, [...flags, kernelPath, file], { stdio: "inherit", windowsHide: true });
  // The kernel decides what a signal means, and its end is ours.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) =>
    child.on("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))),
  );
}
