/** What the language service knows besides the cells: what was executed, what is on the disk, in which order to answer. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Schedule, type Answered } from "../../kernel/language/service/schedule.ts";
import type { LanguageRequest } from "../../kernel/protocol/language.ts";
import { NotebookUnderTest } from "./notebookService.ts";

const notebook = new NotebookUnderTest();
const { service } = notebook;

describe("language service, the notebook around it", function () {
  this.timeout(60_000);
  before(() => void notebook.problems("1"));
  after(() => notebook.end());
  beforeEach(() => service.notebook.forget());

  describe("what was executed", () => {
    /** After the cells were opened, the others are executed. */
    const problems = (cells: string, executed: string[]): string[][] => {
      notebook.open(cells);
      for (const code of executed) service.notebook.ran(code);
      const found = notebook.ask("notebook/diagnostics", {});
      return Object.values(found).map((list) =>
        list.filter(({ severity }) => severity === 1).map(({ message }) => String(message).split("\n")[0]!),
      );
    };
    const rows: [claim: string, cells: string, executed: string[], problems: string[][]][] = [
      [
        "a name of a cell that was deleted after it ran is known, with its type",
        "gone.x",
        ["const gone = 1"],
        [["Property 'x' does not exist on type '1'."]],
      ],
      [
        "the last text that declares it counts",
        "gone.x",
        ["const gone = 1", "const gone = ''"],
        [["Property 'x' does not exist on type '\"\"'."]],
      ],
      [
        "a cell of the document comes first",
        "const a = 1\n---\na.x",
        ["const a = ''"],
        [[], ["Property 'x' does not exist on type '1'."]],
      ],
      [
        "what a deleted cell has from another is known there",
        "const b = a;\nb.x",
        ["import { sep } from 'node:path'", "const a = sep"],
        [["Property 'x' does not exist on type '\"\\\\\" | \"/\"'."]],
      ],
      ["nobody knows what nobody declared", "nope", ["const gone = 1"], [["Cannot find name 'nope'."]]],
    ];
    for (const [claim, cells, executed, want] of rows)
      it(claim, () => assert.deepEqual(problems(cells, executed), want));

    it("a new session has none of it", () => {
      assert.deepEqual(problems("gone", ["const gone = 1"]), [[]]);
      service.notebook.forget();
      const [found] = Object.values(notebook.ask("notebook/diagnostics", {}));
      assert.equal(found![0]!.message, "Cannot find name 'gone'.");
    });
  });

  describe("a console, which has no document", () => {
    const session = [
      "import { sep } from 'node:path';",
      "/** Twice. */\nfunction twice(x: number) { return 2 * x }",
      "let count = 0;",
    ];
    beforeEach(() => {
      notebook.open("");
      service.notebook.change([], []);
      for (const code of session) service.notebook.ran(code);
    });
    const complete = (text: string) => {
      const { items, start, end } = notebook.ask("text/completion", {
        text: text.replace("‸", ""),
        offset: text.indexOf("‸"),
      });
      return { items, replaced: text.replace("‸", "").slice(start, end) };
    };
    const completions: [line: string, has: { text: string; type: string } | undefined, replaced: string][] = [
      ["twi‸", { text: "twice", type: "function" }, "twi"],
      ["cou‸nt", { text: "count", type: "instance" }, "cou"],
      ["count.toF‸", { text: "toFixed", type: "function" }, "toF"],
      ["'😀'; se‸", { text: "sep", type: "instance" }, "se"],
      ["manualS‸", undefined, "manualS"],
      ["import 'node:f‸'", { text: "node:fs", type: "module" }, "node:f"],
    ];
    for (const [line, has, replaced] of completions) {
      it(`completes ${line}`, () => {
        const found = complete(line);
        if (has)
          assert.deepEqual(
            found.items.find(({ text }) => text === has.text),
            has,
          );
        else assert.deepEqual(found.items, []);
        assert.equal(found.replaced, replaced);
      });
    }
    const hovers: [line: string, plain: string | null][] = [
      ["twi‸ce(1)", "function twice(x: number): number\n\nTwice."],
      ["twice‸", "function twice(x: number): number\n\nTwice."],
      ["twice(1, ‸)", "twice(x: number): number\n\nTwice."],
      ["‸", null],
    ];
    for (const [line, plain] of hovers) {
      it(`describes ${line}`, () => {
        const found = notebook.ask("text/hover", { text: line.replace("‸", ""), offset: line.indexOf("‸") });
        assert.equal(found?.plain.replaceAll("\n\n\n", "\n\n") ?? null, plain);
      });
    }
  });

  describe("the disk", () => {
    it("a file that changed, came or went is seen by the next diagnostics", () => {
      const text = "import { a } from './local.ts';\na.x;";
      assert.deepEqual(notebook.problems(text), [
        ["1: Cannot find module './local.ts' or its corresponding type declarations."],
      ]);
      notebook.write("local.ts", "export const a = 1;");
      assert.deepEqual(notebook.problems(text), [["2: Property 'x' does not exist on type '1'."]]);
      notebook.write("local.ts", "export const a = { x: 1 };");
      assert.deepEqual(notebook.problems(text), [[]]);
      notebook.remove("local.ts");
      assert.deepEqual(notebook.problems(text), [
        ["1: Cannot find module './local.ts' or its corresponding type declarations."],
      ]);
    });

    it("a package that was installed is seen by the next diagnostics", () => {
      const text = "import { a } from 'later';\na.x;";
      assert.equal(notebook.problems(text)[0]!.length, 1);
      notebook.write("node_modules/later/package.json", '{"name":"later","main":"index.js","types":"index.d.ts"}');
      notebook.write("node_modules/later/index.d.ts", "export declare const a: number;");
      assert.deepEqual(notebook.problems(text), [["2: Property 'x' does not exist on type 'number'."]]);
    });
  });

  describe("hints", () => {
    const rows: [claim: string, cells: string, hints: string[][]][] = [
      [
        "what is declared at the top may be used by another cell",
        "const a = 1;\nimport { sep } from 'node:path';\nfunction f() {}",
        [[]],
      ],
      [
        "what is unused inside a function is pale",
        "function f() { const x = 1 }",
        [["1: 'x' is declared but its value is never read."]],
      ],
      [
        "what is deprecated is struck out",
        "/**\n * @deprecated use g\n */\nfunction f() {}\n---\nf();",
        [[], ["1: The signature '(): void' of 'f' is deprecated."]],
      ],
    ];
    for (const [claim, cells, hints] of rows) it(claim, () => assert.deepEqual(notebook.hints(cells), hints));

    it("tags and codes travel with them", () => {
      notebook.open("function f() { const x = 1 }\nconst s: string = 1;");
      const [list] = Object.values(notebook.ask("notebook/diagnostics", {}));
      assert.deepEqual(
        list!.map(({ code, tags, severity, source }) => [code, tags, severity, source]),
        [
          [2322, undefined, 1, "ts"],
          [6133, [1], 4, "ts"],
        ],
      );
    });
  });

  describe("cells that run have no problem with names", () => {
    it("any cells in any order, as long as somebody declares what they use", () => {
      const pool = [
        "let a = 1;",
        "a = 2;\na++;",
        "const b = () => a;",
        "class C { x = a }",
        "let c: C = new C();\nc = new C();",
        "enum E { A }",
        "const e: E = E.A;",
        "[a] = [b()];",
        "import { sep } from 'node:path';",
        "sep + a",
        "function b() { return 2 }",
        "const a = 5;",
        "interface I { e: E }\nlet i: I = { e };",
        "`${a}` + '😀'; b()",
      ];
      const all = [
        "let a = 1;",
        "const b = () => a;",
        "class C { x = 1 }",
        "enum E { A }",
        "const e: E = E.A;",
        "import { sep } from 'node:path';",
      ];
      const property = fc.property(
        fc.shuffledSubarray(pool),
        fc.shuffledSubarray(all, { minLength: all.length }),
        (some, rest) => {
          const cells = [...some, ...rest].filter(
            (cell) => !(cell.startsWith("const a") && [...some, ...rest].includes("a = 2;\na++;")),
          );
          assert.deepEqual(notebook.aboutNames(cells.filter((cell) => cell !== "const a = 5;")), []);
        },
      );
      fc.assert(property, { numRuns: 25, seed: 20261123 });
    });
  });

  describe("the order of answers", () => {
    /** Runs requests through a schedule; `log` is what it did, in order. */
    const run = (requests: (LanguageRequest | "turn")[]): { log: string[]; answers: Map<number, Answered> } => {
      const log: string[] = [];
      const answers = new Map<number, Answered>();
      const turns: (() => void)[] = [];
      const schedule = new Schedule({
        service,
        reply: (id, answered) => {
          assert.ok(!answers.has(id), "one answer each");
          answers.set(id, answered);
          log.push(`${id} ${(requests[id] as LanguageRequest).method}`);
        },
        later: (next) => turns.push(next),
      });
      requests.forEach((request, id) => {
        if (request === "turn") turns.shift()?.();
        else schedule.receive(id, request);
      });
      for (let next = turns.shift(); next; next = turns.shift()) next();
      return { log, answers };
    };
    const open: LanguageRequest = {
      method: "notebook/open",
      params: { cells: [1, 2, 3].map((n) => ({ uri: `c${n}`, text: `const n${n}: string = ${n};` })) },
    };
    const check: LanguageRequest = { method: "notebook/diagnostics", params: {} };
    const hover: LanguageRequest = {
      method: "textDocument/hover",
      params: { textDocument: { uri: "c2" }, position: { line: 0, character: 7 } },
    };
    const change: LanguageRequest = {
      method: "notebook/change",
      params: { order: ["c1", "c2"], changed: [{ uri: "c1", text: "const n1 = 1;" }] },
    };

    it("who waits at the caret is answered before diagnostics that began earlier", () => {
      assert.deepEqual(run([open, check, "turn", hover]).log, [
        "0 notebook/open",
        "3 textDocument/hover",
        "1 notebook/diagnostics",
      ]);
    });
    it("diagnostics are those of the text that is there when they are answered", () => {
      const { answers } = run([open, check, "turn", change]);
      const result = (answers.get(1) as { result: { [uri: string]: unknown[] } }).result;
      assert.deepEqual(
        Object.entries(result).map(([uri, list]) => [uri, list.length]),
        [
          ["c1", 0],
          ["c2", 1],
        ],
      );
    });
    it("two who ask for diagnostics get the same", () => {
      const { answers } = run([open, check, "turn", check]);
      assert.deepEqual(answers.get(1), answers.get(3));
    });
    it("a question about a cell that is gone is refused by name, and nothing else suffers", () => {
      const { answers } = run([
        open,
        change,
        { ...hover, params: { textDocument: { uri: "c3" }, position: { line: 0, character: 0 } } } as LanguageRequest,
        hover,
      ]);
      assert.match((answers.get(2) as { message: string }).message, /There is no cell c3/);
      assert.equal(answers.get(3)!.ok, true);
    });
    it("an unknown question is refused by name", () => {
      const { answers } = run([{ method: "textDocument/nope", params: {} } as never]);
      assert.match(
        (answers.get(0) as { message: string }).message,
        /knows no "textDocument\/nope". It knows: notebook\/open/,
      );
    });
  });
});
