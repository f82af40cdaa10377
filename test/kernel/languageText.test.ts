import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { isComplete } from "../../kernel/language/isComplete.ts";
import { cleanMessage } from "../../kernel/language/message.ts";
import { originalPosition } from "../../kernel/language/position.ts";
import { CellSyntaxError, transformCell, transformModule } from "../../kernel/language/transform.ts";

const names = new Map<string, { live: boolean; constant: boolean }>();

describe("isComplete", () => {
  const table: [code: string, status: string, indent?: string][] = [
    ["", "complete"],
    ["1 + 1", "complete"],
    ["let a: number = 1 // one", "complete"],
    ["for (let i = 0; i < 3; i++) { i }", "complete"],
    ["await fetch('x')", "complete"],
    ["await (f())", "complete"],
    ["function f() {", "incomplete", "  "],
    ["if (a) {\n  b(", "incomplete", "    "],
    ["if (a) {\n  b()", "incomplete", "  "],
    ["foo(1,", "incomplete", ""],
    ["a +", "incomplete", ""],
    ["a.", "incomplete", ""],
    ["const x =", "incomplete", ""],
    ["`a ${b}", "incomplete", ""],
    ["/* a", "incomplete", ""],
    ["class A extends", "incomplete", ""],
    ["type T = {", "incomplete", "  "],
    ["let = = 1", "invalid"],
    ["foo)", "invalid"],
    ["'open", "invalid"],
    ["if (a) } {", "invalid"],
  ];
  for (const [code, status, indent] of table) {
    it(`${JSON.stringify(code)} is ${status}`, () => {
      assert.deepEqual(isComplete(code), indent === undefined ? { status } : { status, indent });
    });
  }
});

describe("a source map of a cell", () => {
  const position = (source: string, text: string, code: string, at = code.indexOf(text)) => {
    const { map } = transformCell(source, { names, filename: "c" });
    const before = code.slice(0, at).split("\n");
    return originalPosition(map, { line: before.length, column: before.at(-1)!.length + 1 });
  };
  it("leads every word of the code back to its own place", () => {
    const source =
      "let held: number = 1, plain = 2\nconst f = (x: number) => held + x\nfor (const item of [f, f]) {\n  plain += item(held)\n}\n{ a: marker }";
    const { code } = transformCell(source, { names, filename: "c" });
    assert.deepEqual(position(source, "marker", code), { line: 6, column: 6 });
    assert.deepEqual(position(source, "plain +=", code), { line: 4, column: 3 });
    assert.deepEqual(position(source, "item(", code), { line: 4, column: 12 });
    assert.deepEqual(position(source, "$$held.v + x", code), { line: 2, column: 26 });
  });
  it("has no place for what stands above the text", () => {
    const { map } = transformCell("1", { names, filename: "c" });
    assert.equal(originalPosition(map, { line: 1, column: 1 }), undefined);
  });
  it("names the cell and holds its text", () => {
    const { map } = transformCell("1 // one", { names, filename: "gradbook:cell-1" });
    assert.deepEqual([map.version, map.sources, map.sourcesContent], [3, ["gradbook:cell-1"], ["1 // one"]]);
  });
  it("keeps every word within its line, wherever it stands", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("x1;", "let y = 1;", "for (;;) break;", "\n", "  ", "f(() => z);", "// c\n"), {
          maxLength: 12,
        }),
        (parts) => {
          const source = parts.map((part, i) => part.replace("y", `y${i}`)).join(" ") + "\nmarker()";
          const { code } = transformCell(source, { names, filename: "c" });
          assert.equal(position(source, "marker", code)?.line, source.split("\n").length);
        },
      ),
    );
  });
});

describe("transformCell", () => {
  it("gives a syntax error with line, column and length", () => {
    assert.throws(
      () => transformCell("let a = 1;\nlet bcd = 2; let bcd = 3", { names, filename: "c" }),
      (error) => error instanceof CellSyntaxError && error.line === 2 && error.column === 18 && error.length === 3,
    );
  });
  describe("either transforms a text or says where it is wrong", () => {
    const words =
      "let const var x y { } ( ) [ ] = => ; , . : ? ! + - * / ` ' \" ${ await async function* class extends for while do if else return break continue try catch finally import export default from of in new this super yield typeof void delete enum namespace type interface as using @ # 1 \n".split(
        " ",
      );
    const check = (source: string): void => {
      try {
        transformCell(source, { names, filename: "c" });
      } catch (error) {
        if (!(error instanceof CellSyntaxError)) throw error;
        assert.ok(error.line >= 1 && error.line <= source.split("\n").length, `line ${error.line}`);
      }
    };
    it("random words", () => {
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...words), { maxLength: 25 }), (text) => check(text.join(" "))),
        {
          numRuns: 400,
        },
      );
    });
    it("mutated cells", () => {
      const cells = [
        "import fs, { existsSync as exists } from 'node:fs';\nexport const { a, b: [c = 1, ...d], ...e } = { a: 1, b: [2] } as any, f = () => a;",
        "outer: for (const [k, v] of Object.entries(x)) { for (let i = 0; i < 3; i++) { if (v) continue outer; fs.push(() => i) } }",
        "@dec class A<T> extends B { #p = 1; static x = 2; accessor y = 3; @m get z() { return this.#p } static { A.x++ } }",
        "enum E { A = 1, B } namespace N { export const n = E.A } function* g() { yield* [1, await 2] }",
        "try { await using r = open(); for await (const x of r) y += `${x}` } catch ({ message }) { y = message } finally { y++ }",
        "do { switch (y) { case 1: var q = 2; break; default: [q, y] = [y, q] } } while (y-- > 0 && q); ({ y, q })",
        "let n = 1, m; n++; m ??= async (p = n) => { while (true) { await p; break } }; label: { break label } { n, m }",
      ];
      const mutated = fc
        .record({
          cell: fc.constantFrom(...cells),
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          cut: fc.nat(6),
          word: fc.constantFrom("", ...words),
        })
        .map(({ cell, at, cut, word }) => {
          const start = Math.floor(at * cell.length);
          return `${cell.slice(0, start)}${word}${cell.slice(start + cut)}`;
        });
      fc.assert(fc.property(mutated, check), { numRuns: 500 });
    });
  });
});

