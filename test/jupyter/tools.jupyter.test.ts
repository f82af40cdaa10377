/** What `gradbook jupyter install` wrote, seen by Jupyter's own commands: the list of kernels, nbconvert, papermill. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { CodeCell, Notebook } from "../../kernel/notebook/format.ts";
import { JupyterHome, python } from "./clients.ts";

const cli = path.resolve(import.meta.dirname, "../../dist/kernel/cli.js");

describe("a kernel that gradbook jupyter install has installed", function () {
  this.timeout(120_000);
  const home = new JupyterHome();
  const prefix = home.folderFor("my prefix ü");
  const work = home.folderFor("work ü");
  const packages = home.folderFor("python");
  const spec = path.join(prefix, "share/jupyter/kernels/gradbook");
  const env = {
    ...home.env,
    JUPYTER_DATA_DIR: home.folderFor("nothing"),
    JUPYTER_PATH: path.join(prefix, "share/jupyter"),
    PYTHONPATH: packages,
    // As on a machine that is set up for no language at all.
    LC_ALL: "C",
  };
  after(() => home[Symbol.dispose]());

  const run = (command: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: work, env, encoding: "utf8" });
    return { status, stdout, stderr };
  };
  const runs = (command: string, ...args: string[]): string => {
    const { status, stdout, stderr } = run(command, ...args);
    assert.equal(status, 0, stdout + stderr);
    return stdout;
  };
  const code = (source: string, tags: string[] = []): CodeCell => ({
    cell_type: "code",
    id: `id${source.length}`,
    metadata: { tags },
    source,
    outputs: [],
    execution_count: null,
  });
  const write = (name: string, ...cells: (CodeCell | string)[]): void => {
    const notebook = {
      nbformat: 4,
      nbformat_minor: 5,
      metadata: {
        kernelspec: { name: "gradbook", display_name: "Gradbook (TypeScript)", language: "typescript" },
        // nbconvert looks at it before it runs the cells.
        language_info: { name: "typescript", file_extension: ".ts", pygments_lexer: "typescript" },
      },
      cells: cells.map((each, i) =>
        typeof each === "string" ? { cell_type: "markdown", id: `m${i}`, metadata: {}, source: each } : each,
      ),
    };
    writeFileSync(path.join(work, name), JSON.stringify(notebook));
  };
  const read = (name: string): Notebook => {
    // papermill writes its parameters into the metadata, NaN as Python does.
    const text = readFileSync(path.join(work, name), "utf8").replace(/^( *)-?(NaN|Infinity)(,?)$/gm, "$1null$3");
    return JSON.parse(text) as Notebook;
  };
  const printed = (cell: unknown): string =>
    (cell as CodeCell).outputs
      .map((output) => ("text" in output ? [output.text].flat().join("") : output.output_type))
      .join("");

  before(() => {
    runs(process.execPath, cli, "jupyter", "install", "--prefix", prefix);
    const wheel = runs(process.execPath, cli, "jupyter", "papermill").trim();
    runs(python, "-m", "pip", "install", "--disable-pip-version-check", "--no-index", "--target", packages, wheel);
  });

  it("is listed where it was put, with its pictures and how to interrupt it", () => {
    const { kernelspecs } = JSON.parse(runs("jupyter", "kernelspec", "list", "--json")) as {
      kernelspecs: { [name: string]: { resource_dir: string; spec: { [field: string]: unknown } } };
    };
    const { resource_dir, spec: found } = kernelspecs["gradbook"]!;
    assert.equal(resource_dir, spec);
    assert.deepEqual(
      [found["display_name"], found["language"], found["interrupt_mode"]],
      ["Gradbook (TypeScript)", "typescript", "message"],
    );
  });

  it("is well, says the doctor, who asks that jupyter and starts the kernel", () => {
    const told = runs(process.execPath, cli, "jupyter", "doctor");
    assert.match(
      told,
      /\n✔ Jupyter kernel +gradbook .* answered \d+ ms after its start\n✔ Jupyter +.* shows gradbook\n/,
    );
  });

  describe("nbconvert", () => {
    before(() =>
      write(
        "lesson.ipynb",
        "# A lesson\n\nWith **text**.",
        code("const rate: number = 0.1;\nfunction double<T extends number>(x: T) {\n  return 2 * x;\n}"),
        code("display.html('<b id=\"shown\">bold</b>');\ndouble(rate)"),
      ),
    );

    it("--execute --to html: coloured TypeScript, text and outputs", () => {
      runs("jupyter", "nbconvert", "--execute", "--to", "html", "lesson.ipynb");
      const page = readFileSync(path.join(work, "lesson.html"), "utf8");
      const shown: [claim: string, pattern: RegExp][] = [
        ["Pygments knows the language", /highlight hl-typescript/],
        ["keywords and types are told apart", /<span class="kd">const<\/span>.*<span class="kt">number<\/span>/],
        ["text", /<strong>text<\/strong>/],
        ["HTML", /<b id="shown">bold<\/b>/],
        ["a result", /<pre>0\.2<\/pre>/],
      ];
      for (const [claim, pattern] of shown) assert.ok(pattern.test(page), claim);
    });

    it("--execute --to notebook, then --to script: a .ts file that runs by itself", () => {
      runs("jupyter", "nbconvert", "--execute", "--to", "notebook", "--output", "done.ipynb", "lesson.ipynb");
      assert.equal(read("done.ipynb").metadata.language_info?.name, "typescript");
      runs("jupyter", "nbconvert", "--to", "script", "done.ipynb");
      const script = readFileSync(path.join(work, "done.ts"), "utf8");
      assert.match(
        script,
        /^const rate: number = 0\.1;\nfunction double<T extends number>\(x: T\) \{\n {2}return 2 \* x;\n\}\n\ndisplay\.html/,
      );
    });

    it("a cell that fails ends it with the error and the cell's own line; --allow-errors goes on", () => {
      write("fails.ipynb", code("const a = 1;\n\nthrow new Error('on purpose')"), code("console.log('after')"));
      const { status, stderr } = run("jupyter", "nbconvert", "--execute", "--to", "notebook", "fails.ipynb");
      assert.equal(status, 1);
      assert.match(stderr, /Error: on purpose\s[\s\S]*Cell \[1\], line 3/);
      const options = ["--execute", "--allow-errors", "--to", "notebook", "--output", "went.ipynb"];
      runs("jupyter", "nbconvert", ...options, "fails.ipynb");
      assert.deepEqual(read("went.ipynb").cells.map(printed), ["error", "after\n"]);
    });
  });

  describe("papermill, with the package that gradbook jupyter papermill names", () => {
    const PARAMETERS = `const lr: number = 0.1; // learning rate
let name = "none", flag = false, nothing: string | null = "";
let sizes: number[] = [1,
  2], options: { [name: string]: unknown } = {}, when = "";
let seed: number | bigint = 1;`;
    before(() =>
      write(
        "train.ipynb",
        code(PARAMETERS, ["parameters"]),
        code(
          "console.log(JSON.stringify([lr, name, flag, nothing, sizes, options, when]));\n" +
            "console.log(sizes.map(String).join(' '), Object.keys(options).join('|'), seed, typeof seed)",
        ),
      ),
    );

    it("sets numbers, texts, booleans, null, lists, objects, NaN and dates, over const and let", () => {
      const yaml = `
sizes: [.nan, .inf, -.inf, 1.0e-7, 3]
options: {"it's \\"ü\\" 😀": [true, null, {deep: "a\\nb"}], __proto__: 1, two: 2}
when: 2026-11-23`;
      const texts = ["-p", "name", 'O"Hara \\ ${1} `ü` 😀', "-p", "flag", "True", "-p", "nothing", "None"];
      const numbers = ["-p", "lr", "0.01", "-p", "seed", "12345678901234567890"];
      runs("papermill", "train.ipynb", "out.ipynb", ...numbers, ...texts, "-y", yaml);
      const { cells } = read("out.ipynb");
      assert.deepEqual((cells[1]! as CodeCell).metadata.tags, ["injected-parameters"]);
      assert.equal(
        printed(cells[2]),
        '[0.01,"O\\"Hara \\\\ ${1} `ü` 😀",true,null,[null,null,null,1e-7,3],' +
          '{"it\'s \\"ü\\" 😀":[true,null,{"deep":"a\\nb"}],"__proto__":1,"two":2},"2026-11-23"]\n' +
          `NaN Infinity -Infinity 1e-7 3 it's "ü" 😀|__proto__|two 12345678901234567890n bigint\n`,
      );
    });

    it("-r keeps a text a text", () => {
      runs("papermill", "train.ipynb", "raw.ipynb", "-r", "name", "007");
      assert.match(printed(read("raw.ipynb").cells[2]), /^\[0\.1,"007",false,/);
    });

    it("--help-notebook lists the parameters with their types", () => {
      const told = runs("papermill", "--help-notebook", "train.ipynb");
      assert.match(told, /\n {2}lr: number \(default 0\.1\) +learning rate\n/);
      assert.match(told, /\n {2}name: string \(default "none"\)\n {2}flag: boolean \(default false\)\n/);
      assert.match(told, /\n {2}nothing: string \| null \(default ""\)\n {2}sizes: number\[\] \(default \[1, 2\]\)\n/);
      assert.match(told, /\n {2}options: \{ \[name: string\]: unknown \} \(default \{\}\)\n/);
    });

    it("warns of a name that the notebook does not have, and refuses one that no variable can have", () => {
      const { status, stderr } = run("papermill", "--prepare-only", "train.ipynb", "x.ipynb", "-p", "lrate", "1");
      assert.equal(status, 0);
      assert.match(stderr, /unknown parameter: lrate/);
      assert.match(
        run("papermill", "train.ipynb", "x.ipynb", "-p", "l-r", "1").stderr,
        /"l-r" is not a name that a variable/,
      );
    });

    it("a cell that fails: the output has the error, exit code 1", () => {
      write("broken.ipynb", code("let n = 1;", ["parameters"]), code("if (n > 1) throw new Error(`n is ${n}`)"));
      const { status, stderr } = run("papermill", "broken.ipynb", "failed.ipynb", "-p", "n", "5");
      assert.equal(status, 1);
      assert.match(stderr, /Error: n is 5/);
      assert.ok(read("failed.ipynb").cells.some((cell) => cell.cell_type === "code" && printed(cell) === "error"));
    });
  });
});
