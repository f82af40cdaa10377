/**
 * The examples in the docstrings of kernel/data and of `save` and `load`, run as they stand, in a folder with the files
 * that they speak of. `expression // → value` is a claim, and is checked.
 */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import * as gradbook from "../../../kernel/gradbook.ts";
import { smallCifar10 } from "./cifarFile.ts";
import { smallMnist } from "./idxFile.ts";

const root = join(import.meta.dirname, "../../..");
const { tensor, Tensor, manualSeed } = gradbook;

/** Public functions and classes that read, write, hold or make data: each has an example. */
const documented = [
  ...Object.keys(gradbook.data).filter((name) => !["DataUnavailable", "MapError"].includes(name)),
  "save",
  "load",
  "loadMetadata",
];

interface Example {
  name: string;
  code: string;
}
/** The ts blocks of a source, each with the name of what its docstring stands before. */
function examples(file: string): Example[] {
  const source = readFileSync(join(root, file), "utf8");
  return [...source.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport (?:async )?(?:function|class) (\w+)/g)].flatMap(
    ([, text, name]) => {
      const plain = text!.replace(/^ *\* ?/gm, "");
      return [...plain.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => ({ name: name!, code: code! }));
    },
  );
}
const files = [
  "kernel/tensor/save.ts",
  ...readdirSync(join(root, "kernel/data"), { recursive: true, encoding: "utf8" }).map((file) => `kernel/data/${file}`),
].filter((file) => file.endsWith(".ts"));
const all = files.flatMap(examples);

/** A claim becomes a check; a loop around it stays. */
function checked(code: string): string {
  return code.replace(/^( *(?:for (?:await )?\([^()]*\) )?)(?!\/\/)(.*?);? +\/\/ → (.*)$/gm, "$1claim($2, $3);");
}
const plain = (value: unknown): unknown =>
  value instanceof Tensor ? value.toArray() : Array.isArray(value) ? value.map(plain) : value;

describe("examples of data, save and load", function () {
  this.timeout(60_000);
  let folder: string;
  const start = process.cwd();
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "gradbook-examples-"));
    cpSync(join(root, "test/golden/files"), folder, { recursive: true });
    const put = (where: string, entries: { [name: string]: Buffer | string }) => {
      mkdirSync(join(folder, where), { recursive: true });
      for (const [name, bytes] of Object.entries(entries)) writeFileSync(join(folder, where, name), bytes);
    };
    put("mnist", smallMnist(2));
    // The first real image to test with is a cat.
    put("cifar10", {
      "test_batch.bin": Buffer.concat([Buffer.from([3]), smallCifar10(1)["test_batch.bin"]!.subarray(1)]),
    });
    put(".", {
      "iris.csv":
        "sepal length,petal length,species\n5.1,1.4,setosa\n4.9,1.4,setosa\n6.3,6.0,virginica\n5.8,5.1,virginica\n",
      "noise.mjs": /^\/\/ noise\.mjs: (.*)$/m.exec(all.find(({ code }) => code.includes("noise.mjs: "))!.code)![1]!,
    });
    process.chdir(folder);
  });
  after(() => {
    process.chdir(start);
    rmSync(folder, { recursive: true });
  });

  for (const [i, { name, code }] of all.entries()) {
    it(`${name}: example ${i + 1} runs and says what is so`, async () => {
      let claims = 0;
      const claim = (got: unknown, want: unknown) => {
        claims++;
        assert.deepEqual(plain(got), want);
      };
      const names = Object.keys(gradbook).filter((key) => new RegExp(`\\b${key}\\b`).test(code));
      const body = `(async (claim, gradbook) => { const { ${names.join(", ")} } = gradbook;\n${checked(code)}\n})`;
      const { outputText } = ts.transpileModule(body, { compilerOptions: { target: ts.ScriptTarget.ES2024 } });
      manualSeed(1);
      await (0, eval)(outputText)(claim, gradbook);
      assert.ok(claims > 0, "an example without a claim proves nothing");
    });
  }

  it("every public function and class of data has an example", () => {
    const missing = documented.filter((name) => !all.some((example) => example.name === name));
    assert.deepEqual(missing, []);
  });
  it("a wrong claim is caught", () => {
    const code = checked("tensor([1, 2]).shape // → [3]\nfor (const x of [1]) x; // → 2\n// → no claim\n");
    assert.match(
      code,
      /^claim\(tensor\(\[1, 2\]\)\.shape, \[3\]\);\nfor \(const x of \[1\]\) claim\(x, 2\);\n\/\/ → no/,
    );
    assert.throws(() => assert.deepEqual(plain(tensor([1, 2])), [3]));
  });
});