describe("a message of V8", () => {
  const table = [
    ["$$model.v.fit is not a function", "model.fit is not a function"],
    ["(0 , $$f.v) is not a function", "f is not a function"],
    ["$$größe.v is not iterable", "größe is not iterable"],
    ["$$$jq.v is not a function", "$jq is not a function"],
    [
      "Cannot destructure property 'a' of '$$b.v' as it is undefined.",
      "Cannot destructure property 'a' of 'b' as it is undefined.",
    ],
    ["$gradbook.meta.foo is not a function", "import.meta.foo is not a function"],
    ["it cost $5.v", "it cost $5.v"],
  ] as const;
  for (const [message, clean] of table) it(`reads "${clean}"`, () => assert.equal(cleanMessage(message), clean));
});

describe("a local module", () => {
  const key = Symbol.for("gradbook.runtime");
  const world = globalThis as { [key]?: unknown };
  let folder = "";
  let count = 0;
  before(() => (folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-modules-"))));
  after(() => rmSync(folder, { recursive: true }));
  afterEach(() => delete world[key]);

  /** Transforms modules, writes them beside each other, and imports the first. */
  async function load(...sources: string[]): Promise<{ [name: string]: unknown }> {
    const base = `m${count++}`;
    sources.forEach((source, i) => {
      const { code } = transformModule(
        source.replaceAll("OTHER", `./${base}-1.mjs`).replaceAll("FIRST", `./${base}-0.mjs`),
        `${base}.ts`,
      );
      writeFileSync(path.join(folder, `${base}-${i}.mjs`), code);
    });
    return (await import(pathToFileURL(path.join(folder, `${base}-0.mjs`)).href)) as { [name: string]: unknown };
  }

  it("loses its types, keeps imports and exports, and runs without a notebook", async () => {
    const {
      sum,
      default: name,
      E,
    } = await load(
      "import type { Stats } from 'node:fs';\nimport { sep } from 'node:path';\nexport function sum(xs: number[]): number { let s = 0; for (const x of xs) s += x; return s }\nexport enum E { A = 4 }\nexport default sep satisfies string;\nexport type { Stats };",
    );
    assert.equal((sum as (xs: number[]) => number)([1, 2, 3]), 6);
    assert.equal(typeof name, "string");
    assert.equal((E as { A: number }).A, 4);
  });
  it("polls in its loops", async () => {
    let polls = 0;
    world[key] = {
      site: () => ({ chunk: 10 }),
      poll: () => {
        if (++polls === 5) throw new Error("stopped");
      },
    };
    const { spin } = await load("let n = 0;\nexport const spin = () => { for (;;) n++ }");
    assert.throws(spin as () => void, /stopped/);
  });
  it("may be called in a cycle of imports before it has begun", async () => {
    const { seen } = await load(
      "import { early } from 'OTHER';\nexport function count(n: number) { let c = 0; for (let i = 0; i < n; i++) c++; return c }\nexport const seen = early;",
      "import { count } from 'FIRST';\nexport const early = count(5);",
    );
    assert.equal(seen, 5);
  });
  it("maps its lines", () => {
    const { code, map } = transformModule(
      "interface I {}\n\nexport function f(x: I) {\n  for (;;) {\n    here(x);\n  }\n}\n",
      "/a/m.ts",
    );
    const before = code.slice(0, code.indexOf("here")).split("\n");
    const at = originalPosition(map, { line: before.length, column: before.at(-1)!.length + 1 });
    assert.deepEqual(at, { line: 5, column: 5 });
    assert.deepEqual(map.sources, ["/a/m.ts"]);
  });
  it("stays a script when it is one", () => {
    assert.doesNotMatch(transformModule("const x = require('y');\nmodule.exports = x;", "m.cts").code, /^export/m);
  });
  it("says where it is wrong", () => {
    assert.throws(
      () => transformModule("let a\nlet = =", "m.ts"),
      (error) => error instanceof CellSyntaxError && error.line === 2,
    );
  });
});
