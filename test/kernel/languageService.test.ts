/** What the editor says of notebooks: a table for each kind of answer. */
import assert from "node:assert/strict";
import { LAB, check, NotebookUnderTest, type Row } from "./notebookService.ts";

const notebook = new NotebookUnderTest();

describe("language service", function () {
  this.timeout(60_000);
  before(() => notebook.open(`${LAB}optimizer.step();`).ask("notebook/diagnostics", {}));
  after(() => notebook.end());

  describe("problems", () => {
    interface Problem extends Row {
      /** Of each cell. */
      problems: string[][];
    }
    const rows: Problem[] = [
      { name: "a name of an earlier cell is known", text: "const a = 1;\n---\na.toFixed();", problems: [[], []] },
      { name: "a name of a later cell is known", text: "const f = () => b;\n---\nconst b = 1;", problems: [[], []] },
      {
        name: "the type is that of the nearest declaration before the cell",
        text: "const a = 1;\n---\na.toFixed();\n---\nconst a = 'x';\n---\na.toFixed();",
        problems: [[], [], [], [`1: Property 'toFixed' does not exist on type '"x"'. Did you mean 'fixed'?`]],
      },
      {
        name: "a name declared again in another cell is no error",
        text: "const a = 1;\n---\nconst a = 'x';",
        problems: [[], []],
      },
      {
        name: "a name declared twice in one cell is an error",
        text: "let a = 1;\nlet a = 2;",
        problems: [
          ["1: Cannot redeclare block-scoped variable 'a'.", "2: Cannot redeclare block-scoped variable 'a'."],
        ],
      },
      {
        name: "names from an import reach other cells",
        text: "import { join } from 'node:path';\n---\njoin('a', 'b').length;",
        problems: [[], []],
      },
      {
        name: "types reach other cells",
        text: "interface P { x: number }\ntype Q = P[];\n---\nconst q: Q = [{ x: 'a' }];",
        problems: [[], ["1: Type 'string' is not assignable to type 'number'."]],
      },
      {
        name: "a type import reaches other cells",
        text: "import type { ParsedPath } from 'node:path';\n---\nlet p: ParsedPath | undefined;",
        problems: [[], []],
      },
      {
        name: "another cell's let may be assigned",
        text: "let a = 1;\n---\na = 2;\na++;\n[a] = [3];\n({ a } = { a: 4 });\nfor (a of [1]) {}",
        problems: [[], []],
      },
      {
        name: "what is assigned to another cell's let is checked",
        text: "let a: number | undefined = 1;\nlet s = '';\n---\na = 'x';\ns++;\n[a] = [true];\na = 3;\na.toFixed();",
        problems: [
          [],
          [
            "1: Type 'string' is not assignable to type 'number'.",
            "2: An arithmetic operand must be of type 'any', 'number', 'bigint' or an enum type.",
            "3: Type 'boolean' is not assignable to type 'number'.",
          ],
        ],
      },
      {
        name: "another cell's const may not be assigned",
        text: "const a = 1;\n---\na = 2;",
        problems: [[], ["1: Cannot assign to 'a' because it is a constant."]],
      },
      {
        name: "another cell's function may not be assigned",
        text: "function f() {}\n---\nf = () => {};",
        problems: [[], ["1: Cannot assign to 'f' because it is a function."]],
      },
      {
        name: "var may be declared below the top",
        text: "if (1) { var v = 2 }\n---\nv.toFixed();",
        problems: [[], []],
      },
      {
        name: "a closure assigns another cell's let",
        text: "let n = 0;\n---\nconst inc = () => { n += 1 };\ninc();",
        problems: [[], []],
      },
      {
        name: "a class of another cell is a type",
        text: "class A { x = 1 }\n---\nfunction f(a: A) { return a.y }",
        problems: [[], ["1: Property 'y' does not exist on type 'A'."]],
      },
      {
        name: "an enum of another cell",
        text: "enum E { A, B }\n---\nconst e: E = E.A;\nE.C;",
        problems: [[], ["2: Property 'C' does not exist on type 'typeof E'."]],
      },
      {
        name: "a namespace of another cell",
        text: "namespace N { export const a = 1; export type T = string }\n---\nconst t: N.T = 'a';\nN.a;",
        problems: [[], []],
      },
      {
        name: "overloads of another cell",
        text: "function f(x: string): string;\nfunction f(x: number): number;\nfunction f(x: any) { return x }\n---\nf(1).toFixed();\nf(true);",
        problems: [[], ["2: No overload matches this call."]],
      },
      {
        name: "interfaces of one cell merge",
        text: "interface I { a: number }\ninterface I { b: number }\n---\nconst i: I = { a: 1, b: 2 };",
        problems: [[], []],
      },
      {
        name: "cells may use each other in a circle",
        text: "const even = (n: number): boolean => n === 0 || odd(n - 1);\n---\nconst odd = (n: number): boolean => n !== 0 && even(n - 1);",
        problems: [[], []],
      },
      {
        name: "inference in a circle is no error",
        text: "const f = () => g();\n---\nconst g = () => f();",
        problems: [[], []],
      },
      {
        name: "await, import.meta and require at the top",
        text: "await Promise.resolve(1);\nfor await (const x of [1]) x;\nimport.meta.dirname.length;\nrequire('node:fs').x;",
        problems: [[]],
      },
      { name: "a last expression without effect is no error", text: "const a = 1;\na\n---\n1, a", problems: [[], []] },
      {
        name: "an object at the end is an object",
        text: "const a = 1;\n{ a, b: 2 }\n---\n{ c: 1 }",
        problems: [[], []],
      },
      {
        name: "a mistake in an object at the end is found at its place",
        text: "{ a: 1, b: nope }",
        problems: [["1: Cannot find name 'nope'."]],
      },
      { name: "a block at the end stays a block", text: "{ let a = 1; a++ }", problems: [[]] },
      {
        name: "lines for the shell are no TypeScript",
        text: "!npm install left-pad\nconst a = 1;\n!ls {a}\n---\na.x",
        problems: [[], ["1: Property 'x' does not exist on type '1'."]],
      },
      {
        name: "what the cells have as globals is known",
        text: "display(1, { id: 'a' });\nclearOutput({ wait: true });\ndisplay();",
        problems: [["3: Expected 1-2 arguments, but got 0."]],
      },
      {
        name: "a cell may have a name of the globals for itself",
        text: "const display = (x: string) => x;\ndisplay(1);\n---\ndisplay(2);",
        problems: [
          ["2: Argument of type 'number' is not assignable to parameter of type 'string'."],
          ["1: Argument of type 'number' is not assignable to parameter of type 'string'."],
        ],
      },
      {
        name: "Node is known, and no browser",
        text: "process.argv.length;\nfetch('x').then((r) => r.ok);\nBuffer.from('a');\nnew WebAssembly.Module(new Uint8Array());\ndocument.body;",
        problems: [["5: Cannot find name 'document'. Cells run in Node, which has no DOM."]],
      },
      {
        name: "gradbook is known, with its options",
        text: `${LAB}new optim.Adam(model.parameters(), { rate: 1 });`,
        problems: [
          [],
          [
            "1: Object literal may only specify known properties, and 'rate' does not exist in type 'Partial<AdamOptions>'.",
          ],
        ],
      },
      {
        name: "implicit any is no error",
        text: "function f(a, b) { return a[b] }\nlet later;\nconst o = {} as { a: 1 };\nconst k = 'b' as string;\no[k];\n---\nlater = 1;",
        problems: [[], []],
      },
      {
        name: "an array that begins empty has the type of what is pushed",
        text: "const xs = [];\nxs.push(1);\nxs[0].x;",
        problems: [["3: Property 'x' does not exist on type 'number'."]],
      },
      {
        name: "what is caught may be used",
        text: "try { f() } catch (e) { e.message }\nfunction f() {}",
        problems: [[]],
      },
      {
        name: "null is checked",
        text: "const m = /a/.exec('a');\nm.index;",
        problems: [["2: 'm' is possibly 'null'."]],
      },
      {
        name: "broken code does not spoil other cells",
        text: "const a = 1;\nfunction f( {\n---\na.toFixed();\n---\nconst s = `abc\n---\nconst o = { a: \n---\na.x",
        problems: [
          ["2: '}' expected.", "2: Function implementation is missing or not immediately following the declaration."],
          [],
          ["1: Unterminated template literal."],
          ["1: Expression expected.", "1: '}' expected."],
          ["1: Property 'x' does not exist on type '1'."],
        ],
      },
      {
        name: "an empty cell, a comment, a byte order mark, a shebang",
        text: "\n---\n// nothing\n---\n\uFEFFconst a = 1;\n---\n#!/usr/bin/env node\na.x",
        problems: [[], [], [], ["2: Property 'x' does not exist on type '1'."]],
      },
      {
        name: "exports are tolerated",
        text: "export const a = 1;\nexport default class B {}\nconst c = 2;\nexport { c, c as d };\n---\na + c;\nnew B();",
        problems: [[], []],
      },
      {
        name: "decorators, using, generators, accessors",
        text: "function d(v: unknown, c: ClassMethodDecoratorContext) {}\nclass A { @d m() {} accessor x = 1 }\nfunction* g() { yield 1 }\nusing u = { [Symbol.dispose]() {} };\n---\n[...g()];\nu;\nnew A().x;",
        problems: [[], []],
      },
      {
        name: "a default import of CommonJS is its exports, as in Node",
        text: "import legacy from 'legacy';\nlegacy.kind.x;",
        problems: [["2: Property 'x' does not exist on type 'string'."]],
      },
      {
        name: "a package by its exports field",
        text: "import { modern } from 'modern/part';\nmodern.x;",
        problems: [["2: Property 'x' does not exist on type 'number'."]],
      },
      {
        name: "a package's types from @types",
        text: "import { typed } from 'typed';\ntyped.x;",
        problems: [["2: Property 'x' does not exist on type 'boolean'."]],
      },
      { name: "a package without types", text: "import untyped from 'untyped';\nuntyped.anything;", problems: [[]] },
      {
        name: "gradbook is ours, whatever node_modules holds",
        text: "import { tensor, wrong } from 'gradbook';",
        problems: [["1: Module '\"gradbook\"' has no exported member 'wrong'."]],
      },
      {
        name: "local TypeScript, JavaScript and JSON",
        text: "import { half } from './half.ts';\nimport { twice } from './twice.js';\nimport old from './old.js';\nimport data from './data.json' with { type: 'json' };\nhalf(1).x;\ntwice(1).x;\nold.a.x;\ndata.a.x;",
        problems: [
          [
            "5: Property 'x' does not exist on type 'number'.",
            "6: Property 'x' does not exist on type 'number'.",
            "7: Property 'x' does not exist on type 'number'.",
            "8: Property 'x' does not exist on type 'number'.",
          ],
        ],
      },
      {
        name: "a path may leave out what the kernel finds by itself",
        text: "import { half } from './half';\nimport { folded } from './folder';\nimport { half as h } from './half.js';\nimport data from './data.json';\nhalf(1).x;\nfolded.x;\nh(1).x;\ndata.a.x;\nimport './nowhere';",
        problems: [
          [5, 6, 7, 8]
            .map((line) => `${line}: Property 'x' does not exist on type 'number'.`)
            .concat("9: Cannot find module './nowhere'."),
        ],
      },
      {
        name: "a file that is not there",
        text: "import { a } from './nowhere.ts';\nimport b from 'nobody';\nimport 'nothing';",
        problems: [
          [
            "1: Cannot find module './nowhere.ts' or its corresponding type declarations.",
            "2: Cannot find module 'nobody' or its corresponding type declarations. Install it with !npm install nobody",
            "3: Cannot find module or type declarations for side-effect import of 'nothing'. Install it with !npm install nothing",
          ],
        ],
      },
      {
        name: "JSX is refused in the kernel's words, once",
        text: "const a = 1;\nconst view = <p>Hi {a}</p>;",
        problems: [
          ["2: JSX is not supported in a notebook. Build the value with functions, or show HTML with display()."],
        ],
      },
      {
        name: "types of the same name say of which cell they are",
        text: "class A { a = 1 }\nconst one = new A();\n---\nclass A { b = 1 }\nlet two = new A();\ntwo = one;",
        problems: [[], ["3: Property 'b' is missing in type 'A (cell 1)' but required in type 'A (cell 2)'."]],
      },
    ];
    before(() => {
      const types = (text: string) => `export {}; ${text}`;
      notebook.write("node_modules/legacy/package.json", '{"name":"legacy","main":"index.js","types":"index.d.ts"}');
      notebook.write("node_modules/legacy/index.js", "exports.kind = 'cjs'");
      notebook.write("node_modules/legacy/index.d.ts", types("export const kind: string;"));
      notebook.write(
        "node_modules/modern/package.json",
        '{"name":"modern","type":"module","exports":{"./part":{"types":"./p.d.ts","default":"./p.js"}}}',
      );
      notebook.write("node_modules/modern/p.d.ts", types("export const modern: number;"));
      notebook.write("node_modules/typed/package.json", '{"name":"typed","main":"index.js"}');
      notebook.write("node_modules/typed/index.js", "exports.typed = true");
      notebook.write("node_modules/@types/typed/package.json", '{"name":"@types/typed","types":"index.d.ts"}');
      notebook.write("node_modules/@types/typed/index.d.ts", types("export const typed: boolean;"));
      notebook.write("node_modules/untyped/package.json", '{"name":"untyped","main":"index.js"}');
      notebook.write("node_modules/untyped/index.js", "module.exports = { anything: 1 }");
      notebook.write(
        "node_modules/gradbook/package.json",
        '{"name":"gradbook","main":"index.js","types":"index.d.ts"}',
      );
      notebook.write("node_modules/gradbook/index.d.ts", types("export const wrong: number;"));
      notebook.write("folder/index.ts", "export const folded: number = 1;");
      notebook.write("half.ts", "export const half = (x: number) => x / 2;");
      notebook.write("twice.js", "/** @param {number} x */\nexport const twice = (x) => 2 * x;");
      notebook.write("old.js", "module.exports = { a: 1 };");
      notebook.write("data.json", '{ "a": 1 }');
    });
    check(rows, ({ text, problems }) => assert.deepEqual(notebook.problems(text), problems));
  });
});
