/**
 * Runs the commands of cells: in the notebook's folder, with the user's shell, their output as it comes. An interrupt
 * ends a command with all that it has started (see programs.ts).
 */
import { spawn, type ChildProcess } from "node:child_process";
import { AsyncResource } from "node:async_hooks";
import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { commandEnvironment } from "./environment.ts";
import { commandLine } from "./commandLine.ts";

/** A command ended with another code than 0. */
export class CommandError extends Error {
  override name = "CommandError";
  /** Null when a signal ended it. */
  readonly exitCode: number | null;

  constructor(message: string, exitCode: number | null) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** After a command has ended, programs that it left behind may hold its output open; what comes within this time is waited for. */
const SILENCE_MS = 100;
/** The global ones belong to cells. */
const { setTimeout, clearTimeout } = globalThis;
const POSIX_SHELLS = new Set(["sh", "bash", "dash", "zsh", "ksh", "ash"]);
const BROUGHT_BY_NODE = new Set(["npm", "npx", "node", "corepack", "yarn", "pnpm"]);

export class Commands {
  private readonly folder: string;
  private readonly onEnded: () => void;

  /** @param options.onEnded called after each command, whatever came of it. */
  constructor({ folder, onEnded }: { folder: string; onEnded: () => void }) {
    this.folder = folder;
    this.onEnded = onEnded;
  }

  /** @throws CommandError */
  run = async (strings: readonly string[], ...values: unknown[]): Promise<void> => {
    const command = commandLine(strings, values).trim();
    const { folder } = this;
    const env = commandEnvironment(process.env, { folder, execPath: process.execPath, platform: process.platform });
    for (const note of [aboutFolder(command), aboutInstall(command, folder)]) {
      if (note !== undefined) process.stderr.write(`${note}\n`);
    }
    try {
      const { code, signal } = await outcome(start(command, { cwd: folder, env }));
      if (code === 0) return;
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      throw new CommandError(`"${command}" ended ${how}.${missingProgram(command, env)}`, code);
    } finally {
      this.onEnded();
    }
  };
}

function start(command: string, options: { cwd: string; env: NodeJS.ProcessEnv }): ChildProcess {
  // cmd.exe, with the quotes that it needs, is what Node starts by itself.
  const shell = process.platform === "win32" ? true : userShell();
  return spawn(command, { ...options, shell, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
}

/** Commands are written for a POSIX shell; fish and others are for typing. */
function userShell(): string {
  const { SHELL } = process.env;
  return SHELL && POSIX_SHELLS.has(path.basename(SHELL)) && existsSync(SHELL) ? SHELL : "/bin/sh";
}

function outcome(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    let ended: { code: number | null; signal: NodeJS.Signals | null } | undefined;
    let timer: NodeJS.Timeout | undefined;
    const heard = (): void => {
      if (!ended) return;
      clearTimeout(timer);
      timer = setTimeout(resolve, SILENCE_MS, ended);
    };
    // What comes late still belongs to this cell.
    const inContext = AsyncResource.bind((stream: NodeJS.WriteStream, text: string) => {
      stream.write(text);
      heard();
    });
    const pass = (from: Readable, to: () => NodeJS.WriteStream): void => {
      from.setEncoding("utf8");
      from.on("data", (text: string) => inContext(to(), text));
    };
    pass(child.stdout!, () => process.stdout);
    pass(child.stderr!, () => process.stderr);
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      ended = { code, signal };
      heard();
    });
    child.on("close", () => {
      clearTimeout(timer);
      if (ended) resolve(ended);
    });
  });
}

/** `cd` alone changes the folder of a shell that ends with it. */
function aboutFolder(command: string): string | undefined {
  if (!/^(?:cd|chdir|pushd)(?:\s+[^&|;\n]*)?$/.test(command)) return undefined;
  return `Each command has a shell of its own, so this "cd" changes nothing. Join what belongs together: !${command} && ls`;
}

/** npm looks for the nearest package.json above, which may be a surprise. */
function aboutInstall(command: string, folder: string): string | undefined {
  if (!/^npm\s+(?:i|in|ins|install|add|ci|un|uninstall|remove|rm|update|up)\b/.test(command)) return undefined;
  if (/\s(?:-g|--global|--prefix\b|--location)/.test(command)) return undefined;
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, "package.json")) || existsSync(path.join(at, "node_modules"))) {
      if (at === folder) return undefined;
      return `npm works in ${at}, the nearest folder with a package.json or node_modules. To give this folder its own: !npm init -y`;
    }
    if (at === path.dirname(at)) return undefined;
  }
}

function missingProgram(command: string, env: NodeJS.ProcessEnv): string {
  const [program] = command.split(/\s/);
  if (program === undefined || !BROUGHT_BY_NODE.has(program)) return "";
  const key = Object.keys(env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  const endings = process.platform === "win32" ? [".cmd", ".exe", ".bat", ""] : [""];
  const folders = (env[key] ?? "").split(path.delimiter);
  if (folders.some((at) => endings.some((ending) => existsSync(path.join(at, program + ending))))) return "";
  const home =
    process.platform === "win32"
      ? "C:\\Program Files\\nodejs\\node.exe"
      : `${os.homedir()}/.nvm/…/bin/node or /usr/bin/node`;
  return (
    ` There is no ${program} on the PATH, and VS Code's own runtime brings none. Install Node from https://nodejs.org;` +
    ` if it is there already, set gradbook.runtime (outside VS Code: GRADBOOK_RUNTIME) to it (${home}): the ${program} beside it is used.`
  );
}
