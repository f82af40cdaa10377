/** What works on this machine, in the log: the report of `gradbook doctor`, made with the kernel's runtime. */
import { spawn } from "node:child_process";
import * as vscode from "vscode";
import { setting } from "./settings.ts";

/** Longest the report may take, in ms. */
const LIMIT_MS = 60_000;

export class Doctor {
  readonly #cliPath: string;
  readonly #log: vscode.LogOutputChannel;
  #report: Promise<void> | undefined;

  constructor(cliPath: string, log: vscode.LogOutputChannel) {
    this.#cliPath = cliPath;
    this.#log = log;
  }

  /** Writes the report to the log, the first time that it is asked for. */
  report(): Promise<void> {
    // The report runs programs that the workspace may name.
    if (!vscode.workspace.isTrusted) return Promise.resolve();
    return (this.#report ??= this.#run());
  }

  async #run(): Promise<void> {
    const runtime = setting("runtime") || process.execPath;
    this.#log.info(`gradbook doctor, with ${runtime}:`);
    const child = spawn(runtime, [this.#cliPath, "doctor"], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1", NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: LIMIT_MS,
      windowsHide: true,
    });
    let rest = "";
    const write = (text: string): void => {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop()!;
      for (const line of lines) this.#log.info(`  ${line}`);
    };
    child.stdout.setEncoding("utf8").on("data", write);
    child.stderr.setEncoding("utf8").on("data", write);
    await new Promise<void>((resolve) => {
      child.on("error", (error) => {
        this.#log.error(`  the report could not be made: ${error.message}. Check the setting gradbook.runtime.`);
        resolve();
      });
      child.on("close", (code, signal) => {
        if (rest !== "") write("\n");
        if (code !== 0) this.#log.error(`  the report ended with ${signal ?? `exit code ${code}`}`);
        resolve();
      });
    });
  }
}
