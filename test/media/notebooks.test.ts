/** The notebooks we ship: that they open, that their cells are right, and that nothing was left in them. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { readNotebook } from "../../kernel/notebook/file.ts";
import { KERNELSPEC, type Cell } from "../../kernel/notebook/format.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "media/notebooks");
const files = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));
const textOf = ({ source }: Cell) => (typeof source === "string" ? source : source.join(""));

describe("media: notebooks", function () {
  this.timeout(120_000);

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
