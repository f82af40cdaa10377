/** Jupyter's own clients, in Python, beside a kernel that is installed for them in a folder of their own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { installJupyter } from "../../.ci/jupyter.mjs";
import { runtimeFlags } from "../../kernel/client/runtimeFlags.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** The Python that has the packages of requirements.txt. The first test file that asks for it may wait for an installation. */
export const python: string = installJupyter();

/** What a kernelspec starts: the build of this checkout, by the Node that runs the tests. */
export const kernelArgv: readonly string[] = [
  process.execPath,
  ...runtimeFlags(Number.parseInt(process.versions.node, 10)),
  path.join(root, "dist/kernel/cli.js"),
  "jupyter",
  "kernel",
  "{connection_file}",
];

/** A folder in which Jupyter finds nothing but our kernel, under the name `gradbook`, and writes all that it writes. */
export class JupyterHome {
  readonly folder: string = mkdtempSync(path.join(os.tmpdir(), "gradbook-jupyter-"));
  /** For every program that is started here. */
  readonly env: NodeJS.ProcessEnv;

  constructor(env: { [name: string]: string } = {}) {
    const beside = (name: string): string => {
      mkdirSync(path.join(this.folder, name));
      return path.join(this.folder, name);
    };
    const data = beside("data");
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(JUPYTER|IPYTHON|PYTHON|VIRTUAL_ENV)/.test(name),
    );
    this.env = {
      ...Object.fromEntries(inherited),
      PATH: [path.dirname(python), process.env["PATH"]].join(path.delimiter),
      JUPYTER_DATA_DIR: data,
      JUPYTER_PATH: data,
      JUPYTER_CONFIG_DIR: beside("config"),
      JUPYTER_RUNTIME_DIR: beside("runtime"),
      IPYTHONDIR: beside("ipython"),
      PYTHONDONTWRITEBYTECODE: "1",
      ...env,
    };
    const spec = path.join(data, "kernels/gradbook");
    mkdirSync(spec, { recursive: true });
    const kernel = {
      argv: kernelArgv,
      display_name: "Gradbook (TypeScript)",
      language: "typescript",
      interrupt_mode: "message",
      metadata: { debugger: true },
    };
    writeFileSync(path.join(spec, "kernel.json"), JSON.stringify(kernel, null, 2));
  }

  /** A folder for the files of a test. */
  folderFor(name: string): string {
    const folder = path.join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

interface Report {
  test: string | null;
  outcome: "passed" | "failed";
  text: string;
}

/**
 * Makes a mocha test of each unittest of a Python module beside this file; its name is the first line of the docstring.
 * To be called at the top of a test file: `await pythonTests("the protocol's rules", "rules.py")`.
 */
export async function pythonTests(title: string, file: string, env: { [name: string]: string } = {}): Promise<void> {
  const runner = [path.join(import.meta.dirname, "runTests.py"), path.join(import.meta.dirname, file)];
  const listed = execFileSync(python, [...runner, "--list"], {
    encoding: "utf8",
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  const tests = listed
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { test: string; claim: string | null });

  describe(title, function () {
    // Each Python test has a shorter time limit of its own, and says where it was.
    this.timeout(120_000);
    let run: PythonRun | undefined;
    after(() => run?.[Symbol.dispose]());
    for (const { test, claim } of tests) {
      it(claim ?? test.replace(/^.*?\./, ""), async () => {
        run ??= new PythonRun(runner, env);
        const { outcome, text } = await run.result(test);
        if (outcome === "passed") return;
        // The stack of this line would say nothing.
        throw Object.assign(new Error(text), { stack: text });
      });
    }
  });
}

/** One process that runs all tests of a module, in their order. */
class PythonRun {
  private readonly home: JupyterHome;
  private readonly child: ChildProcess;
  private readonly reports = new Map<string, Report>();
  private readonly general: string[] = [];
  private printed = "";
  private ended = false;
  private changed: () => void = () => {};

  constructor(runner: string[], env: { [name: string]: string }) {
    this.home = new JupyterHome(env);
    this.child = spawn(python, runner, {
      env: this.home.env,
      cwd: this.home.folderFor("work"),
      stdio: ["ignore", "pipe", "pipe"],
    });
    createInterface({ input: this.child.stdout! }).on("line", (line) => {
      const report = JSON.parse(line) as Report;
      if (report.test === null) this.general.push(report.text);
      else this.reports.set(report.test, report);
      this.changed();
    });
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.printed += text));
    this.child.on("close", () => {
      this.ended = true;
      this.changed();
    });
  }

  async result(test: string): Promise<Report> {
    while (!this.reports.has(test) && !this.ended) await new Promise<void>((resolve) => (this.changed = resolve));
    const { outcome, text } = this.reports.get(test) ?? {
      outcome: "failed",
      text: ["The test did not run.", ...this.general].join("\n"),
    };
    const printed = this.printed.trim().slice(-3000);
    if (outcome === "failed" && printed) return { test, outcome, text: `${text}\n--- printed until then:\n${printed}` };
    return { test, outcome, text };
  }

  [Symbol.dispose](): void {
    this.child.kill("SIGKILL");
    this.home[Symbol.dispose]();
  }
}
