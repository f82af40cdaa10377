/** `gradbook run`: a notebook without a window. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { startKernel } from "../client/startKernel.ts";
import { UsageError } from "../command/readArguments.ts";
import { NotebookError } from "./check.ts";
import { notebookText, readNotebook, writeFileAtomically } from "./file.ts";
import type { Notebook } from "./format.ts";
import { notebookPage } from "./html/page.ts";
import { injectParameters } from "./parameters.ts";
import { checkParameters } from "./parameterTypes.ts";
import { Progress } from "./progress.ts";
import { NotebookRun, type RunResult } from "./run.ts";
import { TerminalInput } from "./terminalInput.ts";
import { parseRunArguments, RUN_HELP, type RunArguments } from "./runOptions.ts";

const EXIT = { ok: 0, failed: 1, usage: 2, timeout: 124, SIGINT: 130, SIGTERM: 143 } as const;

/** Runs the command and returns its exit code. `kernelPath` is the kernel's entry file. */
export async function runCommand(argv: readonly string[], kernelPath: string): Promise<number> {
  let given: RunArguments;
  let notebook: Notebook;
  try {
    const parsed = parseRunArguments(argv);
    if (parsed === "help") {
      process.stdout.write(RUN_HELP);
      return EXIT.ok;
    }
    given = parsed;
    notebook = await readNotebook(given.notebook);
    checkLanguage(notebook, given.notebook);
    // Better to learn it now than after an hour of training.
    for (const path of [given.output, given.html]) if (path) await checkFolder(path);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof NotebookError)) throw error;
    process.stderr.write(`gradbook run: ${error.message}\n`);
    if (error instanceof UsageError) process.stderr.write('"gradbook run --help" shows how it is used.\n');
    return EXIT.usage;
  }

  const progress = new Progress({ out: process.stdout, err: process.stderr, now: () => performance.now() });
  const terminal = new TerminalInput({ stdin: process.stdin, out: process.stderr });
  const run = new NotebookRun(notebook, {
    onInput: (request) => progress.asking(() => terminal.ask(request)),
    start: (handlers) =>
      startKernel({
        ...handlers,
        kernelPath,
        runtime: process.env["GRADBOOK_RUNTIME"] || process.execPath,
        cwd: dirname(resolve(given.notebook)),
        // Nobody could read a long output's file if it went with the kernel.
        env: { GRADBOOK_OUTPUT_KEEP: "1" },
      }),
    prepare: async (kernel) => {
      if (given.parameters.length === 0) return;
      const parameters = await checkParameters(notebook, given.parameters, kernel);
      for (const remark of injectParameters(notebook, parameters)) progress.say(`${given.notebook}: ${remark}`);
    },
    timeoutMs: given.timeoutMs,
    allowErrors: given.allowErrors,
    observer: {
      onCell: (cell, place) => progress.onCell(cell, place),
      onPublication: (message) => progress.onPublication(message),
      onCellFailed: ({ number, of }, { ename, evalue, traceback }) => {
        progress.say(`${given.notebook}: cell ${number} of ${of} failed:`);
        progress.say(traceback.length > 0 ? traceback.join("\n") : `${ename}: ${evalue}`);
      },
    },
  });

  let stoppedBy: "SIGINT" | "SIGTERM" | undefined;
  const stop = (signal: "SIGINT" | "SIGTERM") => {
    if (stoppedBy === undefined) progress.say("Interrupting the cell. Ctrl+C again stops harder.");
    stoppedBy ??= signal;
    run.stop();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
  let code: number;
  try {
    const result = await run.run();
    progress.end(describe(result, given));
    code = result.status === "stopped" ? EXIT[stoppedBy ?? "SIGINT"] : EXIT[result.status];
  } catch (error) {
    if (error instanceof UsageError) {
      progress.end(`gradbook run: ${given.notebook}: ${error.message}`);
      return EXIT.usage;
    }
    progress.end(`${given.notebook}: the kernel did not start: ${(error as Error).message}`);
    code = EXIT.failed;
  } finally {
    terminal.close();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, stop);
  }
  // Also after a failure. One file that cannot be written must not keep the other from being written.
  const written = [
    await write(given.output, () => notebookText(notebook), progress),
    await write(given.html, () => notebookPage(notebook, given.notebook), progress),
  ];
  return code === EXIT.ok && written.includes(false) ? EXIT.failed : code;
}

async function write(path: string | undefined, text: () => string, progress: Progress): Promise<boolean> {
  if (path === undefined) return true;
  try {
    await writeFileAtomically(path, text());
    return true;
  } catch (error) {
    progress.say(`${path} was not written: ${(error as Error).message}`);
    return false;
  }
}

function describe(result: RunResult, { notebook, timeoutMs }: RunArguments): string {
  if (result.status === "ok") {
    const failures = result.failures > 0 ? `, ${result.failures} of them failed` : "";
    return `${notebook}: ${result.cells} ${result.cells === 1 ? "cell" : "cells"} ran${failures}`;
  }
  const where = `${notebook}: cell ${result.place.number} of ${result.place.of}`;
  switch (result.status) {
    case "failed":
      return `${where} failed; the cells after it did not run`;
    case "timeout":
      return `${where} ran longer than ${timeoutMs! / 1000} s and was interrupted`;
    case "stopped":
      return `${where}: stopped`;
  }
}

/** A Python notebook would fail in its first cell, with an error that says nothing. */
function checkLanguage({ metadata: { kernelspec, language_info } }: Notebook, file: string): void {
  const language = language_info?.name ?? kernelspec?.language;
  if (language === undefined || ["typescript", "javascript"].includes(language.toLowerCase())) return;
  throw new NotebookError(
    file,
    `is a notebook in ${language}. Gradbook runs TypeScript; choose its kernel in the editor if that is wrong`,
  );
}

async function checkFolder(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new UsageError(`${path}: there is no folder ${folder}. Make it first.`);
  const isItselfFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isItselfFolder) throw new UsageError(`${path} is a folder. Name a file in it.`);
  await access(folder, constants.W_OK).catch(() => {
    throw new UsageError(`${path}: nothing may be written to the folder ${folder}.`);
  });
}
