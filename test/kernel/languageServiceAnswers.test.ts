/** What the editor answers at a place of a notebook: a table for each kind of answer. */
import assert from "node:assert/strict";
import type { CompletionItem, MarkupContent } from "vscode-languageserver-types";
import { LAB, check, NotebookUnderTest, type Row } from "./notebookService.ts";

const notebook = new NotebookUnderTest();

const lines = (...all: string[]): string => all.join("\n");

describe("language service, answers", function () {
  this.timeout(60_000);
  before(() => {
    notebook.write("package.json", '{ "dependencies": { "helpful": "1", "absent": "1" } }');
    notebook.write("node_modules/helpful/package.json", '{"name":"helpful","main":"index.js","types":"index.d.ts"}');
    notebook.write("node_modules/helpful/index.d.ts", "export declare const helpfulThing: number;");
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
      { name: "a name of a package that package.json names", text: "helpfulT‸", has: ["helpfulThing"] },
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

    it("a dot, a comma or a semicolon takes the item that is chosen, unless a new name may be meant", () => {
      notebook.open("const first = 1;\nfir‸");
      assert.deepEqual(complete().itemDefaults, { commitCharacters: [".", ",", ";"] });
      notebook.open("class A { fir‸ }");
      assert.deepEqual(complete().itemDefaults, { commitCharacters: [] });
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
      { name: "what every cell has", text: "await inp‸ut()", says: /input\([^]*Asks the user for a line of text/ },
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
