/** `gradbook run --param` against the types that the cell tagged `parameters` declares. */
import assert from "node:assert/strict";
import { nearest } from "../../kernel/text/nearest.ts";
import type { KernelClient } from "../../kernel/client/kernelClient.ts";
import type { Notebook } from "../../kernel/notebook/format.ts";
import { parseParameter } from "../../kernel/notebook/parameters.ts";
import { checkParameters } from "../../kernel/notebook/parameterTypes.ts";
import type { LanguageRequest } from "../../kernel/protocol/language.ts";
import { NotebookUnderTest } from "./notebookService.ts";

const BEFORE = `import { optim, type Tensor } from "gradbook";
type Schedule = { kind: "cosine"; tMax: number } | { kind: "none" };`;
const CELL = `const lr: number = 0.1, epochs = 3;
let name = "none", flag = false;
const mode: "train" | "test" = "train";
const sizes = [1, 2], pair: [number, string] = [1, "a"];
const options = { amsgrad: false, betas: [0.9, 0.999] };
let schedule: Schedule = { kind: "none" }, path: string | null = null, anything = null;
const optimizer: "SGD" | keyof typeof optim = "Adam", seen: Tensor | undefined = undefined;
const { left, right } = { left: 1, right: "r" }, list: readonly string[] = [];
var old = 1;
function f() {}`;

describe("parameters of a run and their types", function () {
  this.timeout(60_000);
  const notebook = new NotebookUnderTest();
  after(() => notebook.end());
  /** The language service itself in place of a kernel that has it in a thread. */
  const kernel = {
    request: (_type: string, { method, params }: LanguageRequest) => ({
      reply: Promise.resolve({ status: "ok", result: notebook.ask(method, params as never) }),
    }),
  } as unknown as Pick<KernelClient, "request">;
  const book = (...cells: [source: string, tags?: string[]][]): Notebook => ({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: cells.map(([source, tags = []], i) => ({
      ...{ cell_type: "code" as const, id: `c${i}`, metadata: { tags }, source, outputs: [], execution_count: null },
    })),
  });
  const given = book([BEFORE], [CELL, ["parameters"]], ["const after: Tensor = lr;"]);
  const checked = (...texts: string[]) => checkParameters(given, texts.map(parseParameter), kernel);

  const fits: [parameter: string, declaration: string][] = [
    ["lr=0.5", "const lr: number"],
    ["lr=NaN", "const lr: number"],
    ["lr=-Infinity", "const lr: number"],
    ["epochs=10", "const epochs"],
    ["name=Adam", "let name"],
    ['name="3"', "let name"],
    ["flag=true", "let flag"],
    ["mode=test", 'const mode: "train" | "test"'],
    ["sizes=[]", "const sizes"],
    ["sizes=[3, 4, 5]", "const sizes"],
    ['pair=[2, "b"]', "const pair: [number, string]"],
    ['options={"amsgrad": true, "betas": [0.5, 0.9]}', "const options"],
    ['schedule={"kind": "cosine", "tMax": 5}', "let schedule: Schedule"],
    ["path=null", "let path: string | null"],
    ["anything={}", "let anything"],
    ["optimizer=RMSprop", 'const optimizer: "SGD" | keyof typeof optim'],
    ["left=5", "const left"],
    ['list=["a"]', "const list: readonly string[]"],
    ["old=2", "var old"],
  ];
  for (const [text, declaration] of fits) {
    it(`${text} fits ${declaration}`, async () => assert.equal((await checked(text))[0]!.declaration, declaration));
  }

  const refused: [parameter: string, message: RegExp][] = [
    [
      "lr=fast",
      /^--param lr="fast": lr is declared as number in line 1 of .*"parameters"\. Type 'string' is not assignable to type 'number'\. What is no JSON is a text/,
    ],
    ["lr=null", /lr is declared as number .* Type 'null' is not assignable/],
    ["epochs=[1]", /epochs is declared as number in line 1/],
    ["flag=True", /^--param flag="True": flag is declared as boolean in line 2 .*true or false/],
    ["name=3", /name is declared as string in line 2 .*For a text put it in quotes: --param 'name="3"'\.$/],
    ["mode=tset", /mode is declared as "train" \| "test" in line 3 .*'"tset"' is not assignable/],
    ['sizes=[1, "2"]', /sizes is declared as number\[\] in line 4/],
    ["pair=[1]", /pair is declared as \[number, string\] in line 4/],
    ['options={"amsgrad": true}', /options is declared as \{.*\} in line 5 .*'betas' is missing/],
    [
      'options={"amsgrad": true, "betas": [], "beta": 1}',
      /options is declared as \{ amsgrad: boolean; betas: number\[\]; \} in line 5 .*'"beta"' does not exist in type/,
    ],
    ['schedule={"kind": "cosine"}', /schedule is declared as Schedule in line 6 .*'tMax' is missing/],
    ["optimizer=Adamm", /optimizer is declared as .* in line 7/],
    ["seen=1", /seen is declared as Tensor \| undefined in line 7/],
    ["right=1", /right is declared as string in line 8/],
    [
      "nmae=x",
      /^--param nmae: the cell tagged "parameters" has no "nmae"\. Did you mean "name"\? It has: lr, epochs, name, /,
    ],
    ["temperature=1", /has no "temperature"\. It has: lr, .*, old\.$/],
    ["f=1", /has no "f"/],
    ["after=1", /has no "after"/],
  ];
  for (const [text, message] of refused) {
    it(`${text} is refused`, () => assert.rejects(checked(text), { name: "UsageError", message }));
  }

  it("every problem is named at once, one a line", () =>
    assert.rejects(checked("lr=x", "name=a", "flga=true"), ({ message }: Error) => {
      assert.deepEqual(
        message.split("\n").map((line) => line.split(":")[0]),
        ['--param lr="x"', "--param flga"],
      );
      return true;
    }));
  it("without a cell for them any name and value passes", async () => {
    const parameters = [parseParameter("x=1")];
    assert.deepEqual(await checkParameters(book(["x"]), parameters, kernel), parameters);
  });

  const near: [name: string, names: string[], meant: string | undefined][] = [
    ["lrr", ["lr", "name"], "lr"],
    ["LR", ["lr"], "lr"],
    ["nmae", ["lr", "name"], "name"],
    ["batch", ["batchSize", "lr"], undefined],
    ["x", [], undefined],
  ];
  for (const [name, names, meant] of near) {
    it(`${name} among ${names.join(", ") || "nothing"}: ${meant}`, () => assert.equal(nearest(name, names), meant));
  }
});
