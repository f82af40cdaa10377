/** The command `gradbook`, as a user starts it: a process with a real kernel. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { CodeCell, Notebook } from "../../kernel/notebook/format.ts";

const cli = path.resolve(import.meta.dirname, "../../kernel/cli.ts");

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

let folder: string;
const file = (name: string) => path.join(folder, name);
/** Starts the command; `onOutput` sees all that it has printed so far. */
function gradbook(
  args: string[],
  { node = [] as string[], stdin = "", onOutput = (_text: string, _kill: (signal: NodeJS.Signals) => void) => {} } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [...node, cli, ...args], { cwd: folder, stdio: "pipe" });
  child.stdin.on("error", () => {}).end(stdin);
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      ended[stream] += text;
      onOutput(ended.stdout + ended.stderr, (signal) => child.kill(signal));
    });
  }
  return new Promise((done) => child.on("close", (code) => done({ ...ended, code })));
}

const write = async (name: string, ...sources: (string | [source: string, tag: string])[]) => {
  const cells = sources.map((each, index) => {
    const [source, tag] = typeof each === "string" ? [each] : each;
    return {
      cell_type: "code",
      id: `c${index}`,
      metadata: tag ? { tags: [tag] } : {},
      source,
      outputs: [],
      execution_count: null,
    };
  });
  await writeFile(file(name), JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
};
const read = async (name: string) => JSON.parse(await readFile(file(name), "utf8")) as Notebook;
const outputs = ({ cells }: Notebook) =>
  cells.map((cell) =>
    (cell as CodeCell).outputs.map((output) =>
      output.output_type === "error"
        ? output.ename
        : [("text" in output ? output.text : output.data["text/plain"]) as string].flat().join(""),
    ),
  );

describe("gradbook", function () {
  this.timeout(60_000);
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), "gradbook-"))));
  after(() => rm(folder, { recursive: true, maxRetries: 5 }));

  it("widgets show their value where nobody can move them; who waits for the user fails at once, and says why", async () => {
    await write(
      "widgets.ipynb",
      'const s = widget.slider({ min: 0, max: 10, value: 3, label: "<i>n</i>" }); s',
      "await s.next()",
    );
    const args = ["run", "widgets.ipynb", "--output", "widgets.out.ipynb", "--html", "widgets.html"];
    const { code, stderr, stdout } = await gradbook(args);
    assert.equal(code, 1, stderr);
    assert.match(stdout + stderr, /widget.slider: nobody can use it any more: .* this front end shows no widgets/);
    assert.deepEqual(outputs(await read("widgets.out.ipynb"))[0], ["<i>n</i>: 3"]);
    assert.match(await readFile(file("widgets.html"), "utf8"), /<span>&lt;i&gt;n&lt;\/i&gt;: <b>3<\/b><\/span>/);
  });

  it("run: parameters, imports from the notebook's folder, streams, results, both files; exit 0", async () => {
    await writeFile(file("mod.ts"), "export const double = (x: number): number => 2 * x;");
    await write(
      "ok.ipynb",
      ["let lr = 0.1, name = 'none';", "parameters"],
      "import { double } from './mod.ts';\nconsole.log(name);\ndouble(lr)",
    );
    const { code, stdout, stderr } = await gradbook([
      "run",
      "ok.ipynb",
      "--param",
      "lr=4",
      "--param",
      "name=Adam",
      "--output",
      "out.ipynb",
      "--html=out.html",
    ]);
    assert.deepEqual([code, stdout], [0, "Adam\n"], stderr);
    assert.match(stderr, /cell 3 of 3: import \{ double \}.*\nok\.ipynb: 3 cells ran \(/);
    const written = await read("out.ipynb");
    assert.deepEqual(outputs(written), [[], [], ["Adam\n", "8"]]);
    assert.deepEqual(written.cells[1]!.source, ["// Parameters of this run\n", "let lr = 4;\n", 'let name = "Adam";']);
    assert.equal(written.metadata.kernelspec?.name, "gradbook");
    assert.match(await readFile(file("out.html"), "utf8"), /<pre>8<\/pre>/);
    assert.deepEqual(outputs(await read("ok.ipynb")), [[], []], "the notebook itself stays as it was");
  });

  it("run: parameters that the notebook does not have, or that do not fit their types, are named; nothing runs, exit 2", async () => {
    await write("typed.ipynb", ["const lr: number = 0.1;", "parameters"], "console.log('ran', lr)");
    const { code, stdout, stderr } = await gradbook([
      "run",
      "typed.ipynb",
      "--param",
      "lr=fast",
      "--param",
      "rate=1",
      "--output",
      "typed.out.ipynb",
    ]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(
      stderr,
      /typed\.ipynb: --param lr="fast": lr is declared as number in line 1 .*\n--param rate: .* has no "rate"/,
    );
    await assert.rejects(read("typed.out.ipynb"), { code: "ENOENT" });
  });

  it("run: a cell that fails: its number, its own line, the outputs so far, exit 1", async () => {
    await write(
      "fail.ipynb",
      "1 + 1",
      "const x: number = 1;\nfunction f(): never {\n  throw new TypeError('broken');\n}\nf();",
      "'never'",
    );
    const { code, stderr } = await gradbook(["run", "fail.ipynb", "--output", "failed.ipynb"]);
    assert.equal(code, 1);
    assert.match(stderr, /fail\.ipynb: cell 2 of 3 failed:\nTypeError: broken\n +at f \(Cell \[2\], line 3\)/);
    assert.deepEqual(outputs(await read("failed.ipynb")), [["2"], ["TypeError"], []]);
  });

  it("run: a loop over process.stdin takes the lines that are piped in and ends with them, exit 0", async () => {
    await write(
      "lines.ipynb",
      "for await (const line of process.stdin) console.log('got ' + String(line).trim());\nconsole.log('end')",
    );
    const { code, stdout, stderr } = await gradbook(["run", "lines.ipynb"], { stdin: "one\ntwo\n" });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /got one\n[\s\S]*got two\n[\s\S]*end\n/);
    assert.doesNotMatch(stderr, /^\n/m, "a line for each that it takes");
  });

  it("run: what the last cell has left behind is waited for; what never ends is stopped and says so", async () => {
    await write("late.ipynb", "setTimeout(() => console.log('late'), 300);\nvoid 0", "console.log('last')");
    const { code, stdout } = await gradbook(["run", "late.ipynb", "--output", "late.out.ipynb"]);
    assert.deepEqual([code, stdout], [0, "last\nlate\n"]);
    assert.deepEqual(outputs(await read("late.out.ipynb")), [["late\n"], ["last\n"]]);
    await write("never.ipynb", "setInterval(() => {}, 100);\nvoid 0");
    const never = await gradbook(["run", "never.ipynb", "--timeout", "4"]);
    assert.equal(never.code, 0);
    assert.match(never.stderr, /Interrupted: stopped 1 timer of this cell\./);
  });
  it("run --allow-errors: goes on, exit 0", async () => {
    await write("allowed.ipynb", "throw new Error('first')", "console.log('second')");
    const { code, stdout, stderr } = await gradbook(["run", "allowed.ipynb", "--allow-errors"]);
    assert.deepEqual([code, stdout], [0, "second\n"]);
    assert.match(stderr, /2 cells ran, 1 of them failed/);
  });

  it("run --timeout: an endless loop is interrupted, what it printed is written, exit 124", async () => {
    await write("loop.ipynb", "console.log('before');\nwhile (true) {}", "'never'");
    const { code, stderr } = await gradbook(["run", "loop.ipynb", "--timeout", "3", "--output", "looped.ipynb"]);
    assert.equal(code, 124, stderr);
    assert.match(stderr, /cell 1 of 2 ran longer than 3 s and was interrupted/);
    assert.deepEqual(outputs(await read("looped.ipynb")), [["before\n", "Interrupted"], []]);
  });

  it("run: Ctrl+C interrupts the cell, the output is written, exit 130", async () => {
    await write("stop.ipynb", "console.log('running');\nwhile (true) {}", "'never'");
    let sent = false;
    const { code, stderr } = await gradbook(["run", "stop.ipynb", "--output", "stopped.ipynb"], {
      onOutput: (text, kill) => {
        if (!sent && text.includes("running\n")) kill("SIGINT");
        sent ||= text.includes("running\n");
      },
    });
    assert.equal(code, 130, stderr);
    assert.deepEqual(outputs(await read("stopped.ipynb")), [["running\n", "Interrupted"], []]);
  });

  it("run: a kernel that is killed fails the cell, what was displayed stays, exit 1", async () => {
    await write(
      "dies.ipynb",
      "display('shown');\nawait new Promise((go) => setTimeout(go, 200));\nprocess.kill(process.pid, 'SIGKILL');\nawait new Promise(() => {})",
    );
    const { code, stderr } = await gradbook(["run", "dies.ipynb", "--output", "dead.ipynb"]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /The kernel process ended \(killed by SIGKILL\)/);
    const [cell] = outputs(await read("dead.ipynb"));
    assert.deepEqual([cell?.length, cell?.at(-1)], [2, "KernelDied"]);
  });

  const refused: [claim: string, args: string[], message: RegExp][] = [
    ["no command", [], /name a command[\s\S]*Usage: gradbook/],
    ["an unknown command", ["runn"], /unknown command "runn"/],
    ["an unknown option", ["run", "x.ipynb", "--foo"], /unknown option "--foo"\. Options: /],
    ["a notebook that is not there", ["run", "x.ipynb"], /x\.ipynb: there is no such file/],
    ["a damaged notebook", ["run", "damaged.ipynb"], /damaged\.ipynb: has no "nbformat"/],
    ["a notebook in another language", ["run", "python.ipynb"], /is a notebook in python/],
    [
      "an output folder that is not there",
      ["run", "empty.ipynb", "--output", "no/o.ipynb"],
      /there is no folder .*no\. Make it first/,
    ],
    ["an argument of doctor", ["doctor", "now"], /unknown argument "now"/],
  ];
  it("wrong usage is named, exit 2, and nothing is started", async () => {
    await writeFile(file("damaged.ipynb"), "{}");
    await writeFile(
      file("python.ipynb"),
      JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { language_info: { name: "python" } }, cells: [] }),
    );
    await write("empty.ipynb");
    const check = async ([claim, args, message]: (typeof refused)[number]) => {
      const { code, stderr, stdout } = await gradbook(args);
      assert.deepEqual([code, stdout], [2, ""], `${claim}: ${stderr}`);
      assert.match(stderr, message, claim);
    };
    await Promise.all(refused.map(check));
  });

  it("an old Node is told which one is needed", async () => {
    const old = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })";
    const { code, stderr } = await gradbook(["run", "ok.ipynb"], {
      node: ["--import", `data:text/javascript,${encodeURIComponent(old)}`],
    });
    assert.equal(code, 2);
    assert.match(stderr, /needs Node 22\.15 or later, and this is Node 20\.20\.2 \(.*\)\. Install a newer one/);
  });

  it("doctor: the kernel runs here and a loop can be interrupted, exit 0", async () => {
    const { code, stdout, stderr } = await gradbook(["doctor"]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^✔ runtime +Node /);
    assert.match(
      stdout,
      /^✔ kernel +first cell after \d+ ms; an endless loop was interrupted in \d+ ms, variables kept$/m,
    );
    assert.match(stdout, /\nThe kernel runs here\.\n$/);
  });
});
