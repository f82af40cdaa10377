/** The notebooks we ship: that they open, that their cells are right, and that nothing was left in them. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import ts from "typescript";
import type { KernelClient } from "../../kernel/client/kernelClient.ts";
import { startKernel } from "../../kernel/client/startKernel.ts";
import * as gradbook from "../../kernel/gradbook.ts";
import { readNotebook } from "../../kernel/notebook/file.ts";
import { KERNELSPEC, type Cell } from "../../kernel/notebook/format.ts";
import { injectParameters } from "../../kernel/notebook/parameters.ts";
import { NotebookRun } from "../../kernel/notebook/run.ts";
import { LIVE_MIME, type LiveState } from "../../kernel/plot/live/state.ts";
import { PLOTLY_MIME } from "../../kernel/plot/plotly.ts";
import { writeDrawnMnist } from "../kernel/data/drawnMnist.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "media/notebooks");
const files = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));
const textOf = ({ source }: Cell) => (typeof source === "string" ? source : source.join(""));

describe("media: notebooks", function () {
  this.timeout(120_000);

  let kernel: KernelClient | undefined;
  // Also after a test that never ended: a kernel left behind would keep the whole run from ending.
  afterEach(() => kernel?.dispose());

  it("there is at least the one about optimizers", () => assert.ok(files.includes("01-optimizers-on-mnist.ipynb")));

  for (const file of files) {
    const path = join(folder, file);

    it(`${file}: opens, is ours, and stands on disk as Jupyter would write it`, async () => {
      const { metadata, nbformat, nbformat_minor } = await readNotebook(path);
      assert.deepEqual({ nbformat, nbformat_minor }, { nbformat: 4, nbformat_minor: 5 });
      assert.deepEqual(metadata.kernelspec, KERNELSPEC);
      assert.equal(metadata.language_info?.name, "typescript");
      const text = readFileSync(path, "utf8");
      assert.equal(text, JSON.stringify(JSON.parse(text), null, 1) + "\n");
    });

    it(`${file}: cells have ids of their own, sources in lines, and no outputs`, async () => {
      const { cells } = await readNotebook(path);
      const ids = cells.map(({ id }) => id);
      assert.equal(new Set(ids).size, cells.length);
      for (const cell of cells) {
        assert.match(cell.id!, /^[a-zA-Z0-9-_]{1,64}$/);
        assert.ok(Array.isArray(cell.source) && cell.source.slice(0, -1).every((line) => /^[^\n]*\n$/.test(line)));
        assert.ok(
          textOf(cell).trim() !== "" && !textOf(cell).endsWith("\n"),
          `cell ${cell.id} is empty or ends with a line end`,
        );
        if (cell.cell_type === "code") assert.deepEqual([cell.execution_count, cell.outputs], [null, []]);
      }
    });

    it(`${file}: the first code cell holds the parameters, and only it`, async () => {
      const code = (await readNotebook(path)).cells.filter(({ cell_type }) => cell_type === "code");
      assert.deepEqual(
        code.map(({ metadata }) => metadata.tags?.includes("parameters") ?? false),
        code.map((_, i) => i === 0),
      );
    });

    it(`${file}: every code cell type-checks against the library`, async () => {
      const code = (await readNotebook(path)).cells.filter(({ cell_type }) => cell_type === "code").map(textOf);
      assert.deepEqual(typeErrors(code.join("\n")), []);
    });
  }

  it("01-optimizers-on-mnist.ipynb: without MNIST a remark is visible and drawn digits take its place", async () => {
    const { cells } = await readNotebook(join(folder, "01-optimizers-on-mnist.ipynb"));
    const cell = textOf(cells.find(({ id }) => id === "load")!).replace(/^import .*$/m, "");
    const { outputText } = ts.transpileModule(cell, { compilerOptions: { target: ts.ScriptTarget.ES2024 } });
    const body = `${outputText}\nreturn { source, trainSet, test };`;
    const AsyncFunction = (async () => {}).constructor as new (...text: string[]) => (...values: unknown[]) => Promise<{
      source: string;
      trainSet: gradbook.data.TensorDataset<gradbook.Tensor[]>;
      test: { labels: gradbook.Tensor };
    }>;
    const load = async (error: Error) => {
      const remarks: string[] = [];
      const mnist = () => Promise.reject(error);
      const console = { log() {}, warn: (text: string) => remarks.push(text) };
      const run = new AsyncFunction("data", "trainSize", "console", body);
      return { remarks, ...(await run({ ...gradbook.data, mnist }, 50, console)) };
    };
    const { remarks, source, trainSet, test } = await load(new gradbook.data.DataUnavailable("put the files there"));
    assert.match(remarks.join(), /^put the files there\n\nREMARK: this is not MNIST/);
    assert.match(source, /not MNIST/);
    assert.deepEqual([trainSet.length, test.labels.shape], [50, [4000]]);
    // A damaged file, or an interrupt, is not "no MNIST".
    await assert.rejects(load(new Error("cut short")), /cut short/);
  });

  it("01-optimizers-on-mnist.ipynb: runs to its end in a kernel, with a figure for each optimizer and one that compares", async () => {
    const temporary = mkdtempSync(join(tmpdir(), "gradbook-notebook-"));
    try {
      writeDrawnMnist(temporary, { train: 200, test: 50 });
      const notebook = await readNotebook(join(folder, "01-optimizers-on-mnist.ipynb"));
      injectParameters(notebook, [{ name: "epochs", value: "1" }]);
      const kernelPath = join(root, "kernel/main.ts");
      const run = new NotebookRun(notebook, {
        start: (handlers) =>
          (kernel = startKernel({ ...handlers, kernelPath, cwd: folder, env: { GRADBOOK_DATA: temporary } })),
        timeoutMs: 60_000,
      });
      assert.deepEqual(await run.run(), { status: "ok", cells: 11, failures: 0 });
      const figures = notebook.cells.flatMap((cell) =>
        cell.cell_type === "code" && cell.outputs.some((output) => "data" in output && PLOTLY_MIME in output.data)
          ? [cell.id]
          : [],
      );
      assert.deepEqual(figures, ["simple-nn", "look", "sgd", "rmsprop", "adam", "amsgrad", "compare"]);
      const remarks = notebook.cells
        .flatMap((cell) => (cell.cell_type === "code" ? cell.outputs : []))
        .filter((output) => "name" in output && output.name === "stderr");
      assert.deepEqual(remarks, []);
    } finally {
      rmSync(temporary, { recursive: true });
    }
  });

  const images = resolve(root, "../shared/data");
  const real = existsSync(join(images, "mnist"));
  it(`01-optimizers-on-mnist.ipynb: Adam is above 96.5 % after five epochs${real ? "" : " (NOT CHECKED: ../shared/data/mnist is not there)"}`, async () => {
    if (!real) return;
    const notebook = await readNotebook(join(folder, "01-optimizers-on-mnist.ipynb"));
    const others = ["sgd", "rmsprop", "amsgrad", "compare"];
    notebook.cells = notebook.cells.filter(({ id }) => !others.includes(id!));
    const run = new NotebookRun(notebook, {
      start: (handlers) =>
        (kernel = startKernel({
          ...handlers,
          kernelPath: join(root, "kernel/main.ts"),
          cwd: folder,
          env: { GRADBOOK_DATA: images },
        })),
      timeoutMs: 300_000,
    });
    assert.deepEqual(await run.run(), { status: "ok", cells: 6, failures: 0 });
    const adam = notebook.cells.find(({ id }) => id === "adam")!;
    assert.ok(adam.cell_type === "code");
    const [state] = adam.outputs.flatMap((output) => ("data" in output ? [output.data[LIVE_MIME] as LiveState] : []));
    const accuracy = state!.curves["testAccuracy"]!.value.at(-1);
    assert.ok(typeof accuracy === "number" && accuracy > 0.965, `test accuracy ${accuracy}`);
    // The fans reach to the end: 938 steps an epoch, and an observation at least every second.
    const { step } = state!.observed;
    assert.ok(step.length > 20 && step.at(-1)! > 4400, `${step.length} observations up to step ${step.at(-1)}`);
  }).timeout(400_000);

  it("the type check finds a misspelt option and a wrong argument", () => {
    const errors = typeErrors(
      'import { data } from "gradbook";\nawait data.mnist({ splt: "test" });\ndata.digits({ n: "many" });',
    );
    assert.deepEqual(
      errors.map((error) => error.slice(0, 6)),
      ["line 2", "line 3"],
    );
  });
});

/** What the compiler says about a module that imports from "gradbook", with the kernel's strictness. */
function typeErrors(code: string): string[] {
  const name = join(root, "media/notebooks/cells.ts");
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2024.d.ts", "lib.esnext.disposable.d.ts"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    paths: { gradbook: [join(root, "kernel/gradbook.ts")] },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === name || fileExists(path);
  host.getSourceFile = (path, version) =>
    path === name ? ts.createSourceFile(path, code, version) : getSourceFile.call(host, path, version);
  const program = ts.createProgram([name], options, host);
  const file = program.getSourceFile(name)!;
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
    ({ start, messageText }) => {
      const line = file.getLineAndCharacterOfPosition(start!).line + 1;
      return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    },
  );
}
