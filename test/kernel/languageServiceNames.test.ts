/** Names that cells have from each other: where they are declared, where they are used, and their change. */
import assert from "node:assert/strict";
import { LAB, check, NotebookUnderTest, type Row } from "./notebookService.ts";

const notebook = new NotebookUnderTest();

describe("language service, names", function () {
  this.timeout(60_000);
  before(() => {
    notebook.write("half.ts", "export const half = (x: number) => x / 2;");
    notebook.open(`${LAB}optimizer.step();`).ask("notebook/diagnostics", {});
  });
  after(() => notebook.end());

  describe("definition", () => {
    interface Definition extends Row {
      at: string[];
      type?: string[];
    }
    const rows: Definition[] = [
      { name: "in another cell", text: "const a = 1;\n---\na‸", at: ['cell 1 "a" 1:7'] },
      { name: "of a let that is assigned here", text: "let a = 1;\n---\na‸ = 2", at: ['cell 1 "a" 1:5'] },
      { name: "the nearest of several", text: "const a = 1;\n---\nconst a = 2;\n---\na‸", at: ['cell 2 "a" 1:7'] },
      {
        name: "of a class's member, and its type",
        text: "class B { m = 1 }\nclass A { b = new B() }\n---\nnew A().b‸",
        at: ['cell 1 "b" 2:11'],
        type: ['cell 1 "B" 1:7'],
      },
      { name: "in the library", text: `${LAB}optimizer.zeroGrad‸()`, at: ["optimizer.ts"] },
      {
        name: "through the import of another cell",
        text: "import { half } from './half.ts';\n---\nhalf‸(1)",
        at: ["half.ts"],
      },
      { name: "of a file", text: "import { half } from './half‸.ts'", at: ["half.ts"] },
      { name: "of a cell's function", text: "display‸(1)", at: ["cellGlobals.ts", "globals.ts"] },
      {
        name: "in Node's types",
        text: "import { readFileSync } from 'node:fs';\nreadFileSync‸",
        at: ["fs.d.ts"],
      },
      { name: "of nothing", text: "1‸", at: [] },
      { name: "in an object at the end", text: "const a = 1;\n---\n{ a‸, b: 2 }", at: ['cell 1 "a" 1:7'] },
    ];
    check(rows, ({ text, at, type }) => {
      notebook.open(text);
      const places = notebook.places(notebook.ask("textDocument/definition", notebook.at));
      assert.deepEqual([...new Set(places)], at);
      if (type) assert.deepEqual(notebook.places(notebook.ask("textDocument/typeDefinition", notebook.at)), type);
    });
  });

  describe("references", () => {
    interface References extends Row {
      at: string[];
      declaration?: boolean;
    }
    const all = ['cell 1 "a" 1:5', 'cell 1 "a" 2:1', 'cell 2 "a" 1:1', 'cell 3 "a" 1:1', 'cell 3 "a" 2:1'];
    const text = (caret: number) => {
      const pieces = ["let a‸ = 1;\na‸;\n---\na‸;\n---\na‸ = 2;\na‸++;\n---\nlet a = 'another';"];
      let seen = 0;
      return pieces[0]!.replace(/‸/g, () => (seen++ === caret ? "‸" : ""));
    };
    const rows: References[] = [
      ...[0, 1, 2, 3, 4].map((caret) => ({
        name: `all cells that have the name from there, asked at ${all[caret]}`,
        text: text(caret),
        at: all,
      })),
      { name: "without the declaration", text: text(2), at: all.slice(1), declaration: false },
      {
        name: "of a name that is imported",
        text: "import { half } from './half.ts';\n---\nhalf‸(1);",
        at: ['cell 1 "half" 1:10', 'cell 2 "half" 1:1', "half.ts"],
      },
      {
        name: "of a member",
        text: "class A { m() {} }\n---\nnew A().m‸();\n---\nnew A().m();",
        at: ['cell 1 "m" 1:11', 'cell 2 "m" 1:9', 'cell 3 "m" 1:9'],
      },
      {
        name: "of a name in one cell",
        text: "function f(x: number) { return x‸ + x }",
        at: ['cell 1 "x" 1:12', 'cell 1 "x" 1:32', 'cell 1 "x" 1:36'],
      },
      {
        name: "of a name that the cell exports itself",
        text: "export const a = 1;\n---\na‸",
        at: ['cell 1 "a" 1:14', 'cell 2 "a" 1:1'],
      },
    ];
    check(rows, ({ text: cells, at, declaration = true }) => {
      notebook.open(cells);
      const found = notebook.ask("textDocument/references", {
        ...notebook.at,
        context: { includeDeclaration: declaration },
      });
      assert.deepEqual(notebook.places(found).sort(), at);
    });

    it("highlights are those of the cell, told apart by reading and writing", () => {
      notebook.open("let a = 1;\n---\na = 2;\na‸;");
      const found = notebook.ask("textDocument/documentHighlight", notebook.at);
      assert.deepEqual(
        found.map(({ range, kind }) => [range.start.line, kind]),
        [
          [0, 3],
          [1, 2],
        ],
      );
    });
  });

  describe("rename", () => {
    interface Rename extends Row {
      edited: string;
      to?: string;
    }
    const rows: Rename[] = [
      {
        name: "in all cells that have the name from there",
        text: "let a = 1;\n---\na++;\n[a] = [2];\n---\nconst f = () => a‸;\n---\nlet a = 'another';\na;",
        edited: "let b = 1;\n---\nb++;\n[b] = [2];\n---\nconst f = () => b;\n---\nlet a = 'another';\na;",
      },
      {
        name: "asked where it is assigned",
        text: "let a = 1;\n---\na‸ = 2;\n---\na;",
        edited: "let b = 1;\n---\nb = 2;\n---\nb;",
      },
      { name: "asked where it is declared", text: "const a‸ = 1;\n---\na;", edited: "const b = 1;\n---\nb;" },
      {
        name: "a shorthand keeps the property's name",
        text: "const a = 1;\n---\nconst o = { a‸ };\no.a;",
        edited: "const b = 1;\n---\nconst o = { a: b };\no.a;",
      },
      {
        name: "an import gets another name, its module does not",
        text: "import { half } from './half.ts';\n---\nhalf‸(1);",
        edited: "import { half as b } from './half.ts';\n---\nb(1);",
      },
      {
        name: "a name imported from gradbook, likewise",
        text: "import { tensor } from 'gradbook';\ntensor‸([1]);\n---\ntensor([2]);",
        edited: "import { tensor as b } from 'gradbook';\nb([1]);\n---\nb([2]);",
      },
      {
        name: "a class, as value and as type",
        text: "class A {}\n---\nconst x: A = new A‸();",
        edited: "class b {}\n---\nconst x: b = new b();",
      },
      {
        name: "a member",
        text: "class A { m() {} }\n---\nnew A().m‸();",
        edited: "class A { b() {} }\n---\nnew A().b();",
      },
      {
        name: "a parameter",
        text: "function f(x: number) { return x‸ }",
        edited: "function f(b: number) { return b }",
      },
      {
        name: "a name that the cell exports itself",
        text: "export const a = 1;\n---\na‸;",
        edited: "export const b = 1;\n---\nb;",
      },
      { name: "beside emoji", text: 'const a = 1;\n---\n"😀" + a‸;', edited: 'const b = 1;\n---\n"😀" + b;' },
    ];
    check(rows, ({ text, edited, to = "b" }) => {
      notebook.open(text);
      const { placeholder } = notebook.ask("textDocument/prepareRename", notebook.at);
      assert.notEqual(placeholder, "");
      const { changes } = notebook.ask("textDocument/rename", { ...notebook.at, newName: to });
      assert.equal(notebook.edited(changes), edited);
    });

    const refused: [name: string, text: string, message: RegExp, newName?: string][] = [
      ["a member of the library", `${LAB}optimizer.step‸()`, /not the notebook's own/],
      ["what every cell has", "display‸(1)", /there in every cell/],
      ["the language's own", "[].push‸(1)", /cannot rename|not the notebook's own/],
      ["no name", "1‸", /cannot rename/],
      ["to something that is no name", "const a‸ = 1", /"2x" is no name/, "2x"],
      ["to a word of the language", "const a‸ = 1", /"class" is a word of the language/, "class"],
    ];
    for (const [name, text, message, newName = "b"] of refused) {
      it(`refused: ${name}`, () => {
        notebook.open(text);
        assert.throws(() => notebook.ask("textDocument/rename", { ...notebook.at, newName }), message);
      });
    }
  });
});
