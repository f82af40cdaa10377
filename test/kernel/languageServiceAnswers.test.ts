/** What the editor answers at a place of a notebook: a table for each kind of answer. */
import assert from "node:assert/strict";
import type { CompletionItem, MarkupContent } from "vscode-languageserver-types";
import { NotebookUnderTest } from "./notebookService.ts";

const notebook = new NotebookUnderTest();

interface Row {
  name: string;
  text: string;
}
function check<R extends Row>(rows: readonly R[], of: (row: R) => void): void {
  for (const row of rows) it(row.name, () => of(row));
}
const lines = (...all: string[]): string => all.join("\n");

const LAB = `import { nn, optim, type Tensor } from "gradbook";
class Net extends nn.Module {
  /** Maps two numbers to one. */
  layer = new nn.Linear(2, 1);
  forward(x: Tensor) { return this.layer.forward(x); }
}
const model = new Net();
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
---
`;

describe("language service, answers", function () {
  this.timeout(60_000);
  before(() => {
    notebook.write("half.ts", "/** Half of it. */\nexport const half = (x: number) => x / 2;\nexport const third = 3;");
    notebook.open(`${LAB}optimizer.step();`).ask("notebook/diagnostics", {});
  });
  after(() => notebook.end());

  describe("completion", () => {
    interface Completion extends Row {
      has?: string[];
      hasNot?: string[];
      trigger?: string;
    }
    const rows: Completion[] = [
      {
        name: "members of another cell's variable",
        text: `${LAB}optimizer.‸`,
        has: ["step", "zeroGrad", "paramGroups"],
        hasNot: ["model"],
      },
      { name: "members after something typed", text: `${LAB}optimizer.ze‸`, has: ["zeroGrad"] },
      {
        name: "names of other cells, also later ones",
        text: "const first = 1;\n---\n‸\n---\nfunction last() {}",
        has: ["first", "last", "display", "process"],
      },
      {
        name: "nothing of generated code",
        text: "let first = 1;\n---\nfirst = 2;\n$gradbook_‸",
        hasNot: ["$gradbook_first"],
      },
      {
        name: "options of the library",
        text: `${LAB}new optim.Adam(model.parameters(), { ‸ });`,
        has: ["lr", "betas", "eps", "weightDecay"],
      },
      {
        name: "values of a string option",
        text: `${LAB}nn.functional.mseLoss(model.layer.weight, model.layer.weight, { reduction: "‸" });`,
        has: ["mean", "sum", "none"],
        trigger: '"',
      },
      {
        name: "paths of files",
        text: 'import { half } from "./‸";',
        has: ["half.ts"],
        hasNot: ["[cell 1]"],
        trigger: "/",
      },
      { name: "Node's modules", text: 'import fs from "node:‸";', has: ["node:fs"] },
      { name: "what a file exports", text: 'import { ‸ } from "./half.ts";', has: ["half", "third"] },
      { name: "a name that has to be imported from gradbook", text: "manualS‸", has: ["manualSeed"] },
      { name: "a name that has to be imported from Node, by one spelling", text: "readFileSy‸", has: ["readFileSync"] },
      { name: "private names", text: "class A { #secret = 1; m() { this.#‸ } }", has: ["#secret"], trigger: "#" },
      { name: "type arguments", text: "interface Wide { a: 1 }\n---\nlet m: Array<‸", has: ["Wide"], trigger: "<" },
      {
        name: "tags of documentation",
        text: "/**\n * @‸\n */\nfunction f(a: number) {}",
        has: ["param"],
        trigger: "@",
      },
      { name: "a space completes an import, and nothing else", text: "const a = 1; a ‸", has: [], trigger: " " },
      { name: "nothing in a line for the shell", text: "!npm ‸", has: [], hasNot: ["process"] },
      { name: "behind an emoji and with CRLF", text: 'const s = "😀";\r\nconst t = "😀"; s.‸', has: ["length"] },
      { name: "in an object at the end", text: `${LAB}{ a: 1, b: optimizer.‸ }`, has: ["step"] },
    ];
    const complete = (trigger?: string) =>
      notebook.ask("textDocument/completion", {
        ...notebook.at,
        ...(trigger !== undefined && { triggerCharacter: trigger }),
      });
    check(rows, ({ text, has = [], hasNot = [], trigger }) => {
      notebook.open(text);
      const labels = complete(trigger).items.map(({ label }) => label);
      assert.deepEqual(
        has.filter((label) => !labels.includes(label)),
        [],
        `has ${labels.slice(0, 50).join(", ")}`,
      );
      assert.deepEqual(
        hasNot.filter((label) => labels.includes(label)),
        [],
      );
      if (has.length === 0 && hasNot.length === 0) assert.deepEqual(labels, []);
    });

    it("an import that is needed comes with `resolve`, below the imports of the cell", () => {
      for (const [text, name, want] of [
        ["const a = 1;\nmanualS‸", "manualSeed", 'import { manualSeed } from "gradbook";\nconst a = 1;\nmanualS'],
        [
          LAB + "import { rand } from 'gradbook';\nmanualS‸",
          "manualSeed",
          LAB + "import { manualSeed, rand } from 'gradbook';\nmanualS",
        ],
        [
          "import z from 'node:zlib';\nreadFileSy‸",
          "readFileSync",
          "import z from 'node:zlib';\nimport { readFileSync } from 'node:fs';\nreadFileSy",
        ],
        [
          "import { join } from 'node:path';\n// then\nmanualS‸",
          "manualSeed",
          "import { join } from 'node:path';\nimport { manualSeed } from 'gradbook';\n// then\nmanualS",
        ],
      ] as const) {
        notebook.open(text);
        const item = complete().items.filter(({ label }) => label === name);
        assert.equal(item.length, 1, name);
        const { additionalTextEdits = [] } = notebook.ask("completionItem/resolve", item[0]!);
        assert.equal(
          notebook.edited({ [notebook.at.textDocument.uri]: additionalTextEdits }),
          want.replaceAll("\n---\n", "\n---\n"),
        );
      }
    });

    it("a resolved item has its signature and documentation", () => {
      notebook.open("/** Twice.\n * @param x any */\nfunction twice(x: number) { return 2 * x }\n---\ntwi‸");
      const item = complete().items.find(({ label }) => label === "twice")!;
      assert.equal(item.kind, 3, "a function, though it is imported");
      const { detail, documentation } = notebook.ask("completionItem/resolve", item);
      assert.equal(detail, "function twice(x: number): number");
      assert.equal((documentation as MarkupContent).value, "Twice.\n\n*@param* `x` — any");
    });

    it("a deprecated name says so, and the order is TypeScript's", () => {
      notebook.open("class A {\n/** @deprecated use now */\nold = 1; now = 2 }\n---\nnew A().‸");
      const items = complete().items as CompletionItem[];
      assert.deepEqual(
        items.map(({ label, tags }) => [label, tags]),
        [
          ["now", undefined],
          ["old", [1]],
        ],
      );
      assert.ok(items[0]!.sortText! < items[1]!.sortText!);
    });

    it("what is missing for an optional member is filled in", () => {
      notebook.open("const m = /a/.exec('b');\nm.ind‸");
      const { textEdit, filterText } = complete().items.find(({ label }) => label === "index")!;
      assert.equal(textEdit!.newText, "?.index");
      assert.equal(filterText, ".index");
    });
  });

  describe("hover", () => {
    interface Hover extends Row {
      says: RegExp | null;
    }
    const rows: Hover[] = [
      {
        name: "a variable of another cell, as it is there",
        text: `${LAB}opti‸mizer;`,
        says: /^```typescript\nconst optimizer: optim\.Adam<.*>\n```$/,
      },
      {
        name: "a documented function of another cell",
        text: "/** Twice. */\nfunction twice(x: number) { return 2 * x }\n---\ntwi‸ce(1)",
        says: /^```typescript\nfunction twice\(x: number\): number\n```\n\nTwice\.$/,
      },
      {
        name: "a let of another cell that is assigned here, with its documentation",
        text: "/** How many. */\nlet n = 0;\n---\nn‸ = 1;",
        says: /^```typescript\nlet n: number\n```\n\nHow many\.$/,
      },
      {
        name: "an example becomes code",
        text: "/**\n * Doubles.\n * @example\n * f(1)\n * @returns twice\n */\nfunction f(x: number) { return 2 * x }\nf‸(1)",
        says: /\*@example\*\n```typescript\nf\(1\)\n```\n\n\*@returns\* — twice/,
      },
      {
        name: "the library, with its docstring",
        text: `${LAB}optimizer.zero‸Grad()`,
        says: /zeroGrad\([^]*\): void[^]*Drops the gradients/,
      },
      {
        name: "a namespace of the library",
        text: `${LAB}opt‸im.Adam`,
        says: /^```typescript\n(?:namespace|module|import) .*optim/,
      },
      { name: "behind an emoji", text: 'const s = "😀"; s‸', says: /const s: "😀"/ },
      { name: "nothing in a string of text", text: "// com‸ment", says: null },
    ];
    check(rows, ({ text, says }) => {
      notebook.open(text);
      const hover = notebook.ask("textDocument/hover", notebook.at);
      if (says === null) assert.equal(hover, null);
      else assert.match((hover?.contents as MarkupContent).value, says);
    });
  });

  describe("signature help", () => {
    interface Signature extends Row {
      label: RegExp | null;
      parameter?: string;
      active?: number;
    }
    const rows: Signature[] = [
      {
        name: "of another cell's function",
        text: "/** Sum.\n * @param b the other */\nfunction add(a: number, b: number) { return a + b }\n---\nadd(1, ‸)",
        label: /^add\(a: number, b: number\): number$/,
        parameter: "b: number",
        active: 1,
      },
      { name: "of the library", text: `${LAB}new optim.Adam(‸)`, label: /^Adam\(params: / },
      {
        name: "of a rest parameter",
        text: "function f(...xs: number[]) {}\nf(1, 2, ‸)",
        label: /^f\(\.\.\.xs: number\[\]\): void$/,
        parameter: "...xs: number[]",
        active: 0,
      },
      { name: "nowhere", text: "const a = 1;‸", label: null },
    ];
    check(rows, ({ text, label, parameter, active }) => {
      notebook.open(text);
      const help = notebook.ask("textDocument/signatureHelp", notebook.at);
      if (label === null) return assert.equal(help, null);
      const signature = help!.signatures[help!.activeSignature!]!;
      assert.match(signature.label, label);
      if (active !== undefined) assert.equal(help!.activeParameter, active);
      const [start, end] = signature.parameters![help!.activeParameter!]!.label as [number, number];
      if (parameter !== undefined) assert.equal(signature.label.slice(start, end), parameter);
    });
  });

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
    ];
    for (const [name, text, message, newName = "b"] of refused) {
      it(`refused: ${name}`, () => {
        notebook.open(text);
        assert.throws(() => notebook.ask("textDocument/rename", { ...notebook.at, newName }), message);
      });
    }
  });

  describe("code actions", () => {
    interface Fix extends Row {
      title: RegExp;
      edited: string;
    }
    const rows: Fix[] = [
      {
        name: "a missing import from gradbook",
        text: "const a = 1;\nmanualSeed(1);",
        title: /^Add import from "gradbook"$/,
        edited: 'import { manualSeed } from "gradbook";\nconst a = 1;\nmanualSeed(1);',
      },
      {
        name: "a missing import where another cell has one from there",
        text: "import { tensor } from 'gradbook';\n---\nmanualSeed(1);",
        title: /^Add import from "gradbook"$/,
        edited: "import { tensor } from 'gradbook';\n---\nimport { manualSeed } from 'gradbook';\nmanualSeed(1);",
      },
      {
        name: "a spelling",
        text: "const counter = 1;\n---\ncountr;",
        title: /^Change spelling to 'counter'$/,
        edited: "const counter = 1;\n---\ncounter;",
      },
      {
        name: "a missing await",
        text: "const f = async () => 1;\n---\nf().toFixed();",
        title: /^Add 'await'$/,
        edited: "const f = async () => 1;\n---\n(await f()).toFixed();",
      },
      {
        name: "something unused",
        text: "function f() { const x = 1; }\nf();",
        title: /^Remove unused declaration for: 'x'$/,
        edited: "function f() {  }\nf();",
      },
      {
        name: "a function that is not there yet",
        text: "later(1);",
        title: /^Add missing function declaration 'later'$/,
        edited: lines(
          "later(1);",
          "",
          "function later(arg0: number) {",
          '  throw new Error("Function not implemented.");',
          "}",
          "",
        ),
      },
      {
        name: "an import without its ending",
        text: "import { half } from './half';",
        title: /^Write the ending: "\.\/half\.ts"$/,
        edited: "import { half } from './half.ts';",
      },
    ];
    const actions = (only?: string[]) => {
      const uri = notebook.at.textDocument.uri;
      const diagnostics = notebook.ask("notebook/diagnostics", {})[uri]!;
      const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
      return notebook.ask("textDocument/codeAction", {
        textDocument: { uri },
        range,
        context: { diagnostics, ...(only && { only }) },
      });
    };
    check(rows, ({ text, title, edited }) => {
      notebook.open(`${text}‸`);
      const found = actions();
      const wanted = found.filter((action) => title.test(action.title));
      assert.equal(wanted.length, 1, `has ${found.map((action) => action.title).join(", ")}`);
      assert.equal(notebook.edited(wanted[0]!.edit!.changes), edited);
    });

    it("imports are sorted and merged in their cell, and none is removed", () => {
      notebook.open("import { b, a } from 'z';\nimport { c } from 'a';\nimport { d } from 'z';\n1‸");
      const [action] = actions(["source.organizeImports"]);
      assert.equal(notebook.edited(action!.edit!.changes), "import { c } from 'a';\nimport { a, b, d } from 'z';\n1");
      assert.deepEqual(
        actions(["source.organizeImports"]).map(({ kind }) => kind),
        ["source.organizeImports"],
      );
    });

    it("sorted imports need no action", () => {
      notebook.open("import { a } from 'z';\n---\na;‸");
      assert.deepEqual(actions(["source.organizeImports"]), []);
    });
  });

  describe("formatting", () => {
    const options = { tabSize: 2, insertSpaces: true };
    const rows: (Row & { formatted: string; range?: [number, number] })[] = [
      {
        name: "spaces and indentation",
        text: "const a=1\nif(a){\nf( a )\n}\nfunction f(x:number){}",
        formatted: "const a = 1\nif (a) {\n  f(a)\n}\nfunction f(x: number) { }",
      },
      {
        name: "lines for the shell stay as they are",
        text: "!npm   install  x\nconst a=1\n   !ls {a}  -l\nconst b=2",
        formatted: "!npm   install  x\nconst a = 1\n!ls {a}  -l\nconst b = 2",
      },
      { name: "with CRLF", text: "if(a){\r\nb\r\n}", formatted: "if (a) {\r\n  b\r\n}" },
      {
        name: "a range",
        text: "const a=1\nconst b=2\nconst c=3",
        range: [1, 2],
        formatted: "const a=1\nconst b = 2\nconst c=3",
      },
      { name: "a cell that is empty", text: "", formatted: "" },
      { name: "broken code keeps its text", text: "const a=(", formatted: "const a = (" },
    ];
    check(rows, ({ text, formatted, range }) => {
      notebook.open(`${text}‸`);
      const { textDocument } = notebook.at;
      const edits = range
        ? notebook.ask("textDocument/rangeFormatting", {
            textDocument,
            options,
            range: { start: { line: range[0], character: 0 }, end: { line: range[1], character: 0 } },
          })
        : notebook.ask("textDocument/formatting", { textDocument, options });
      assert.equal(notebook.edited({ [textDocument.uri]: edits }), formatted);
    });
  });
});
