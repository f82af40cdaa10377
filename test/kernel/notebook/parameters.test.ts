import assert from "node:assert/strict";
import { joined, type CodeCell, type Notebook } from "../../../kernel/notebook/format.ts";
import { injectParameters, parseParameter } from "../../../kernel/notebook/parameters.ts";

const cell = (source: string, tags?: string[]): CodeCell => ({
  cell_type: "code",
  id: `id-${source.length}`,
  metadata: tags ? { tags } : {},
  source,
  outputs: [],
  execution_count: null,
});
const notebook = (cells: CodeCell[], minor = 5): Notebook => ({
  nbformat: 4,
  nbformat_minor: minor,
  metadata: {},
  cells,
});
const sources = ({ cells }: Notebook) => cells.map(({ source }) => joined(source));

const INJECTED = "// Parameters of this run\nlet lr = 0.5;";

describe("parameters of a run", () => {
  const values: [text: string, name: string, value: string][] = [
    ["lr=0.01", "lr", "0.01"],
    ["lr=1e-3", "lr", "1e-3"],
    ["deep=true", "deep", "true"],
    ["none=null", "none", "null"],
    ["sizes=[1, 2]", "sizes", "[1, 2]"],
    ['options={"a": "b"}', "options", '{"a": "b"}'],
    ['name="Adam"', "name", '"Adam"'],
    ["name=Adam", "name", '"Adam"'],
    ["path=a=b", "path", '"a=b"'],
    ["empty=", "empty", '""'],
    ['quote=say "hi"\\', "quote", '"say \\"hi\\"\\\\"'],
    ["number=01", "number", '"01"'],
    ["η=1", "η", "1"],
    ["limit=-Infinity", "limit", "-Infinity"],
    ["none=NaN", "none", "NaN"],
    ["name=nan", "name", '"nan"'],
    ['o={"__proto__": 1, "a": "\\"__proto__\\":"}', "o", '{["__proto__"]: 1, "a": "\\"__proto__\\":"}'],
  ];
  for (const [text, name, value] of values) {
    it(`${text} sets ${name} to ${value}`, () => {
      const found = parseParameter(text);
      assert.deepEqual([found.name, found.value], [name, value]);
    });
  }
  for (const text of ["lr", "=1", "1a=2", "a-b=1", "class=1", "a b=1"]) {
    it(`${text} is refused`, () =>
      assert.throws(() => parseParameter(text), /^Error: --param .*(give it as name=value|is not a name)/));
  }

  const lr = [{ name: "lr", value: "0.5" }];

  it("stand in a cell after the one tagged parameters", () => {
    const book = notebook([cell("// text"), cell("let lr = 1;", ["parameters"]), cell("lr")]);
    assert.deepEqual(injectParameters(book, lr), []);
    assert.deepEqual(sources(book), ["// text", "let lr = 1;", INJECTED, "lr"]);
    assert.deepEqual(book.cells[2]!.metadata, { tags: ["injected-parameters"] });
    assert.equal(book.cells[2]!.id, "injected-parameters");
  });

  it("replace those of an earlier run, in their place", () => {
    const old = { ...cell("let lr = 9;", ["injected-parameters"]), id: "kept", execution_count: 3 };
    const book = notebook([cell("let lr = 1;", ["parameters"]), cell("between"), old]);
    injectParameters(book, lr);
    assert.deepEqual(sources(book), ["let lr = 1;", "between", INJECTED]);
    assert.deepEqual([book.cells[2]!.id, (book.cells[2] as CodeCell).execution_count], ["kept", null]);
  });

  it("stand first, with a remark, in a notebook without a cell for them", () => {
    const book = notebook([cell("lr")]);
    assert.deepEqual(injectParameters(book, lr), [
      'no cell is tagged "parameters": the parameters are set in the first cell.',
    ]);
    assert.deepEqual(sources(book), [INJECTED, "lr"]);
  });

  it("are declared as the notebook's own cell declares them", () => {
    const book = notebook([cell("const lr: number = 1;", ["parameters"])]);
    injectParameters(book, [{ ...lr[0]!, declaration: "const lr: number" }]);
    assert.equal(sources(book)[1], "// Parameters of this run\nconst lr: number = 0.5;");
  });

  it("the new cell's id is free, and there is none where cells have none", () => {
    const book = notebook([{ ...cell("x"), id: "injected-parameters" }]);
    injectParameters(book, lr);
    assert.equal(book.cells[0]!.id, "injected-parameters-2");
    const old = notebook([cell("x")], 4);
    injectParameters(old, lr);
    assert.ok(!("id" in old.cells[0]!));
  });
});
