/**
 * Programs that write where their parent writes (`stdio: "inherit"`) write to the cell: the streams of this process are
 * not those of the worker, and nobody would see them.
 */
import childProcess, { ChildProcess } from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

type Spawn = (this: ChildProcess, options: Options) => unknown;
type Result = { stdout?: unknown; stderr?: unknown };

export function installInheritedOutput(): void {
  const { spawn } = ChildProcess.prototype as unknown as { spawn: Spawn };
  Object.assign(ChildProcess.prototype, {
    spawn(this: ChildProcess, options: Options) {
      const { stdio, inherited } = piped(options.stdio);
      const result = spawn.call(this, { ...options, stdio });
      if (inherited.includes(1)) this.stdout?.on("data", (chunk) => process.stdout.write(chunk as Buffer));
      if (inherited.includes(2)) this.stderr?.on("data", (chunk) => process.stderr.write(chunk as Buffer));
      return result;
    },
  });
  wrap("spawnSync", (run, options, inherited) => {
    const result = run(options) as Result;
    show(result, inherited);
    return result;
  });
  for (const name of ["execSync", "execFileSync"] as const) {
    wrap(name, (run, options, inherited) => {
      try {
        // Without the option Node itself writes what comes on stderr to `process.stderr`.
        const stdout = run(inherited.includes(2) ? { ...options, stdio: undefined } : options);
        show({ stdout }, inherited);
        return inherited.includes(1) ? null : stdout;
      } catch (error) {
        show({ stdout: (error as Result).stdout }, inherited);
        throw error;
      }
    });
  }
  syncBuiltinESMExports();
}

type Options = { stdio?: unknown };

/** Puts `call` in the place of a function that waits for its program, where that inherits. */
function wrap(
  name: "spawnSync" | "execSync" | "execFileSync",
  call: (run: (options: Options) => unknown, options: Options, inherited: number[]) => unknown,
): void {
  const run = childProcess[name] as (...args: unknown[]) => unknown;
  const wrapped = (...args: unknown[]): unknown => {
    const at = args.findIndex((arg) => typeof arg === "object" && arg !== null && !Array.isArray(arg));
    const options = args[at] as Options | undefined;
    const { stdio, inherited } = piped(options?.stdio);
    if (inherited.length === 0) return run(...args);
    return call((changed) => run(...args.with(at, changed)), { ...options, stdio }, inherited);
  };
  Object.assign(childProcess, { [name]: Object.defineProperty(wrapped, "name", { value: name }) });
}

/** Pipes in the place of the streams of this process, and which these were. */
function piped(stdio: unknown): { stdio: unknown; inherited: number[] } {
  const all = stdio === "inherit" ? ["inherit", "inherit", "inherit"] : stdio;
  if (!Array.isArray(all)) return { stdio, inherited: [] };
  const ours = (each: unknown, fd: number): boolean =>
    each === "inherit" || each === fd || each === (fd === 1 ? process.stdout : process.stderr);
  const inherited = [1, 2].filter((fd) => ours(all[fd], fd));
  // Nothing can be typed into a cell's program.
  const changed = all.map((each, fd) =>
    inherited.includes(fd) ? "pipe" : fd === 0 && each === "inherit" ? "ignore" : each,
  );
  return { stdio: changed, inherited };
}

function show({ stdout, stderr }: Result, inherited: number[]): void {
  if (inherited.includes(1) && stdout) process.stdout.write(stdout as Buffer);
  if (inherited.includes(2) && stderr) process.stderr.write(stderr as Buffer);
}
